#!/bin/sh
# Builds the core in one way and tests it: check.sh default|asan|tsan|aarch64 BUNDLE, check.sh fuzz [SECONDS].
# Libraries are found as the README beside this file says; CMAKE_ARGS is handed to CMake. EDGENER_ONNXRUNTIME names
# ONNX Runtime's library (for aarch64: that machine's), EDGENER_SYSROOT a root of 64-bit ARM for qemu, if not
# /usr/aarch64-linux-gnu. Builds lie in build/ beside this file, or under $BUILD.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
preset=${1:?which of default, asan, tsan, aarch64, fuzz?}
build=${BUILD:-$here/build}/$preset

configure() {
  cd "$here"
  # shellcheck disable=SC2086
  cmake --preset "$preset" -B "$build" ${CMAKE_ARGS:-} "$@"
  cmake --build "$build" --parallel "${JOBS:-2}"
}

case $preset in
default | asan | tsan)
  EDGENER_BUNDLE=$(cd "${2:?which bundle?}" && pwd)
  export EDGENER_BUNDLE
  configure
  # ONNX Runtime keeps some memory until the process ends, and is built without ThreadSanitizer, which sees only half of
  # what it does with its mutexes.
  export ASAN_OPTIONS="detect_leaks=1 ${ASAN_OPTIONS:-}" LSAN_OPTIONS="suppressions=$here/tests/lsan.txt"
  export TSAN_OPTIONS="suppressions=$here/tests/tsan.txt report_mutex_bugs=0 ${TSAN_OPTIONS:-}"
  ctest --test-dir "$build" --output-on-failure
  "$build/edgener-cli" --check "$EDGENER_BUNDLE"
  ;;
aarch64)
  EDGENER_BUNDLE=$(cd "${2:?which bundle?}" && pwd)
  export EDGENER_BUNDLE
  root=${EDGENER_SYSROOT:-/usr/aarch64-linux-gnu}
  qemu=$(command -v "${QEMU:-qemu-aarch64-static}") || { echo "no ${QEMU:-qemu-aarch64-static} (qemu 10 or later)" >&2; exit 2; }
  for cpu in cortex-a72 cortex-a76; do # a Pi 4 and a Pi 5
    export EDGENER_QEMU="$qemu;-cpu;$cpu;-L;$root"
    configure -DCMAKE_CROSSCOMPILING_EMULATOR="$EDGENER_QEMU"
    echo "$cpu:"
    ctest --test-dir "$build" --output-on-failure
    "$qemu" -cpu "$cpu" -L "$root" "$build/edgener-cli" --check "$EDGENER_BUNDLE"
  done
  ;;
fuzz)
  configure
  for name in text tokenizer bundle; do
    mkdir -p "$build/corpus/$name"
    "$build/fuzz/fuzz_$name" -max_total_time="${2:-600}" -timeout=20 -max_len=4000 \
      -artifact_prefix="$build/" "$build/corpus/$name" "$here/fuzz/seeds/$name"
  done
  ;;
*)
  echo "which of default, asan, tsan, aarch64, fuzz?" >&2
  exit 2
  ;;
esac
