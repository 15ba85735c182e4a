"""python -m edgener.study.guard CPUS COMMAND ...: run a command that ends when whoever started it does.

CPUS: numbers with commas, `-` for any. A study that is killed with -9 can tell its children nothing, but the pipe to
the guard's stdin closes with it; the guard then kills the command, so that it does not train on beside the next start.
The exit code is the command's, or 128 and the signal that killed it, as in a shell.
"""

import os
import signal
import subprocess
import sys
from threading import Thread


def main(arguments: list[str]) -> int:
    cpus, *command = arguments
    if cpus != "-" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(one) for one in cpus.split(",")})
    for kind in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # not without its command; SIGINT is ignored where a shell's `&` began it
        signal.signal(kind, lambda number, _: sys.exit(128 + number))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    Thread(target=_watch, args=[child], daemon=True).start()
    try:
        code = child.wait()
        return code if code >= 0 else 128 - code
    finally:
        _kill(child)


def _watch(child: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    _kill(child)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    """Its own children, such as data loaders, with it."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
