"""Reads and checks a ChronoStore log with nothing but Python's own json and hashlib.

This is deliberately a second implementation of docs/formats/wal.md: what it finds does not rest on the library under test.
"""

import hashlib
import json
import os

KEYS = ["seq", "ts", "op", "record_id", "record", "prev_hash", "hash", "recursion_depth"]
HASHED = [key for key in KEYS if key != "hash"]
# Python's splitlines() breaks lines there: the log has them escaped.
SEPARATORS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def log_path(folder):
    return os.path.join(folder, ".chronomemory", "events.wal")


def event_hash(event):
    canonical = json.dumps({key: event[key] for key in HASHED}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def log_spelling(event):
    text = json.dumps(event, ensure_ascii=False)
    for raw, escaped in SEPARATORS.items():
        text = text.replace(raw, escaped)
    return text.encode("utf-8")


class Log:
    """The events of a log, and what is wrong with it, one text per problem."""

    def __init__(self, folder):
        self.events = []
        self.problems = []
        with open(log_path(folder), "rb") as file:
            pieces = file.read().split(b"\n")
        if pieces.pop():
            self.problems.append("the last line has no end")
        previous_hash, previous_seq, still_to_come = "", None, 0
        for number, line in enumerate(pieces, 1):
            try:
                event = json.loads(line)
                problems = self._check(event, line, previous_hash, previous_seq, still_to_come)
                previous_hash, previous_seq = event["hash"], event["seq"]
                still_to_come = event.get("batch", 0)
                self.events.append(event)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                problems = [f"no event: {error!r}"]
            self.problems += [f"line {number}: {problem}" for problem in problems]
        if still_to_come:
            self.problems.append(f"the log ends inside a batch, {still_to_come} lines are missing")

    @staticmethod
    def _check(event, line, previous_hash, previous_seq, still_to_come):
        if list(event) != KEYS + (["batch"] if "batch" in event else []):
            yield f"the keys are {list(event)}"
        if log_spelling(event) != line:
            yield "not in the spelling of the log"
        if event["prev_hash"] != previous_hash:
            yield f"prev_hash is {event['prev_hash']!r}, the line before has {previous_hash!r}"
        if event_hash(event) != event["hash"]:
            yield f"hash is {event['hash']!r}, computed {event_hash(event)!r}"
        if previous_seq is not None and event["seq"] != previous_seq + 1:
            yield f"seq {event['seq']} follows {previous_seq}"
        if still_to_come and event.get("batch", 0) != still_to_come - 1:
            yield f"batch should count down to {still_to_come - 1}"

    def first_problems(self):
        shown = "; ".join(self.problems[:3])
        return shown + (f"; and {len(self.problems) - 3} more" if len(self.problems) > 3 else "")

    def seqs(self):
        return [event["seq"] for event in self.events]


def snapshot(folder):
    with open(os.path.join(folder, ".chronomemory", "snapshot.json"), encoding="utf-8") as file:
        return json.load(file)
