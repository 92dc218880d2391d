#!/usr/bin/env python3
"""What is exported, read and encoded again by Go's standard library: the same rows, and the very same bytes.

    sync_go_test.py AGENT FOLDER
"""

import json
import os
import shutil
import subprocess
import sys

TEXTS = [
    "plain", "<b>&amp;</b> > <", 'quotes " and \\ and /', "tab\tline\nreturn\rend", "\b\f\x01\x1f\x7f", "\u2028 and \u2029",
    "\u00e4\u00f6\u00fc \u20ac \u4e2d\u6587 \U0001F600 \U0001D11E", "\ufffd \ufeff \u0085", "<" * 300, "x" * 40000 + "\u00e9",
]


def main():
    agent, folder = sys.argv[1:]
    go = shutil.which("go")
    if go is None:
        print("SKIP: go was not found")
        return 77
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    store, engram = os.path.join(folder, "store"), os.path.join(folder, ".engram")
    os.makedirs(store)
    for number, text in enumerate(TEXTS):
        subprocess.run([agent, "memory-text", store, f"session {number % 3} <&>", text, "1"], check=True, stdout=subprocess.DEVNULL)
        if number == len(TEXTS) // 2:
            subprocess.run([agent, "memory-export", store, engram, "<ana> & co"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([agent, "memory-export", store, engram, "ana"], check=True, stdout=subprocess.DEVNULL)

    environment = dict(os.environ, GOPROXY="off", GOFLAGS="", GO111MODULE="off", GOCACHE=os.path.join(folder, "go-cache"))
    program = os.path.join(folder, "reader")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sync_go", "main.go")
    subprocess.run([go, "build", "-o", program, source], check=True, env=environment)
    done = subprocess.run([program, engram], capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr)
    if done.returncode != 0:
        return 1
    titles = sorted(json.loads(line[4:]) for line in done.stdout.splitlines() if line.startswith("row "))
    # Titles are trimmed, as all texts are.
    expected = sorted(text.strip() for text in TEXTS)
    if titles != expected:
        print(f"Go read {titles!r}\ninstead of {expected!r}")
        return 1
    chunks = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    return 0 if len(chunks) == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
