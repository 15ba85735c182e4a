"""Facts about the machine, and readings of its temperature, clock and throttling, from /proc and /sys.

Nothing here names the host, its user or a folder. Every function takes the root of the file system, for tests.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from edgener.runtime.cpu import features
from edgener.versions import versions

ROOT = Path("/")
# The instruction sets that decide how fast integer and float matrix products are.
FLAGS = (
    "avx",
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512bw",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "amx_int8",
    "amx_tile",
    "neon",
    "asimd",
    "asimdhp",
    "asimddp",
    "i8mm",
    "bf16",
    "sve",
    "sve2",
)
# Arm's "CPU part" numbers of the boards that this package is for.
_ARM_PARTS = {
    "0xd03": "Cortex-A53",
    "0xd04": "Cortex-A35",
    "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
    "0xd0c": "Neoverse-N1",
    "0xd40": "Neoverse-V1",
}
_PI_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
# Bits of the Raspberry Pi firmware's get_throttled; 16 higher, the same since boot.
_PI_BITS = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}


def facts(root: Path = ROOT) -> dict[str, Any]:
    """What a timing depends on: CPU, cores, instruction sets, memory in bytes, system, Python and package versions."""
    cpuinfo = _fields(root / "proc/cpuinfo")
    present = features(root / "proc/cpuinfo") or frozenset()
    return {
        "cpu": _cpu(cpuinfo),
        "device": _text(root / "proc/device-tree/model"),
        "accelerator": _accelerator(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "cores_allowed": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "flags": [flag for flag in FLAGS if flag in present],
        "memory_bytes": _memory(root),
        "system": _system(root),
        "kernel": platform.release(),
        "governor": _text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "versions": versions(),
    }


def _accelerator() -> str | None:
    """What torch would train on; None where it sees none, or where nothing has needed torch."""
    torch: Any = sys.modules.get("torch")
    return str(torch.cuda.get_device_name()) if torch is not None and torch.cuda.is_available() else None


def reading(root: Path = ROOT) -> dict[str, Any]:
    """Temperature in degrees Celsius by sensor, clock in MHz by core, load average of the last minute, throttling.

    Each is None or empty where the device does not tell.
    """
    return {
        "temperature_c": _temperatures(root),
        "clock_mhz": _clocks(root),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "throttling": throttling(root),
    }


def throttling(root: Path = ROOT) -> dict[str, Any] | None:
    """Raspberry Pi: the firmware's raw bits, what holds now, and what has held since boot. None elsewhere."""
    word = _text(root / _PI_THROTTLED) or _vcgencmd(root)
    if word is None or not re.fullmatch(r"(0x)?[0-9a-fA-F]{1,8}", word):
        return None
    bits = int(word, 16)
    return {
        "raw": f"{bits:#x}",
        "now": [name for bit, name in _PI_BITS.items() if bits >> bit & 1],
        "since_boot": [name for bit, name in _PI_BITS.items() if bits >> (bit + 16) & 1],
    }


def _vcgencmd(root: Path) -> str | None:
    """`vcgencmd get_throttled` prints `throttled=0x50005`."""
    command = shutil.which("vcgencmd", path=None if root == ROOT else str(root / "usr/bin"))
    if command is None:
        return None
    try:
        done = subprocess.run([command, "get_throttled"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip().partition("=")[2] or None


def _cpu(cpuinfo: dict[str, str]) -> str | None:
    part = cpuinfo.get("CPU part")
    if part in _ARM_PARTS:  # where there is a model name too, it is no more than "ARMv8 Processor rev 1"
        return _ARM_PARTS[part]
    return cpuinfo.get("model name") or (f"Arm part {part}" if part else platform.processor() or None)


def _fields(path: Path) -> dict[str, str]:
    """The first value of each `name : value` line."""
    found: dict[str, str] = {}
    for line in (_text(path) or "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip(), value.strip())
    return found


def _memory(root: Path) -> int | None:
    total = _fields(root / "proc/meminfo").get("MemTotal")
    return int(total.split()[0]) * 1024 if total else None


def _system(root: Path) -> str:
    match = re.search(r'^PRETTY_NAME="?([^"\n]*)', _text(root / "etc/os-release") or "", re.MULTILINE)
    return match[1] if match else platform.system()


def _temperatures(root: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        value = _number(zone / "temp")
        if value is not None:
            name = _text(zone / "type") or zone.name
            found[name if name not in found else f"{name} ({zone.name})"] = value / 1000
    return found


def _clocks(root: Path) -> list[float]:
    cores = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_cur_freq")
    values = [_number(path) for path in sorted(cores, key=lambda path: int(path.parts[-3][3:]))]
    return [value / 1000 for value in values if value is not None]


def _number(path: Path) -> float | None:
    try:
        return float(_text(path) or "")
    except ValueError:
        return None


def _text(path: Path) -> str | None:
    """A small file without the zero byte that the device tree ends strings with; None when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0 \n") or None
    except OSError:
        return None
