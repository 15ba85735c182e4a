#!/usr/bin/env bash
# Every quantisation of the README: test F1 of each mode with each kind of embeddings, then size and speed of all.
#
#   MASAKHANER1=DIR RESULTS=DIR benchmarks/quantisation.sh [PATTERN ...]
#
# In the folder whose runs/teacher benchmarks/compression.sh made. PATTERN picks by name, `speed` measures speed; what is
# finished is passed over. A model takes three minutes on one core; speed wants a machine with nothing else to do.
set -euo pipefail
: "${MASAKHANER1:?}" "${RESULTS:?}"
PATTERNS=("${@:-*}")
DATA=(--data "$MASAKHANER1" --lang hau --lang ibo --lang kin --lang swa --lang yor)
mkdir -p "$RESULTS"
source "$(dirname "${BASH_SOURCE[0]}")/functions.sh"

# A sentence at a time, as an app sends them: where activations are dynamic, neighbours change answers.
quantised() {
  local name=$1; shift
  make "$name" export runs/teacher --no-gate "$@"
  score "$name" --batch-size 1
}

for mode in none fp16 int8 int8-static int8-mixed int4; do
  for embeddings in fp32 int8 int4; do
    quantised "q-$mode-$embeddings" --quant $mode --embeddings $embeddings
  done
done
quantised q-fp16-fp16 --quant fp16
quantised q-int8-unsmoothed --quant int8 --smooth 0
for calibration in min-max entropy; do
  quantised "q-static-$calibration" --quant int8-static --calibration $calibration
done
quantised q-x86-avx2 --target x86-avx2

if [[ " ${PATTERNS[*]} " == *" speed "* ]]; then
  edgener benchmark runs/q-{none,fp16,int8,int8-static,int8-mixed,int4}-{fp32,int8,int4} runs/q-fp16-fp16 --quick --no-batches \
    --out "$RESULTS/benchmark-quantised.json"
fi
