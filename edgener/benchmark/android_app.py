"""What an Android app grows by when it carries a bundle: the core, ONNX Runtime and the bundle, on 64-bit ARM.

A store sends an app compressed, and a device keeps libraries as they are. The kit maps a network in ONNX Runtime's
format where it lies in the app, uncompressed. A bundle with an ONNX graph it copies out of the app when it is first
opened, so that a device has it twice: compressed in the app, and as the folder that is read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgener.benchmark.sizes import gzip_bytes
from edgener.bundle.layout import ORT_MODEL

# The version that the kit names (export/android/gradle/libs.versions.toml); a test compares the two.
ONNXRUNTIME = "1.29.0"


@dataclass(frozen=True)
class Part:
    """download: bytes as deflate leaves them; installed: bytes on the device."""

    download: int
    installed: int


# jni/arm64-v8a/libonnxruntime.so of onnxruntime-android 1.29.0, as it lies in that archive, whose sha256 begins with
# 98cddbac9264; the archive's other library serves Java classes that the kit does not use.
RUNTIME = Part(download=12_122_455, installed=32_120_992)
# libedgener_jni.so, stripped, as export/android/check.sh builds and measures it: by GCC, where Gradle takes clang.
CORE = Part(download=479_160, installed=1_297_616)


@dataclass(frozen=True)
class Growth:
    core: Part
    runtime: Part
    bundle: Part

    @property
    def download(self) -> int:
        return self.core.download + self.runtime.download + self.bundle.download

    @property
    def installed(self) -> int:
        return self.core.installed + self.runtime.installed + self.bundle.installed

    def as_dict(self) -> dict[str, Any]:
        parts = {"core": self.core, "onnxruntime": self.runtime, "bundle": self.bundle}
        return {
            "onnxruntime": ONNXRUNTIME,
            "download_bytes": self.download,
            "installed_bytes": self.installed,
            "parts": {
                name: {"download_bytes": part.download, "installed_bytes": part.installed}
                for name, part in parts.items()
            },
        }


def growth(bundle: Path) -> Growth:
    """Of an app for arm64-v8a that carries this bundle's folder."""
    whole = {file.name: file.stat().st_size for file in bundle.iterdir() if file.is_file()}
    packed = {name: gzip_bytes(bundle / name) for name in whole}
    kept = sum(packed.values())
    if ORT_MODEL in whole:
        kept += whole[ORT_MODEL] - packed[ORT_MODEL]
    else:
        kept += sum(whole.values())
    return Growth(CORE, RUNTIME, Part(download=sum(packed.values()), installed=kept))


def line(grown: dict[str, Any]) -> str:
    """A Growth's as_dict, as it stands in reports, in one line."""
    names = {"core": "core", "onnxruntime": f"ONNX Runtime {grown['onnxruntime']}", "bundle": "bundle"}
    parts = ", ".join(f"{text} {grown['parts'][name]['download_bytes'] / 1e6:.1f}" for name, text in names.items())
    return (
        f"an Android app grows by {grown['download_bytes'] / 1e6:.1f} MB to download ({parts}), "
        f"{grown['installed_bytes'] / 1e6:.1f} MB on the phone"
    )
