#!/usr/bin/env python3
"""Prints what a run of the tests came to: per tier, every skip and every failure by name, what was left out.

    summarize.py [--require NAME,...] [--partial] BUILD_DIR...

A build directory holds, after a run by `./dev test`: results/tests.json (ctest --show-only=json-v1), results/junit.xml
(ctest --output-junit), results/*.counts (cmake/QuipuTesting.cmake) and left_out.txt (the configure step).

--require   names that must not be left out: each one that is counts as a failure, and so does each one of whose tests
            none passed
--partial   only some tiers were asked for: a required name without tests among them is no failure

The last line is `N passed, N failed, N skipped`, alone. Exit code 1 when something failed, or nothing is there to run.
"""

import argparse
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree


class Tier:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0


class Summary:
    def __init__(self):
        self.tiers = {}
        self.failures = []
        self.skips = []

    def add(self, tier, passed, failures, skips):
        entry = self.tiers.setdefault(tier, Tier())
        entry.passed += passed
        entry.failed += len(failures)
        entry.skipped += len(skips)
        self.failures += [f"[{tier}] {text}" for text in failures]
        self.skips += [f"[{tier}] {text}" for text in skips]


def read_counts(path):
    """The numbers of a counts file and its lines, or None where the test left none that can be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        passed, failed, skipped = (int(number) for number in lines[0].split())
    except (OSError, ValueError, IndexError):
        return None
    failures = [line[len("fail: "):] for line in lines[1:] if line.startswith("fail: ")]
    skips = [line[len("skip: "):] for line in lines[1:] if line.startswith("skip: ")]
    failures += ["(a case that was not named)"] * (failed - len(failures))
    skips += ["(a case that was not named)"] * (skipped - len(skips))
    return passed, failures, skips


def skip_reason(case):
    found = re.findall(r"^SKIP: *(.+)$", case.findtext("system-out") or "", re.MULTILINE)
    return found[-1] if found else "no reason given"


def failure_reason(case, properties):
    """Why a test failed that does not tell it itself; ctest leaves that out of its report."""
    limit = float(properties.get("TIMEOUT", "inf"))
    if float(case.get("time") or 0) >= limit:
        return f"ended at its time limit of {limit:.0f} s"
    return "failed, see its output above"


def add_build(summary, build, prefix):
    results = os.path.join(build, "results")
    with open(os.path.join(results, "tests.json"), encoding="utf-8") as file:
        tests = json.load(file)["tests"]
    try:
        cases = {case.get("name"): case for case in ElementTree.parse(os.path.join(results, "junit.xml")).iter("testcase")}
    except (OSError, ElementTree.ParseError) as error:
        summary.add(prefix + "ctest", 0, [f"the results of ctest cannot be read: {error}"], [])
        cases = {}

    for test in tests:
        name = test["name"]
        properties = {item["name"]: item["value"] for item in test.get("properties", [])}
        tier = prefix + " ".join(properties.get("LABELS", ["other"]))
        case = cases.get(name)
        counts = read_counts(os.path.join(results, name + ".counts"))
        if case is None:
            summary.add(tier, 0, [f"{name}: did not run"], [])
        elif case.find("skipped") is not None and "SKIP_RETURN_CODE" in (case.find("skipped").get("message") or ""):
            summary.add(tier, 0, [], [f"{name}: {skip_reason(case)}"])
        elif case.get("status") == "run":
            passed, failures, skips = counts or (1, [], [])
            summary.add(tier, passed, [f"{name}: {text}" for text in failures], [f"{name}: {text}" for text in skips])
        else:
            passed, failures, skips = counts or (0, [], [])
            failures = failures or [failure_reason(case, properties)]
            summary.add(tier, passed, [f"{name}: {text}" for text in failures], [f"{name}: {text}" for text in skips])


def read_left_out(build):
    try:
        with open(os.path.join(build, "left_out.txt"), encoding="utf-8") as file:
            return [line.split("\t") for line in file.read().splitlines()]
    except OSError:
        return []


def add_required(summary, required, left_out, partial):
    missing = {name for name, _, _ in left_out}
    for name in required:
        if name in missing:
            summary.add(name, 0, [f"{name} is required (QUIPU_REQUIRE) and was left out, see below"], [])
        elif name in summary.tiers:
            if summary.tiers[name].passed == 0 and summary.tiers[name].failed == 0:
                summary.add(name, 0, [f"{name} is required (QUIPU_REQUIRE) and none of its tests ran"], [])
        elif not partial:
            summary.add(name, 0, [f"{name} is required (QUIPU_REQUIRE) and has no tests in this build"], [])


def show(summary, left_out):
    print("\nSummary")
    print(f"  {'tier':<20}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for name, tier in summary.tiers.items():
        print(f"  {name:<20}{tier.passed:>8}{tier.failed:>8}{tier.skipped:>9}")
    for title, lines in (("Skipped", summary.skips), ("Failed", summary.failures)):
        if lines:
            print(f"\n{title}")
            for line in lines:
                print(f"  {line}")
    if left_out:
        print("\nLeft out")
        for name, reason, how in left_out:
            print(f"  {name}: {reason}. To have it: {how}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--require", default="")
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("builds", nargs="+")
    arguments = parser.parse_args()
    required = [name.strip() for name in arguments.require.split(",") if name.strip()]

    summary = Summary()
    left_out = []
    for build in arguments.builds:
        name = os.path.basename(build.rstrip("/"))
        add_build(summary, build, f"{name} " if len(arguments.builds) > 1 else "")
        if len(arguments.builds) == 1:
            left_out = read_left_out(build)
    add_required(summary, required, left_out, arguments.partial)
    if not summary.tiers:
        summary.add("none", 0, ["no test is in the tiers asked for"], [])
    show(summary, left_out)

    passed = sum(tier.passed for tier in summary.tiers.values())
    failed = sum(tier.failed for tier in summary.tiers.values())
    skipped = sum(tier.skipped for tier in summary.tiers.values())
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
