#!/usr/bin/env bash
# edgener beside what others make of the same two models: AfriBERTa-large's geometry (of benchmarks/large.sh) and the
# teacher (of benchmarks/compression.sh and quantisation.sh), on one thread and two; then text to entities.
#
#   MASAKHANER1=DIR RESULTS=DIR OPENVINO=PYTHON benchmarks/peers.sh [PATTERN ...]
#
# In the folder that holds runs/, with the environment of pip install '.[train,optimum]' activated. OPENVINO is the
# Python of another environment, with edgener, openvino and nncf: they and torch want different versions of the same.
# Speed wants a machine with nothing else to do; half an hour.
set -euo pipefail
: "${MASAKHANER1:?}" "${RESULTS:?}" "${OPENVINO:?}"
PATTERNS=("${@:-*}")
FIVE=(--lang hau --lang ibo --lang kin --lang swa --lang yor)
mkdir -p "$RESULTS" runs/peers
source "$(dirname "${BASH_SOURCE[0]}")/functions.sh"

# prepared KIND MODEL FROM PYTHON [OPTION...]: what a peer makes of runs/MODEL, once
prepared() {
  local out=runs/peers/$2-$1
  [[ ! -d $out ]] || return 0
  rm -rf "$out.part"
  "$4" -m benchmarks.peers.prepare "$1" "$3" "$out.part" "${@:5}"
  mv "$out.part" "$out"
}

# beside MODEL BUNDLE THREADS: all of them in one run
beside() {
  local model=$1 bundle=$2 threads=$3 folder=runs/peers/$1 name=benchmark-peers-$1-$3
  wanted "$name" && [[ ! -e $RESULTS/$name.json ]] || return 0
  edgener benchmark "runs/$bundle" --threads "$threads" --quick --rounds 10 --no-batches --text runs/five.txt \
    --peer "optimum-int8=python -m benchmarks.peers.onnx_folder $folder-optimum-int8 --threads $threads" \
    --peer "optimizer-int8=python -m benchmarks.peers.onnx_folder $folder-optimizer-int8 --threads $threads" \
    --peer "openvino-int8=$OPENVINO -m benchmarks.peers.openvino_folder $folder-openvino-int8 --threads $threads" \
    --baseline "torch-int8=runs/$model" --baseline "llm-int8=runs/$model" --baseline "torch-fp32=runs/$model" \
    --out "$RESULTS/$name.json"
}

# Sentences of the test sets, as one types them.
[[ -e runs/five.txt ]] || for language in "${FIVE[@]}"; do
  [[ $language == --lang ]] || awk 'NF { line = line (line ? " " : "") $1; next } { print line; line = "" }' \
    "$MASAKHANER1/$language/test.txt"
done > runs/five.txt

for model in large teacher; do
  for kind in optimum-int8 optimizer-int8 onnx-fp32; do prepared $kind $model runs/$model python; done
  prepared openvino-int8 $model runs/peers/$model-onnx-fp32 "$OPENVINO" --data "$MASAKHANER1" "${FIVE[@]}"
done
for threads in 1 2; do
  beside large large-int8 $threads
  beside teacher q-int8-int8 $threads
done

if wanted benchmark-text; then
  pipeline="python -m benchmarks.peers.pipeline"
  edgener benchmark runs/q-int8-int8 runs/q-none-fp32 --text runs/five.txt --quick --rounds 10 \
    --peer "transformers=$pipeline runs/teacher --threads 1" \
    --peer "optimum-int8=$pipeline runs/peers/teacher-optimum-int8 --threads 1" --out "$RESULTS/benchmark-text.json"
fi
# Batches of sentences of unlike lengths: padded, and packed, where neighbours change nothing.
for mode in none int8-static; do
  make "packed-$mode" export runs/teacher --no-gate --quant $mode --variant $mode-packed
done
if wanted batches; then
  python -m benchmarks.batches runs/packed-none runs/packed-int8-static --data "$MASAKHANER1" "${FIVE[@]}" \
    --out "$RESULTS/batches.json"
fi
if wanted peak; then
  python -m benchmarks.peak runs/q-int8-int8 runs/teacher --out "$RESULTS/peak.json"
  python -m benchmarks.peak runs/large-int8 runs/large --out "$RESULTS/peak-large.json"
fi
