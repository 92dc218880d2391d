#!/usr/bin/env python3
"""Each module exports quipu_module_table and nothing else, and needs no libquipu.so; the library needs nothing of the modules'.

    modules.py LIBRARY MODULE...
"""

import re
import subprocess
import sys


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed(file):
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-dW", file)))


def exported(file):
    return {line.split()[-1] for line in run("nm", "-D", "--defined-only", file).splitlines()}


def main():
    library, *modules = sys.argv[1:]
    # What both stand on: the languages' runtimes.
    shared = re.compile(r"lib(c|m|gcc_s|stdc\+\+|asan|ubsan|tsan|crypto)\.so|ld-linux")
    faults = []
    for module in modules:
        if exported(module) != {"quipu_module_table"}:
            faults.append(f"{module} exports {sorted(exported(module))}")
        own = {name for name in needed(module) if not shared.match(name)}
        if not own:
            faults.append(f"{module} needs no library of its own: then it need not be a module")
        if any(name.startswith("libquipu") for name in own):
            faults.append(f"{module} needs {sorted(own)}")
        faults += [f"{library} needs {name}, which is for {module} alone" for name in own & needed(library)]
    for fault in faults:
        print(fault)
    sys.exit(1 if faults or not modules else 0)


if __name__ == "__main__":
    main()
