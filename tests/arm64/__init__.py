"""The runtime on ARM64, really executed: an arm64 Python under qemu-user, as a Cortex-A72 and as a Cortex-A76.

    make test-arm64 BUNDLE=runs/demo-int8

It shows answers, never times: an emulated CPU's speed says nothing about a device's.
"""
