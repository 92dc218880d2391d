#!/usr/bin/env bash
# Fails when a committed output of capi/values/generate.py is not what the generator makes now.
# Usage: values_current.sh PYTHON KIND AREA FILE        (QUIPU_SOURCE_DIR, QUIPU_BUILD_DIR are set by ctest)
set -euo pipefail
python=$1 kind=$2 area=$3 file=$4

fresh=$QUIPU_BUILD_DIR/generated/check/$kind/$(basename "$file")
mkdir -p "$(dirname "$fresh")"
rm -f "$fresh"
"$python" "$QUIPU_SOURCE_DIR/capi/values/generate.py" --emit "$kind" \
    --description "$QUIPU_SOURCE_DIR/core/$area/values.toml" --output "$fresh"
if ! diff -u "$QUIPU_SOURCE_DIR/$file" "$fresh"; then
  echo "$file is stale: run \`./dev generate\` and commit the result."
  exit 1
fi
