#!/usr/bin/env python3
"""Runs the benchmark with tiny sizes and looks at what it wrote: every work, every competitor, every round.

    smoke_test.py DRIVER FOLDER
"""

import json
import pathlib
import subprocess
import sys

# Work -> how its rows begin.
ROWS = {
    "append": ["Quipu", "raw append", "raw append", "raw append, lock and look", "raw write over room",
               "SQLite, WAL growing", "SQLite, WAL wrapped"],
    "threads": ["Quipu", "Quipu, one thread", "SQLite, 16 connections", "SQLite, one connection and a mutex"],
    "processes": ["four processes together", "one process", "least share"],
    "batches": ["Quipu", "raw append", "raw append", "raw append + SHA-256", "SQLite", "SQLite", "SQLite without the index"],
    "floors": ["SHA-256", "SHA-256", "simdjson", "simdjson"],
    "verify": ["Quipu, one core", "SHA-256", "SHA-256"],
    "growth": ["small, durability none", "large, durability none", "small, durability full", "large, durability full"],
    "get": ["Quipu"],
    "query": ["0.1 %", "0.1 %", "1 %", "1 %", "10 %", "10 %", "dearest"],
    "open": ["the log", "the snapshot"],
    "memory": ["the log", "the log", "the snapshot", "the snapshot"],
    "sync": ["Quipu, import", "Quipu, import, by the clock", "gunzip and SHA-256", "Quipu, export", "Quipu, a second export"],
    "search": ["Quipu", "SQLite FTS5 alone", "Quipu, the next search"],
    "languages": ["C", "C, ready-made"],
}
# Differences and small amounts of memory may be anything.
ANY_VALUE = {"languages", "memory"}


def main():
    driver, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    run = subprocess.run([driver, "--quick", "--dir", folder, "--json", report], text=True, stdout=subprocess.PIPE)
    if run.returncode != 0:
        sys.exit(f"the driver ended with {run.returncode}")
    result = json.loads(report.read_text(encoding="utf-8"))
    works = {work["name"]: work for work in result["works"]}
    faults = [f"{name} is missing" for name in ROWS if name not in works]
    faults += [f"{name} is not known here" for name in works if name not in ROWS]
    for name, work in works.items():
        rows = work["rows"]
        who = [row["who"] for row in rows]
        for prefix in set(ROWS.get(name, [])):
            wanted = ROWS[name].count(prefix)
            found = sum(entry.startswith(prefix) for entry in who)
            if found < wanted:
                faults.append(f"{name}: {found} rows begin with `{prefix}`, {wanted} should: {who}")
        for row in rows:
            if not row["rounds"] or len(row.get("ratios", row["rounds"])) != len(row["rounds"]):
                faults.append(f"{name}, {row['who']}: rounds are missing")
            if name not in ANY_VALUE and not all(value > 0 for value in row["rounds"] + row.get("ratios", [])):
                faults.append(f"{name}, {row['who']}: {row['rounds']}")
        if f"### {work['title']}\n" not in run.stdout:
            faults.append(f"{name} is not among the tables")
    for library, work in [("LMDB", "append"), ("RocksDB", "append"), ("LMDB", "threads"), ("RocksDB", "batches")]:
        built_in = result["conditions"][library] != "not built in"
        if work in works and built_in != (library in [row["who"] for row in works[work]["rows"]]):
            faults.append(f"{work}: {library} should{'' if built_in else ' not'} be there")
    if (folder / "quipu-bench").exists():
        faults.append("what the driver wrote is still there")
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
