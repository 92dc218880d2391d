#!/usr/bin/env bash
# Fails when a committed generated file is not what SWIG and the generator of value types make now.
# Usage: generated.sh SWIG GOFMT PYTHON BUILD_DIR
set -euo pipefail
swig=$1 gofmt=$2 python=$3 build=$4
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fresh=$build/bindings/go/fresh
rm -rf "$fresh"
mkdir -p "$fresh"

if [[ ! -x $swig ]]; then
  echo "SKIP: no SWIG 4.1 was found"
  exit 77
fi
version=$("$swig" -version | sed -n 's/^SWIG Version //p')
if [[ $version != 4.1.* ]]; then
  echo "SKIP: the committed files are made with SWIG 4.1, this is $version"
  exit 77
fi

./generate-capi.sh "$swig" "$gofmt" "$fresh"
stale=0
for file in capi.go capi_wrap.c; do
  diff -u "internal/capi/$file" "$fresh/$file" || stale=1
done
for description in ../../core/*/values.toml; do
  area=$(basename "$(dirname "$description")")
  "$python" -B ../../capi/values/generate.py --emit go --description "$description" --output "$fresh/${area}_values.go"
  diff -u "${area}_values.go" "$fresh/${area}_values.go" || stale=1
done
if ((stale)); then
  echo "A generated file of bindings/go is stale: build the target generate-go and commit the result."
  exit 1
fi
