#!/usr/bin/env python3
"""The rules about who may include whom, who calls the operating system, and how long a file may be.

    layering.py SOURCE_DIR

The tables below are the rules; a new folder of the core enters MAY_INCLUDE. Before the tree, the check itself is tried on
lines that it has to find fault with.
"""

import os
import pathlib
import re
import sys

GROUND = {"base", "json", "crypto", "gzip", "os", "sqlite", "http"}
BELOW_AREAS = GROUND | {"wal"}

# Folder of core/ -> the folders it may include, besides itself. An include points down only.
MAY_INCLUDE = {
    "base": set(),
    "json": {"base"},
    "crypto": {"base"},
    "gzip": {"base"},
    "os": {"base"},
    "sqlite": {"base", "os"},
    "http": {"base", "os", "json"},
    "wal": GROUND,
    # The areas do not include each other, but for these.
    "chronostore": BELOW_AREAS,
    "eventlog": BELOW_AREAS,
    "artifacts": BELOW_AREAS,
    "session": BELOW_AREAS,
    "storage": BELOW_AREAS,
    "vectors": BELOW_AREAS,
    "memory": BELOW_AREAS | {"chronostore"},
    "sync": BELOW_AREAS | {"chronostore", "memory"},
}

# Headers through which files are reached: core/os alone calls the operating system for files.
FILE_HEADERS = {
    "dirent.h", "fcntl.h", "filesystem", "fstream", "sys/file.h", "sys/mman.h", "sys/stat.h", "sys/statvfs.h", "sys/uio.h",
    "unistd.h",
}

# (file, header) -> why it is allowed there.
ALLOWED = {}

# A source above this many lines wants to be two.
MOST_LINES = 1000
SOURCES = {".h", ".hpp", ".c", ".cpp", ".go", ".java", ".cs", ".i", ".py", ".sh", ".cmake"}
SKIPPED_FOLDERS = {".git", "build", "bin", "obj", "data", "__pycache__"}
GENERATED = re.compile(r"generated|made by capi/values", re.IGNORECASE)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def check_includes(path, text):
    """The faults of one file; `path` is relative to the root of the tree, with '/'."""
    parts = path.split("/")
    for bracket, name in INCLUDE.findall(text):
        if parts[0] in ("core", "capi") and parts[:2] != ["core", "os"] and name in FILE_HEADERS:
            if (path, name) not in ALLOWED:
                yield f"{path} includes <{name}>: only core/os calls the operating system for files"
        folder = name.split("/")[0] if "/" in name else None
        if parts[0] == "core":
            if len(parts) < 3 or parts[1] not in MAY_INCLUDE:
                yield f"{path}: core/{parts[1]} is not in the table of tests/style/layering.py"
                return
            if name.startswith("quipu/") or "capi/" in name:
                yield f"{path} includes {name}: the core does not know the C API"
            elif folder in MAY_INCLUDE and folder != parts[1] and folder not in MAY_INCLUDE[parts[1]]:
                yield f"{path} includes {name}: core/{parts[1]} may not include core/{folder}"
            elif folder in MAY_INCLUDE and bracket == "<":
                yield f"{path} includes <{name}>: our own headers go in quotes"
            elif "/testing/" in name and "testing" not in parts:
                yield f"{path} includes {name}: test doubles are for tests alone"
            elif ".." in name:
                yield f"{path} includes {name}: paths start at core/"
        elif path.startswith("capi/include/"):
            if folder not in (None, "quipu") or (folder is None and name not in ("stddef.h", "stdint.h")):
                yield f"{path} includes {name}: a public header stands on the public headers, stddef.h and stdint.h"
        elif parts[0] == "modules":
            if folder in MAY_INCLUDE and not name.endswith("_module.h"):
                yield f"{path} includes {name}: a module knows of the core what it exchanges with it alone, *_module.h"
        elif parts[0] in ("bindings", "cli"):
            if folder in MAY_INCLUDE or "core/" in name or "capi/src" in name:
                yield f"{path} includes {name}: {parts[0]} stands on the public headers alone"


def sources(root):
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith(".chronomemory"))
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.suffix in SOURCES or name in ("CMakeLists.txt", "dev"):
                yield path


def check_file(root, path):
    name = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8", errors="replace")
    faults = list(check_includes(name, text)) if path.suffix in (".h", ".hpp", ".c", ".cpp", ".i") else []
    lines = text.count("\n")
    if lines > MOST_LINES and not GENERATED.search("\n".join(text.splitlines()[:6])):
        faults.append(f"{name} has {lines} lines, more than {MOST_LINES}")
    return faults


def self_test():
    """(path, include, whether it must be refused)"""
    cases = [
        ("core/json/a.cpp", '#include "base/error.h"', False),
        ("core/base/a.cpp", '#include "json/value.h"', True),
        ("core/wal/a.cpp", '#include "chronostore/record.h"', True),
        ("core/wal/a.cpp", '#include "os/file_system.h"', False),
        ("core/session/a.cpp", '#include "chronostore/record.h"', True),
        ("core/memory/a.cpp", '#include "chronostore/record.h"', False),
        ("core/sync/a.cpp", '#include "memory/memory.h"', False),
        ("core/chronostore/a.cpp", '#include "memory/memory.h"', True),
        ("core/chronostore/a.h", "#include <quipu/error.h>", True),
        ("core/wal/a.cpp", '#include "os/testing/memory.h"', True),
        ("core/os/testing/a.cpp", '#include "os/testing/memory.h"', False),
        ("core/unheard/a.h", "#include <string>", True),
        ("core/os/a.cpp", "#include <unistd.h>", False),
        ("core/os/a.cpp", "#include <sys/file.h>", False),
        ("core/wal/a.cpp", "  #  include <fstream>", True),
        ("capi/src/a.cpp", "#include <unistd.h>", True),
        ("capi/src/a.cpp", '#include "wal/reader.h"', False),
        ("capi/include/quipu/a.h", '#include "base/error.h"', True),
        ("capi/include/quipu/a.h", "#include <stdio.h>", True),
        ("capi/include/quipu/a.h", "#include <quipu/base.h>", False),
        ("cli/a.cpp", '#include "base/error.h"', True),
        ("cli/a.cpp", "#include <quipu/quipu.h>", False),
        ("modules/http/a.cpp", '#include "http/http_module.h"', False),
        ("modules/http/a.cpp", '#include "http/http_client.h"', True),
        ("modules/http/a.cpp", "#include <curl/curl.h>", False),
    ]
    for path, text, refused in cases:
        if bool(list(check_includes(path, text + "\n"))) != refused:
            yield f"the check itself: `{text}` in {path} should be {'refused' if refused else 'allowed'}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    failed = list(self_test())
    passed = 0
    for path in sources(root):
        faults = check_file(root, path)
        failed += faults
        passed += not faults
    for fault in failed:
        print(fault)
    print(f"{passed} sources as they should be, {len(failed)} faults")
    if os.environ.get("QUIPU_COUNTS_FILE"):
        # One case: the number of files is no number of tests.
        lines = [f"0 {len(failed)} 0"] + [f"fail: {fault}" for fault in failed] if failed else ["1 0 0"]
        pathlib.Path(os.environ["QUIPU_COUNTS_FILE"]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
