#!/bin/sh
# Gives the module another path, for publishing it: in go.mod and in every import of this folder.
#
#     ./set-module-path.sh github.com/acme/quipu/bindings/go
set -eu

new=${1:-}
case $new in
  "" | /* | */ | *[!A-Za-z0-9._~/-]*)
    echo "usage: $0 NEW/MODULE/PATH" >&2
    exit 2
    ;;
esac

cd "$(dirname "$0")"
old=$(sed -n 's/^module //p' go.mod)
[ "$old" != "$new" ] || exit 0
pattern=$(printf '%s' "$old" | sed 's/[.]/\\./g')

# In Go sources a path is an import when it stands in quotes and ends there or at a slash.
find . -name '*.go' -exec sed -i "s#\"$pattern\\([\"/]\\)#\"$new\\1#" {} +
sed -i "s#^module $pattern\$#module $new#" go.mod
echo "module $new (was $old)"
