#!/usr/bin/env bash
# The ABI of the library, as libabigail sees it.
#
#   abi.sh dump LIBRARY      writes tests/abi/quipu.abi
#   abi.sh compare LIBRARY   fails when a function or a type was changed or removed since the stored dump; what was added
#                            is shown. tests/abi/allowed.abignore says which changes are allowed.
set -euo pipefail

mode=$1 library=$2
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
stored=$here/quipu.abi
abidw=${ABIDW:-abidw}
abidiff=${ABIDIFF:-abidiff}

# write_dump FILE: the exported functions and the types that the headers show; nothing in it names the folder of the build.
write_dump() {
  "$abidw" --headers-dir "$root/capi/include" --exported-interfaces-only --drop-private-types --no-elf-needed \
      --no-show-locs --no-corpus-path --no-comp-dir-path --out-file "$1" "$library"
  sed -i "s|path='$root/|path='|" "$1"
}

if ! command -v "$abidw" >/dev/null || ! command -v "$abidiff" >/dev/null; then
  echo "SKIP: abidw and abidiff are not installed (apt-get install abigail-tools)"
  exit 77
fi

case $mode in
  dump)
    write_dump "$stored"
    ;;
  compare)
    if [[ ! -f $stored ]]; then
      echo "SKIP: no stored dump (./dev abi-dump writes one)"
      exit 77
    fi
    sections=$(readelf -SW "$library")
    if [[ $sections != *.debug_info* ]]; then
      echo "SKIP: the library was built without debug information, which the comparison reads"
      exit 77
    fi
    fresh=$(mktemp --tmpdir quipu-abi.XXXXXX)
    trap 'rm -f "$fresh"' EXIT
    write_dump "$fresh"
    echo "Added since the stored dump:"
    "$abidiff" --no-show-locs --added-fns --added-vars "$stored" "$fresh" || true
    echo "Changed or removed since the stored dump:"
    "$abidiff" --no-show-locs --no-added-syms --suppressions "$here/allowed.abignore" "$stored" "$fresh"
    # Options that grew are let through as a whole: what else changed in them is looked for here.
    report=$("$abidiff" --no-show-locs --no-added-syms "$stored" "$fresh" || true)
    if [[ $report == *"data member change"* || $report == *"data member deletion"* ]]; then
      printf '%s\n' "$report"
      exit 1
    fi
    ;;
  *)
    echo "abi.sh: no such mode: $mode" >&2
    exit 2
    ;;
esac
