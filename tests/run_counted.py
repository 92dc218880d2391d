#!/usr/bin/env python3
"""Runs a test program and writes how many cases passed, failed and were skipped.

    run_counted.py FORMAT -- COMMAND [ARGS...]

FORMAT  gtest   GoogleTest; --gtest_output is added
        go      `go test -json`; its output is read from the pipe and shown as plain text
        junit   JUnit XML files, written into the folder {report}
        trx     .trx files of `dotnet test`, written into the folder {report}

{report} in the arguments is replaced by a temporary path. The counts go to the file that QUIPU_COUNTS_FILE names, in the
form that cmake/QuipuTesting.cmake describes. The exit code is the command's; it is 1 where the command was content but
the report shows a failure, or no case at all.
"""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


class Counts:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []  # (name, reason)

    def write(self, path):
        lines = [f"{self.passed} {len(self.failed)} {len(self.skipped)}"]
        lines += [f"skip: {one_line(name)}: {one_line(reason)}" for name, reason in self.skipped]
        lines += [f"fail: {one_line(name)}" for name in self.failed]
        # Never half written: the run may be killed at its time limit.
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.replace(path + ".new", path)


def one_line(text):
    return " ".join(text.split()) or "no reason given"


def local(tag):
    """The name of an XML element without its namespace."""
    return tag.rsplit("}", 1)[-1]


def read_xml(report, pattern):
    """The roots of the XML files of a report: one file, or the files in a folder."""
    paths = glob.glob(os.path.join(report, "**", pattern), recursive=True) if os.path.isdir(report) else [report]
    return [ElementTree.parse(path).getroot() for path in sorted(paths) if os.path.exists(path)]


def count_gtest(report, counts):
    for root in read_xml(report, "*.xml"):
        for case in root.iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            skipped = case.find("skipped")
            if case.find("failure") is not None:
                counts.failed.append(name)
            elif skipped is not None:
                # The message starts with a line that names the source.
                text = re.sub(r"\A\S+:\d+\s*\n", "", skipped.get("message") or "")
                counts.skipped.append((name, text))
            elif case.get("status") == "notrun":
                counts.skipped.append((name, "disabled in the source"))
            else:
                counts.passed += 1
        if root.tag == "testsuites" and not list(root.iter("testcase")):
            counts.failed += [] if root.get("failures", "0") == "0" else ["outside of a case"]


def count_junit(report, counts):
    for root in read_xml(report, "*.xml"):
        for case in root.iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                counts.failed.append(name)
            elif skipped is not None:
                counts.skipped.append((name, skipped.get("message") or skipped.text or ""))
            else:
                counts.passed += 1


def count_trx(report, counts):
    for root in read_xml(report, "*.trx"):
        for result in root.iter():
            if local(result.tag) != "UnitTestResult":
                continue
            name = result.get("testName") or "?"
            outcome = result.get("outcome")
            if outcome == "Passed":
                counts.passed += 1
            elif outcome == "NotExecuted":
                texts = [node.text or "" for node in result.iter() if local(node.tag) in ("Message", "StdOut")]
                counts.skipped.append((name, " ".join(texts)))
            else:
                counts.failed.append(name)


def run_go(command, counts):
    """Shows the output while it comes; a case is a test without subtests."""
    results = {}  # (package, test) -> pass, fail or skip
    output = {}
    failed_packages = []
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
    for line in process.stdout:
        try:
            event = json.loads(line)
            action = event["Action"]
        except (ValueError, KeyError, TypeError):
            sys.stdout.write(line)
            continue
        key = (event.get("Package", ""), event.get("Test"))
        if action == "output":
            sys.stdout.write(event["Output"])
            output.setdefault(key, []).append(event["Output"])
        elif action in ("pass", "fail", "skip"):
            if key[1]:
                results[key] = action
            elif action == "fail":
                failed_packages.append(key[0])
    code = process.wait()

    for (package, test), action in results.items():
        if any(other[0] == package and other[1].startswith(test + "/") for other in results):
            continue
        name = f"{package}.{test}"
        if action == "pass":
            counts.passed += 1
        elif action == "fail":
            counts.failed.append(name)
        else:
            said = [text for text in output.get((package, test), []) if not re.match(r"\s*(===|---) ", text)]
            counts.skipped.append((name, re.sub(r"\A\s*\S+\.go:\d+: ", "", "".join(said))))
    for package in failed_packages:
        if not any(name.startswith(package + ".") for name in counts.failed):
            counts.failed.append(f"{package} (does not build, or ended outside of a test)")
    return code


def main():
    readers = {"gtest": count_gtest, "junit": count_junit, "trx": count_trx}
    arguments = sys.argv[1:]
    if len(arguments) < 3 or arguments[1] != "--" or arguments[0] not in [*readers, "go"]:
        sys.exit(__doc__)
    form, command = arguments[0], arguments[2:]
    counts = Counts()

    if form == "go":
        code = run_go(command, counts)
    else:
        with tempfile.TemporaryDirectory(prefix="quipu-report-") as folder:
            report = os.path.join(folder, "report.xml") if form == "gtest" else folder
            command = [argument.replace("{report}", report) for argument in command]
            if form == "gtest":
                command.append(f"--gtest_output=xml:{report}")
            code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
            try:
                readers[form](report, counts)
            except ElementTree.ParseError as error:
                counts.failed.append(f"(the report cannot be read: {error})")

    if code < 0:
        print(f"{command[0]} was ended by signal {-code}", file=sys.stderr)
        code = 128 - code
    if code != 0 and not counts.failed:
        counts.failed.append(f"(the program ended with code {code})")
    if counts.passed + len(counts.failed) + len(counts.skipped) == 0:
        counts.failed.append("(no case was run)")
    if counts.failed:
        print("failed: " + ", ".join(counts.failed))
    if os.environ.get("QUIPU_COUNTS_FILE"):
        counts.write(os.environ["QUIPU_COUNTS_FILE"])
    sys.exit(code or (1 if counts.failed else 0))


if __name__ == "__main__":
    main()
