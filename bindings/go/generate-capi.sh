#!/usr/bin/env bash
# Makes internal/capi/capi.go and capi_wrap.c from bindings/swig/go.i and the C headers.
#
#     generate-capi.sh SWIG GOFMT [FOLDER]        FOLDER: where to put them; internal/capi if not given
#
# Always run in one folder with relative paths, so that the output holds no path of this machine.
set -euo pipefail
swig=$1 gofmt=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(realpath "${3:-$here/internal/capi}")

cd "$here/../swig"
"$swig" -go -cgo -intgosize 64 -Wall -Werror -I../../capi/include -outdir "$folder" -o "$folder/capi_wrap.c" go.i
"$gofmt" -w "$folder/capi.go"
sed -i 's/[[:space:]]*$//' "$folder/capi_wrap.c"
