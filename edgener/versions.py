"""Versions of edgener and of the packages whose version can change a result."""

import importlib.metadata
import platform

PACKAGES = ("edgener", "numpy", "tokenizers", "onnxruntime", "torch", "transformers", "optimum", "onnx", "bitsandbytes")


def version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def versions() -> dict[str, str]:
    """Those that are installed, and Python's own."""
    found = {package: version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **{name: value for name, value in found.items() if value}}
