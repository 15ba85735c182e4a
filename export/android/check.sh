#!/bin/sh
# Builds libedgener_jni.so for 64-bit ARM without an NDK, by GCC's cross compiler, and says what of it counts: what it
# shows, what it needs, how it is aligned, how large it is (the figures of edgener/benchmark/android_app.py).
# check.sh JAVA_HOME [ONNXRUNTIME_AAR]; without the archive CMake looks for ONNX Runtime's headers. CMAKE_ARGS is handed
# to CMake, such as -DCMAKE_PREFIX_PATH=... with arm64's utf8proc. Builds lie in $BUILD, or build/ beside this file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
include=${1:?where is a JDK?}/include
build=${BUILD:-$here/build}/aarch64
strip=aarch64-linux-gnu-strip

# shellcheck disable=SC2086
cmake -S "$here/edgener/src/main/cpp" -B "$build" \
  -DCMAKE_TOOLCHAIN_FILE="$here/../core/cmake/aarch64.cmake" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_SHARED_LINKER_FLAGS="-static-libstdc++ -static-libgcc" \
  -DEDGENER_JNI_INCLUDE_DIRS="$include;$include/linux" -DONNXRUNTIME_AAR="${2:-}" ${CMAKE_ARGS:-}
cmake --build "$build" --parallel "${JOBS:-2}" --target edgener_jni

library=$build/libedgener_jni.stripped.so
$strip --strip-unneeded -o "$library" "$build/libedgener_jni.so"
shown=$(nm -D --defined-only "$library" | awk '{ print $NF }')
aligned=$(readelf -lW "$library" | awk '$1 == "LOAD" { print $NF }' | sort -u)
readelf -dW "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/needs \1/p'
echo "shows $shown"
echo "aligned to $aligned"
echo "$(wc -c <"$library") bytes stripped, $(gzip -6 -c "$library" | wc -c) as gzip"
[ "$shown" = JNI_OnLoad ] && [ "$aligned" = 0x4000 ]
