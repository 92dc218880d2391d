"""What a scenario found, case by case, on the screen and in the counts file (cmake/QuipuTesting.cmake)."""

import os
import sys


class Report:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = []

    def check(self, name, holds, detail=""):
        print(f"{'ok  ' if holds else 'FAIL'}  {name}{': ' + detail if detail else ''}", flush=True)
        if holds:
            self.passed += 1
        else:
            self.failures.append(name)

    def equal(self, name, found, expected):
        self.check(name, found == expected, "" if found == expected else f"{found!r} instead of {expected!r}")

    def none(self, name, problems):
        """Content when the list is empty."""
        self.check(name, not problems, "; ".join(str(problem) for problem in list(problems)[:5]))

    def skip(self, name, why):
        print(f"skip  {name}: {why}", flush=True)
        self.skips.append((name, why))

    def finish(self):
        """Writes the counts and answers the exit code."""
        path = os.environ.get("QUIPU_COUNTS_FILE")
        if path:
            lines = [f"{self.passed} {len(self.failures)} {len(self.skips)}"]
            lines += [f"skip: {name}: {why}" for name, why in self.skips]
            lines += [f"fail: {name}" for name in self.failures]
            with open(path + ".new", "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(path + ".new", path)
        sys.stdout.flush()
        return 1 if self.failures or not self.passed else 0
