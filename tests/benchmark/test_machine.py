"""Facts and readings, from the files of a Raspberry Pi 5, of a PC, and of a machine that tells nothing."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edgener.benchmark import child, machine, memory, report

CPUINFO_PI = """processor\t: 0
model name\t: ARMv8 Processor rev 1 (v8l)
Features\t: fp asimd evtstrm aes crc32 asimdhp asimddp
CPU implementer\t: 0x41
CPU part\t: 0xd0b
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    zone, cpu = "sys/class/thermal/thermal_zone0", "sys/devices/system/cpu"
    return write(
        tmp_path,
        {
            "proc/cpuinfo": CPUINFO_PI,
            "proc/meminfo": "MemTotal:        8245008 kB\nMemFree:  1 kB\n",
            "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
            "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
            f"{zone}/temp": "83400\n",
            f"{zone}/type": "cpu-thermal\n",
            f"{cpu}/cpu0/cpufreq/scaling_cur_freq": "1500000\n",
            f"{cpu}/cpu1/cpufreq/scaling_cur_freq": "2400000\n",
            f"{cpu}/cpu0/cpufreq/scaling_governor": "ondemand\n",
            "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n",
        },
    )


def test_facts_of_a_raspberry_pi(pi: Path) -> None:
    facts = machine.facts(pi)
    assert facts["cpu"] == "Cortex-A76"
    assert facts["device"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert facts["flags"] == ["asimd", "asimdhp", "asimddp"]
    assert facts["memory_bytes"] == 8245008 * 1024
    assert facts["system"] == "Debian GNU/Linux 13 (trixie)"
    assert facts["governor"] == "ondemand"


def test_a_hot_raspberry_pi_says_that_it_is_throttled(pi: Path) -> None:
    reading = machine.reading(pi)
    assert reading["temperature_c"] == {"cpu-thermal": 83.4}
    assert reading["clock_mhz"] == [1500.0, 2400.0]
    assert reading["throttling"] == {
        "raw": "0x50005",
        "now": ["under-voltage", "throttled"],
        "since_boot": ["under-voltage", "throttled"],
    }
    assert report.throttling([{"throttling": None}, reading]) == ["throttled", "under-voltage"]


def test_throttling_in_the_past_is_no_throttling_now(pi: Path) -> None:
    write(pi, {"sys/devices/platform/soc/soc:firmware/get_throttled": "40000"})
    assert machine.throttling(pi) == {"raw": "0x40000", "now": [], "since_boot": ["throttled"]}
    assert report.throttling([machine.reading(pi)]) == []


def test_vcgencmd_is_asked_where_the_kernel_does_not_tell(tmp_path: Path) -> None:
    command = write(tmp_path, {"usr/bin/vcgencmd": "#!/bin/sh\necho throttled=0x2\n"}) / "usr/bin/vcgencmd"
    command.chmod(0o755)
    assert machine.throttling(tmp_path) == {"raw": "0x2", "now": ["frequency capped"], "since_boot": []}


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    reading = machine.reading(tmp_path)
    assert (reading["temperature_c"], reading["clock_mhz"], reading["throttling"]) == ({}, [], None)
    assert machine.facts(tmp_path)["memory_bytes"] is None
    assert memory.rss_bytes(tmp_path / "status") is None


@pytest.mark.parametrize("word", ["", "no", "-1", "0x123456789", "throttled"])
def test_junk_from_the_firmware_is_no_reading(tmp_path: Path, word: str) -> None:
    write(tmp_path, {"sys/devices/platform/soc/soc:firmware/get_throttled": word})
    assert machine.throttling(tmp_path) is None


def test_facts_of_this_machine_name_neither_host_nor_folder() -> None:
    facts = machine.facts()
    assert facts["cores"] == os.cpu_count()
    assert facts["versions"]["onnxruntime"]
    assert socket.gethostname() not in str(facts)
    assert str(Path.home()) not in str(facts)


def test_the_peak_is_at_least_what_is_resident() -> None:
    resident, peak = memory.rss_bytes(), memory.peak_bytes()
    assert resident is None or (peak is not None and peak >= resident > 10 * 2**20)


def test_the_peak_of_a_child_is_its_own(tmp_path: Path) -> None:
    """However much the parent has."""
    held = bytearray(200 * 2**20)
    written = str(tmp_path / "taken.json")
    script = "import sys; print(input()); sys.exit(3)"
    command = child.measured([sys.executable, "-I", "-S", "-c", script], written)
    done = subprocess.run(command, input=b"heard\n", capture_output=True, check=True)
    assert done.stdout == b"heard\n"
    found = child.taken(written)
    assert found["code"] == 3
    assert 2**20 < found["peak_bytes"] < len(held) / 2
    assert 0 < found["s"] < 60
