#!/usr/bin/env python3
"""The library exports exactly the functions that the public headers declare with QUIPU_API, under the version QUIPU_0.

    exports.py INCLUDE_DIR LIBRARY

Before the library, the check itself is tried on small libraries that it has to find fault with.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

VERSION_NODE = "QUIPU_0"


def declared(texts):
    """The names of the functions that header texts declare with QUIPU_API."""
    names = set()
    for text in texts:
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
        text = re.sub(r"//[^\n]*", " ", text)
        text = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.MULTILINE)
        for declaration in re.findall(r"\bQUIPU_API\b([^;{]*)", text):
            found = re.search(r"\b([a-z_][a-z0-9_]*)\s*\(", re.sub(r"\bQUIPU_[A-Z_]+\s*(\([^()]*\))?", " ", declaration))
            if not found:
                sys.exit(f"cannot read the declaration `QUIPU_API{declaration}`")
            names.add(found.group(1))
    return names


def exported(library):
    """The names that a library exports; each with the version node, which is taken off."""
    output = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    names = set()
    for line in output.splitlines():
        kind, symbol = line.split()[-2:]
        if kind == "A" and symbol.split("@")[0] == VERSION_NODE:
            continue
        # Anything that is not a function under the node keeps its full spelling, and so is never what was declared.
        versioned = kind == "T" and symbol.endswith("@@" + VERSION_NODE)
        names.add(symbol[: -len("@@" + VERSION_NODE)] if versioned else f"{kind} {symbol}")
    return names


def faults(headers, library):
    declarations, exports = declared(headers), exported(library)
    return [f"declared, but not exported: {name}" for name in sorted(declarations - exports)] + [
        f"exported, but not declared: {name}" for name in sorted(exports - declarations)
    ]


def try_out(folder, name, header, source, script, expected):
    """Builds a small library and compares what is found with what should be."""
    base = pathlib.Path(folder) / name
    base.with_suffix(".c").write_text(source, encoding="utf-8")
    base.with_suffix(".map").write_text(script, encoding="utf-8")
    command = ["gcc", "-shared", "-fPIC", f"-Wl,--version-script={base}.map", "-o", f"{base}.so", f"{base}.c"]
    subprocess.run(command, check=True)
    found = faults([header], f"{base}.so")
    return [] if found == expected else [f"the check itself: {name}: found {found}, expected {expected}"]


def self_test():
    header = """
        #define QUIPU_API  /* QUIPU_API int quipu_in_a_comment(void); */
        // QUIPU_API int quipu_in_a_line(void);
        QUIPU_API const char *quipu_one(int (*callback)(void *user), void *user);
        QUIPU_API QUIPU_DEPRECATED("0.2, use quipu_one") int
            quipu_two(void);
    """
    both = "int quipu_one(void) { return 1; } int quipu_two(void) { return 2; } int quipu_three(void) { return 3; }"
    node = VERSION_NODE + " { global: quipu_one; quipu_two; %s local: *; };"
    cases = [
        ("exact", both, node % "", []),
        ("one too many", both, node % "quipu_three;", ["exported, but not declared: quipu_three"]),
        ("one missing", "int quipu_one(void) { return 1; }", node % "", ["declared, but not exported: quipu_two"]),
        ("data", both + " int quipu_x;", node % "quipu_x;", [f"exported, but not declared: B quipu_x@@{VERSION_NODE}"]),
        ("no version", both, "{ global: quipu_one; quipu_two; local: *; };",
         ["declared, but not exported: quipu_one", "declared, but not exported: quipu_two",
          "exported, but not declared: T quipu_one", "exported, but not declared: T quipu_two"]),
    ]
    with tempfile.TemporaryDirectory(prefix="quipu-exports-") as folder:
        return len(cases), [fault for name, source, script, expected in cases
                            for fault in try_out(folder, name, header, source, script, expected)]


def main():
    include_dir, library = pathlib.Path(sys.argv[1]), sys.argv[2]
    headers = [path.read_text(encoding="utf-8") for path in sorted(include_dir.rglob("*.h"))]
    tried, failed = self_test()
    passed = tried - len(failed)

    # The library is one case, however many functions it has.
    found = faults(headers, library)
    failed += found
    passed += not found
    for fault in failed:
        print(fault)
    print(f"{len(declared(headers))} functions declared, {len(exported(library))} exported, {len(failed)} faults")
    if os.environ.get("QUIPU_COUNTS_FILE"):
        lines = [f"{passed} {len(failed)} 0"] + [f"fail: {fault}" for fault in failed]
        pathlib.Path(os.environ["QUIPU_COUNTS_FILE"]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
