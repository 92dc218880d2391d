#!/usr/bin/env bash
# demo.sh BUILD_DIR [--keep DIR] [--records N]: agents in C++, Go, Java and C# share one store. `./dev demo` builds them and
# calls this.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
(($#)) || { echo "usage: demo.sh BUILD_DIR [--keep DIR] [--records N]" >&2; exit 2; }
build=$1
shift
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/demo.py" --build "$build" "$@"
