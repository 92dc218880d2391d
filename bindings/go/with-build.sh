#!/usr/bin/env bash
# Runs a command of the Go tools in this folder with the library of a build tree, which need not be installed:
#
#     bindings/go/with-build.sh build/release go test ./...
#
# Go's caches are in the build tree, and nothing is downloaded: the module has no dependencies.
set -euo pipefail
build=$(cd "$1" && pwd)
shift
cd "$(dirname "${BASH_SOURCE[0]}")"

# The package knows nothing of headers that changed: their hash, as a flag, makes it compile again.
headers=$(cat ../../capi/include/quipu/*.h | sha256sum | cut -c 1-16)

export PKG_CONFIG_PATH="$build/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export CGO_ENABLED=1 CGO_CFLAGS="${CGO_CFLAGS:--O2 -g} -DQUIPU_HEADERS_HASH=0x$headers"
export GOCACHE="$build/go/cache" GOPATH="$build/go/path" GOPROXY=off GOFLAGS="-mod=readonly -buildvcs=false" GOTOOLCHAIN=local
# What the user has set for other work must not leak in.
export GOENV=off GOWORK=off
exec "$@"
