"""edgener: from labelled sentences to a small, verified NER bundle for a phone, a Raspberry Pi or a browser."""

import os

# ONNX Runtime can report to its makers how it is used, and keeps a number for the device in the user's cache, unless it
# is told otherwise before it is loaded. Text that stays on a device should not even seem to leave it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
