"""Cases that are counted one by one, as cmake/QuipuTesting.cmake wants them."""

import os
import traceback


class Skip(Exception):
    """A case that cannot run here, and why."""


def run(cases):
    """Runs (name, function) pairs; answers the exit code."""
    passed, failed, skipped = 0, [], []
    for name, function in cases:
        print(f"--- {name}", flush=True)
        try:
            function()
            passed += 1
        except Skip as reason:
            print(f"skipped: {reason}")
            skipped.append(f"{name}: {reason}")
        except Exception:
            traceback.print_exc()
            failed.append(name)
    lines = [f"{passed} {len(failed)} {len(skipped)}"]
    lines += [f"skip: {each}" for each in skipped] + [f"fail: {each}" for each in failed]
    print("\n".join(lines))
    counts = os.environ.get("QUIPU_COUNTS_FILE")
    if counts:
        with open(counts, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    return 1 if failed else 0
