# 64-bit ARM from another machine: Debian's g++-aarch64-linux-gnu, and qemu to run what it makes.
# EDGENER_QEMU (environment): the path of qemu and its arguments, separated by semicolons; else qemu with a Pi 5's CPU.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
if(DEFINED ENV{EDGENER_QEMU})
  set(CMAKE_CROSSCOMPILING_EMULATOR $ENV{EDGENER_QEMU})
else()
  find_program(EDGENER_QEMU_PROGRAM NAMES qemu-aarch64-static qemu-aarch64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${EDGENER_QEMU_PROGRAM} -cpu cortex-a76 -L /usr/aarch64-linux-gnu)
endif()
