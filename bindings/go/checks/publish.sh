#!/usr/bin/env bash
# What a publisher and a user do: the module gets another path, and a program of another module uses it, with nothing on
# the PATH but go, gcc (with as and ld) and pkg-config, without network.
# Usage: publish.sh GO BUILD_DIR
set -euo pipefail
go=$(realpath "$1") build=$(realpath "$2")
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

fail() {
  echo "publish.sh: $*" >&2
  exit 1
}

cp -R "$source" "$work/module"
cd "$work/module"
old=$(sed -n 's/^module //p' go.mod)
for path in other.example/first-try/quipu new.example/acme/quipu/v2; do
  ./set-module-path.sh "$path"
done
if grep -rnF "\"$old" --include '*.go' . || grep -rnF first-try --include '*.go' --include go.mod .; then
  fail "the old module path is still there"
fi
grep -qx 'module new.example/acme/quipu/v2' go.mod || fail "go.mod has not got the new path"
if ./set-module-path.sh 'has a blank' 2>/dev/null; then
  fail "a path with a blank was accepted"
fi

mkdir "$work/user" "$work/bin" "$work/project"
cat >"$work/user/go.mod" <<'END'
module user.example/program

go 1.19

require new.example/acme/quipu/v2 v2.0.0

replace new.example/acme/quipu/v2 => ../module
END
cat >"$work/user/main.go" <<'END'
package main

import (
	"fmt"
	"os"

	"new.example/acme/quipu/v2"
)

func main() {
	store, err := quipu.OpenChronoStore(os.Args[1], nil)
	if err != nil {
		panic(err)
	}
	if _, err := store.Upsert(quipu.NewChronoRecord("a")); err != nil {
		panic(err)
	}
	n, err := store.RecordCount()
	fmt.Println("records:", n, err, store.Close())
}
END
for tool in gcc as ld pkg-config; do # as and ld are of gcc
  ln -s "$(command -v "$tool")" "$work/bin/$tool"
done
ln -s "$go" "$work/bin/go"
cd "$work/user"
env -i PATH="$work/bin" HOME="$work" PKG_CONFIG_PATH="$build/pkgconfig" GOPROXY=off GOFLAGS=-mod=mod \
  GOCACHE="$build/go/cache" go build -buildvcs=false -o "$work/program" .
said=$(env -i "$work/program" "$work/project")
[[ $said == "records: 1 <nil> <nil>" ]] || fail "the program said: $said"
echo "$said"
