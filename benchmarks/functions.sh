# What the studies of this folder share; sourced by them. Finished results are passed over, so that a study goes on
# where it was. RESULTS, DATA and PATTERNS are set by whoever sources this.

# wanted NAME: is it among the names that were asked for?
wanted() { local pattern; for pattern in "${PATTERNS[@]}"; do [[ $1 == $pattern ]] && return 0; done; return 1; }

# make NAME COMMAND...: runs/NAME, and what the command prints as RESULTS/NAME.json
make() {
  local name=$1; shift
  if wanted "$name" && [[ ! -e $RESULTS/$name.json ]]; then
    edgener "$@" --out "runs/$name" --json > "$RESULTS/.$name.json"
    mv "$RESULTS/.$name.json" "$RESULTS/$name.json"
  fi
}

# score NAME [OPTION...]: the F1 of runs/NAME as RESULTS/f1-NAME.json
score() {
  local name=$1; shift
  if wanted "$name" && [[ ! -e $RESULTS/f1-$name.json ]]; then
    local data=("${DATA[@]}")
    [[ $name != hau-swa-* ]] || data=(--data "$MASAKHANER1" --lang hau --lang swa)
    edgener evaluate "runs/$name" "${data[@]}" --batch-size 16 "$@" --out "$RESULTS/f1-$name.json"
  fi
}

both() { make "$@"; score "$1"; }
