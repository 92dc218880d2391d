#!/usr/bin/env bash
# gofmt and go vet have nothing to say.
# Usage: style.sh GO GOFMT BUILD_DIR
set -euo pipefail
go=$1 gofmt=$2 build=$3
cd "$(dirname "${BASH_SOURCE[0]}")/.."

unformatted=$("$gofmt" -l .)
if [[ -n $unformatted ]]; then
  echo "gofmt would change:"
  "$gofmt" -d $unformatted
  exit 1
fi
./with-build.sh "$build" "$go" vet ./...
