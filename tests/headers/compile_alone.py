#!/usr/bin/env python3
"""Each public header compiles alone, as C and as C++, with every compiler at hand and all warnings as errors.

    compile_alone.py INCLUDE_DIR
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wundef"]
C_WARNINGS = ["-Wstrict-prototypes", "-Wold-style-definition", "-Wc++-compat"]
COMPILERS = [
    ("gcc", "c", ["c99", "c17"]),
    ("g++", "c++", ["c++11", "c++20"]),
    ("clang", "c", ["c99", "c17"]),
    ("clang++", "c++", ["c++11", "c++20"]),
]


def compile_one(compiler, language, standard, include_dir, header, folder):
    """What the compiler has to say about a source that includes the header alone, twice; empty when content."""
    source = pathlib.Path(folder) / f"{compiler}-{standard}-{header.replace('/', '_')}.{'c' if language == 'c' else 'cc'}"
    source.write_text(f"#include <{header}>\n#include <{header}>\n", encoding="utf-8")
    command = [compiler, "-x", language, f"-std={standard}", "-fsyntax-only", *WARNINGS]
    command += C_WARNINGS if language == "c" else []
    result = subprocess.run([*command, f"-I{include_dir}", str(source)], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, check=False)
    return result.stderr or (f"{compiler} ended with code {result.returncode}" if result.returncode else "")


def main():
    include_dir = pathlib.Path(sys.argv[1]).resolve()
    headers = sorted(str(path.relative_to(include_dir)) for path in include_dir.rglob("*.h"))
    passed, failed, skipped = 0, [], []
    jobs = []
    with tempfile.TemporaryDirectory(prefix="quipu-headers-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for compiler, language, standards in COMPILERS:
            if not shutil.which(compiler):
                skipped.append(f"{compiler}: not installed")
                continue
            for standard in standards:
                for header in headers:
                    run = pool.submit(compile_one, compiler, language, standard, include_dir, header, folder)
                    jobs.append((f"{header} as {standard} with {compiler}", run))
        for name, run in jobs:
            if run.result():
                failed.append(name)
                print(f"{name}:\n{run.result()}")
            else:
                passed += 1

    if not headers:
        failed.append(f"no header in {include_dir}")
    lines = [f"{passed} {len(failed)} {len(skipped)}"]
    lines += [f"skip: {text}" for text in skipped] + [f"fail: {text}" for text in failed]
    print("\n".join(lines))
    if os.environ.get("QUIPU_COUNTS_FILE"):
        pathlib.Path(os.environ["QUIPU_COUNTS_FILE"]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
