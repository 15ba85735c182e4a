#!/usr/bin/env bash
# Every compressed model of the README, and its evaluation on the full test sets.
#
#   ENCODER=DIR_OR_HUB_ID MASAKHANER1=DIR MASAKHANER2=DIR TEXTS=DIR RESULTS=DIR benchmarks/compression.sh [PATTERN ...]
#
# From a checkout without changes, with its virtual environment activated, in the folder that is to hold runs/. PATTERN
# picks models by name (a shell pattern; all of them by default, but not `speed`). What is finished is passed over and what was killed
# goes on, so the script can be started again, and twice at a time with different patterns. All of it takes about twelve
# hours on one core with AVX512-BF16.
set -euo pipefail
: "${ENCODER:?}" "${MASAKHANER1:?}" "${MASAKHANER2:?}" "${TEXTS:?}" "${RESULTS:?}"
PATTERNS=("${@:-*}")
FIVE=(--lang hau --lang ibo --lang kin --lang swa --lang yor)
DATA=(--data "$MASAKHANER1" "${FIVE[@]}")
BF16=(--precision bf16)
RAW=(--raw "$TEXTS" --raw-share 0.5)
TUNE=(--freeze-embeddings --learning-rate 1.5e-4 "${BF16[@]}" --licence CC-BY-NC-4.0)
GRADUAL=(--when gradual --epochs 2 --ramp 0.5 --learning-rate 1.5e-4 "${RAW[@]}" "${BF16[@]}")
mkdir -p "$RESULTS"

source "$(dirname "${BASH_SOURCE[0]}")/functions.sh"

make trim trim-vocab "$ENCODER" "${DATA[@]}" --raw "$TEXTS" --coverage 0.999 --max-length 256 \
  --unseen "$MASAKHANER2/sna" --unseen "$MASAKHANER2/xho" --unseen "$MASAKHANER2/bbj"
# Trimmed after fine-tuning, untrimmed before: runs/hau-swa is the model of benchmarks/README.md.
if [[ -d runs/hau-swa ]]; then
  make hau-swa-trim trim-vocab runs/hau-swa --data "$MASAKHANER1" --lang hau --lang swa --raw "$TEXTS" --coverage 0.999
  score hau-swa-trim
fi
both teacher train "${DATA[@]}" --encoder runs/trim "${TUNE[@]}"

for share in 50 60; do
  both prune-after-$share prune runs/teacher --sparsity 0.$share
  both prune-gradual-$share prune runs/teacher --sparsity 0.$share "${GRADUAL[@]}"
  both prune-recovered-$share prune runs/teacher --sparsity 0.$share --epochs 1 --learning-rate 1.5e-4 "${RAW[@]}" "${BF16[@]}"
  make encoder-pruned-$share prune runs/trim --when before --sparsity 0.$share
  both prune-before-$share train "${DATA[@]}" --encoder runs/encoder-pruned-$share "${TUNE[@]}"
done
for share in 50 40 60; do
  both blocks-permuted-$share prune runs/teacher --pattern 1x4 --permute --sparsity 0.$share "${GRADUAL[@]}"
  both blocks-$share prune runs/teacher --pattern 1x4 --sparsity 0.$share "${GRADUAL[@]}"
done

LEARN=(--learning-rate 3e-4 --epochs 3 "${BF16[@]}")
both student-6 distill runs/teacher --layers 6 --raw "$TEXTS" "${LEARN[@]}"
both student-4 distill runs/teacher --layers 4 --raw "$TEXTS" "${LEARN[@]}"
both student-6-no-raw distill runs/teacher --layers 6 --learning-rate 3e-4 --epochs 6 "${BF16[@]}"
both structure-half structure runs/teacher --heads 0.5 --ffn 0.5 --epochs 2 --learning-rate 3e-4 "${RAW[@]}" "${BF16[@]}"
both structure-third structure runs/teacher --heads 0.34 --ffn 0.34 --epochs 2 --learning-rate 3e-4 "${RAW[@]}" "${BF16[@]}"
# As long as this pays only on a GPU, where a run takes five minutes; `accelerator` in the results names it.
LONG=(--raw "$TEXTS" --raw-lines 30000 --raw-share 2 --batch-size 64 "${BF16[@]}" --epochs 10 --patience 10)
both long-4-b distill runs/teacher --layers 4 --learning-rate 1e-3 "${LONG[@]}"
both long-4 distill runs/teacher --layers 4 --learning-rate 6e-4 "${LONG[@]}"
both long-3 distill runs/teacher --layers 3 --learning-rate 6e-4 "${LONG[@]}"
both cut-6 structure runs/teacher --layers 6 --heads 0.67 --ffn 0.67 --steps 1 --learning-rate 6e-4 "${LONG[@]}"
both cut-5 structure runs/teacher --layers 5 --heads 0.75 --ffn 0.8 --steps 1 --learning-rate 6e-4 "${LONG[@]}"
for seed in 1 2; do
  both long-4-s$seed distill runs/teacher --layers 4 --learning-rate 6e-4 "${LONG[@]}" --seed $seed
  both seed-$seed train "${DATA[@]}" --encoder runs/trim "${TUNE[@]}" --seed $seed
done
make encoder-agnostic-6 distill runs/trim --mode task-agnostic --layers 6 --raw "$TEXTS" "${FIVE[@]}" --steps 2000 \
  --batch-size 8 --learning-rate 3e-4 "${BF16[@]}"
both agnostic-6 train "${DATA[@]}" --encoder runs/encoder-agnostic-6 "${TUNE[@]}"

make pretrain-mini pretrain --raw "$TEXTS" "${FIVE[@]}" --preset mini --steps 8000 --batch-size 16 "${BF16[@]}"
make pretrain-random pretrain --raw "$TEXTS" "${FIVE[@]}" --preset mini --steps 0 --tokenizer runs/pretrain-mini
both mini train "${DATA[@]}" --encoder runs/pretrain-mini --learning-rate 3e-4 --epochs 8 "${BF16[@]}" --licence CC-BY-NC-4.0
both mini-random train "${DATA[@]}" --encoder runs/pretrain-random --learning-rate 3e-4 --epochs 8 "${BF16[@]}" --licence CC-BY-NC-4.0

# As they go to a device: dynamic int8. The gate would refuse what loses a point; here it is measured.
bundled() { make "$@"; score "$1" --batch-size 1; }
for name in teacher student-6 student-4 structure-half structure-third; do
  if [[ -d runs/$name ]]; then bundled $name-int8 export runs/$name --quant int8 --max-f1-drop 10; fi
done

for engine in torch-int8 llm-int8; do
  if wanted teacher-$engine && [[ ! -e $RESULTS/f1-teacher-$engine.json ]]; then
    edgener evaluate runs/teacher "${DATA[@]}" --engine $engine --batch-size 16 --out "$RESULTS/f1-teacher-$engine.json"
  fi
done

# Latency and size. Nothing else should run then, so it has to be asked for: benchmarks/compression.sh speed
if [[ " ${PATTERNS[*]} " == *" speed "* ]]; then
  edgener benchmark runs/{teacher,student-6,student-4,structure-half,structure-third}-int8 --baseline torch-fp32=runs/teacher \
    --baseline torch-int8=runs/teacher --baseline llm-int8=runs/teacher --out "$RESULTS/benchmark-compressed.json"
fi
