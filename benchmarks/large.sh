#!/usr/bin/env bash
# What AfriBERTa-large's geometry (random weights, a tokenizer of 70,000 real pieces) weighs: dense, with int4 embeddings,
# trimmed to 20,000 pieces, and at 60 % sparsity; on disk, as downloaded, in memory.
#
#   ENCODER=DIR_OR_HUB_ID MASAKHANER1=DIR TEXTS=DIR RESULTS=DIR benchmarks/large.sh [PATTERN ...]
set -euo pipefail
: "${ENCODER:?}" "${MASAKHANER1:?}" "${TEXTS:?}" "${RESULTS:?}"
PATTERNS=("${@:-*}")
FIVE=(--lang hau --lang ibo --lang kin --lang swa --lang yor)
mkdir -p "$RESULTS" runs
here=$(dirname "${BASH_SOURCE[0]}")
source "$here/functions.sh"

[[ -d runs/large ]] || python "$here/geometry.py" runs/large --tokenizer "$ENCODER"
make large-trim trim-vocab runs/large --data "$MASAKHANER1" "${FIVE[@]}" --raw "$TEXTS" --budget 20000
make large-pruned prune runs/large --sparsity 0.6
make large-blocks prune runs/large --sparsity 0.6 --pattern 1x4
shipped() { local name=$1; shift; make "$name" export "$@" --no-gate --archive; }
shipped large-int8 runs/large
shipped large-int4-embeddings runs/large --embeddings int4
shipped large-trim-int8 runs/large-trim
shipped large-trim-int4-embeddings runs/large-trim --embeddings int4
shipped large-sparse runs/large-pruned --sparse
shipped large-not-sparse runs/large-pruned
shipped large-blocks-sparse runs/large-blocks --sparse
all=(int8 int4-embeddings trim-int8 trim-int4-embeddings sparse not-sparse blocks-sparse)
if wanted benchmark-large-bytes; then
  edgener benchmark "${all[@]/#/runs/large-}" --quick --no-batches --out "$RESULTS/benchmark-large-bytes.json"
fi
