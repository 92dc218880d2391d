#!/usr/bin/env python3
"""Runs the fuzz programs of build/fuzz, and looks after their corpora.

    run.py run SECONDS TARGET...   each so long, one after the other; what they find new is kept in build/fuzz/found
    run.py test TARGET             a test of ctest: a few seconds, or a minute under `./dev test --long`
    run.py merge TARGET...         makes tests/fuzz/corpus anew from itself and build/fuzz/found: the smallest inputs that
                                   reach all the code that is reached

Every run starts with the inputs of tests/fuzz/corpus/TARGET and tests/fuzz/regressions/TARGET. An input that breaks
something is left in build/fuzz/findings/TARGET; the program runs it again when it is given as argument.
"""

import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent
BUILD = SOURCE.parents[1] / "build" / "fuzz"

# Target -> the longest input it is given, and its words (dict/).
SETTINGS = {
    "log_reader": (4096, "wal"),
    "snapshot_reader": (4096, "wal"),
    "manifest_reader": (4096, "manifest"),
    "stream_reader": (4096, "json"),
    "json_reader": (4096, "json"),
    "json_writers": (4096, "json"),
    "migrate": (4096, "wal"),
    "capi_calls": (4096, None),
    "packed": (4096, "json"),
    "gzip_reader": (4096, None),
}
TEST_SECONDS = 7
LONG_TEST_SECONDS = 60
MOST_CORPUS_BYTES = 200_000


class Run:
    """One run of one program, and what it came to."""

    def __init__(self, target, seconds, found):
        self.target = target
        self.program = BUILD / "fuzz" / f"{target}_fuzz"
        self.kept = [folder for folder in (SOURCE / "corpus" / target, SOURCE / "regressions" / target) if folder.is_dir()]
        self.seeds = sum(1 for folder in self.kept for _ in folder.iterdir())
        self.findings = BUILD / "findings" / target
        for folder in (found, self.findings):
            folder.mkdir(parents=True, exist_ok=True)
        before = set(self.findings.iterdir())
        started = time.monotonic()
        result = subprocess.run(
            [self.program, f"-max_total_time={seconds}", "-print_final_stats=1", *options(target),
             f"-artifact_prefix={self.findings}/", found, *self.kept],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=False)
        self.seconds = time.monotonic() - started
        self.code = result.returncode
        self.output = result.stdout.decode("utf-8", errors="replace")
        self.executions = self.statistic("number_of_executed_units")
        self.new_units = self.statistic("new_units_added")
        self.new_findings = sorted(set(self.findings.iterdir()) - before)

    def statistic(self, name):
        found = re.search(rf"^stat::{name}: *(\d+)$", self.output, re.MULTILINE)
        return int(found[1]) if found else 0

    def failure(self):
        """What went wrong, in one line; empty if nothing did."""
        if self.code != 0 or self.new_findings:
            reason = re.search(r"does not hold: .*|runtime error: .*|SUMMARY: .*|ERROR: .*", self.output)
            files = " ".join(os.path.relpath(path, SOURCE.parents[1]) for path in self.new_findings)
            return f"{reason[0] if reason else f'ended with code {self.code}'}; input: {files or 'none was left'}"
        if self.executions < max(1, self.seeds):
            return f"only {self.executions} executions, though there are {self.seeds} inputs to begin with"
        return ""

    def show(self):
        if self.failure():
            lines = [line for line in self.output.splitlines() if not re.match(r"#\d+\s+(NEW|REDUCE|RELOAD|pulse)|\s*NEW_", line)]
            print("\n".join(lines[-80:]))
        print(f"fuzz {self.target}: {self.executions} executions in {self.seconds:.0f} s, {self.executions / self.seconds:.0f}/s, "
              f"{self.seeds} inputs kept, {self.new_units} new, {len(self.new_findings)} findings", flush=True)
        if self.failure():
            print(f"fuzz {self.target}: FAILED: {self.failure()}", flush=True)


def options(target):
    longest, words = SETTINGS.get(target, (4096, None))
    return ["-rss_limit_mb=2048", "-timeout=25", f"-max_len={longest}"] + (
        [f"-dict={SOURCE / 'dict' / words}.dict"] if words else [])


def environment():
    return {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "strict_string_checks=1:malloc_context_size=8"}


def all_targets():
    return sorted(path.name[:-len("_fuzz.cpp")] for path in SOURCE.glob("*_fuzz.cpp"))


def check_targets(targets):
    for target in targets or all_targets():
        if target not in all_targets():
            sys.exit(f"fuzz: no such target: {target}; there are: {' '.join(all_targets())}")
        if not (BUILD / "fuzz" / f"{target}_fuzz").exists():
            sys.exit(f"fuzz: {target} is not built: ./dev fuzz builds it")
    return targets or all_targets()


def run(seconds, targets):
    runs = []
    for target in check_targets(targets):
        print(f"fuzz {target}: {seconds} s ...", flush=True)
        runs.append(Run(target, seconds, BUILD / "found" / target))
        runs[-1].show()
    print(f"\n{'target':<18}{'executions':>12}{'seconds':>9}{'per second':>12}{'new inputs':>12}{'findings':>10}")
    for one in runs:
        print(f"{one.target:<18}{one.executions:>12}{one.seconds:>9.0f}{one.executions / one.seconds:>12.0f}"
              f"{one.new_units:>12}{len(one.new_findings):>10}")
    sys.exit(1 if any(one.failure() for one in runs) else 0)


def test(target):
    if not (BUILD / "fuzz" / f"{target}_fuzz").exists():
        print("SKIP: the fuzz programs are not built, they need clang and its libFuzzer "
              "(apt-get install clang libclang-rt-14-dev; ./dev test)")
        sys.exit(77)
    # What it finds new is not kept: the next run begins with the same inputs.
    with tempfile.TemporaryDirectory(prefix="quipu-fuzz-") as found:
        one = Run(target, LONG_TEST_SECONDS if os.environ.get("QUIPU_TEST_LONG") else TEST_SECONDS, pathlib.Path(found))
    one.show()
    if os.environ.get("QUIPU_COUNTS_FILE"):
        lines = [f"0 1 0\nfail: {one.failure()}\n" if one.failure() else "1 0 0\n"]
        pathlib.Path(os.environ["QUIPU_COUNTS_FILE"]).write_text("".join(lines), encoding="utf-8")
    sys.exit(1 if one.failure() else 0)


def merge(targets):
    for target in check_targets(targets):
        corpus = SOURCE / "corpus" / target
        with tempfile.TemporaryDirectory(prefix="quipu-fuzz-") as merged:
            sources = [folder for folder in (corpus, BUILD / "found" / target) if folder.is_dir()]
            subprocess.run([BUILD / "fuzz" / f"{target}_fuzz", "-merge=1", "-use_counters=0", *options(target), merged, *sources],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           env=environment(), check=True)
            files = sorted(glob.glob(os.path.join(merged, "*")), key=os.path.getsize)
            total = 0
            shutil.rmtree(corpus, ignore_errors=True)
            corpus.mkdir(parents=True)
            for path in files:
                total += os.path.getsize(path)
                if total > MOST_CORPUS_BYTES:
                    break
                shutil.copyfile(path, corpus / os.path.basename(path))
        kept = list(corpus.iterdir())
        print(f"fuzz {target}: {len(kept)} inputs, {sum(path.stat().st_size for path in kept)} bytes; "
              f"{len(files) - len(kept)} left out for their size", flush=True)


def main():
    command, arguments = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if command == "run" and arguments and arguments[0].isdigit():
        run(int(arguments[0]), arguments[1:])
    elif command == "test" and len(arguments) == 1:
        test(arguments[0])
    elif command == "merge":
        merge(arguments)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
