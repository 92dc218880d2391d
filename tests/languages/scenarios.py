#!/usr/bin/env python3
"""One scenario, crosswise: programs in all languages work on one store at the same time.

    scenarios.py counter|appends|killed|unicode|compaction|memory|git [--build DIR] [--only LANGUAGE,...] [--records N] [--seconds N]
                 [--seed N]

--build    the build directory (default: QUIPU_BUILD_DIR)
--only     these languages alone: cpp, go, java, csharp
--records  per program, instead of the full number, for a quick run
--seconds  how long programs are killed, and others put in their place (killed only; default: 6, or 60 if
           QUIPU_TEST_LONG is set)

A language that the build left out is skipped and named; an agent that should be there and is not is a failure. The store
is kept when something fails.
"""

import argparse
import json
import os
import random
import shutil
import struct
import sys
import tempfile
import time

from agents import LANGUAGES, AgentFailed, Agents
from memory_scenarios import git_merges, one_memory
from report import Report
from wal import Log, snapshot

PROCESSES = 8


class Scenario:
    def __init__(self, agents, report, folder, records, random_source, seconds=0, build=None):
        self.agents = agents
        self.build = build
        self.seconds = seconds
        self.report = report
        self.folder = folder
        self.records = records
        self.random = random_source

    def start_appends(self, count):
        """Eight programs that append `count` records each, with the tags LANGUAGE-1 ..."""
        return {
            f"{language}-{i}": self.agents.start(language, "append", self.folder, count, f"{language}-{i}", "--acks")
            for i, language in enumerate(self.agents.spread(PROCESSES))
        }

    def in_each_language(self, *arguments):
        return {language: self.agents.run(language, *arguments) for language in self.agents.languages}

    def check_log(self, first_seq, last_seq):
        """The check that does not use the library, then everyone's own."""
        log = Log(self.folder)
        self.report.check("hashes, links and spelling, checked in Python", not log.problems, log.first_problems())
        self.report.check(
            f"seq {first_seq}..{last_seq} without a gap", log.seqs() == list(range(first_seq, last_seq + 1)),
            f"{len(log.events)} events",
        )
        for language, agent in self.in_each_language("verify", self.folder).items():
            self.report.equal(
                f"verified in {LANGUAGES[language]}", agent.lines, [f"valid=true events={last_seq - first_seq + 1}"]
            )
        return log

    def check_dumps(self, expected_records):
        """All records, read in each language: the same bytes everywhere. Returns the lines."""
        dumps = self.in_each_language("dump", self.folder)
        reference = dumps[self.agents.languages[0]].lines
        for language, agent in dumps.items():
            same = agent.lines == reference and agent.count == len(reference) == expected_records
            detail = f"{agent.count} records" + ("" if same else f"; {first_difference(reference, agent.lines)}")
            self.report.check(f"all records read in {LANGUAGES[language]}", same, detail)
        return reference


def first_difference(expected, found):
    for number, (left, right) in enumerate(zip(expected, found), 1):
        if left != right:
            return f"line {number} is {right!r} instead of {left!r}"
    return f"{len(found)} lines instead of {len(expected)}"


def misplaced_acks(log, processes):
    """Acknowledged upserts whose event is not in the log under the number they were told."""
    by_seq = {event["seq"]: event["record_id"] for event in log.events}
    return [f"{id} (seq {seq})" for process in processes for id, seq in process.acks if by_seq.get(seq) != id]


def counter(scenario):
    """Each program adds 1 to one record, many times: no sum is lost."""
    started = [
        scenario.agents.start(language, "increment", scenario.folder, scenario.records, "counter")
        for language in scenario.agents.spread(PROCESSES)
    ]
    for process in started:
        process.finish()
    total = PROCESSES * scenario.records
    log = scenario.check_log(1, total)
    values = [event["record"]["data"].get("n") for event in log.events]
    scenario.report.equal(f"the counter ends at {total:,}", values[-1:], [total])
    scenario.report.check("each commit saw the one before it", values == list(range(1, total + 1)))
    data = {line.split()[-1] for line in scenario.check_dumps(1)}
    scenario.report.equal("what everyone reads", data, {json.dumps({"n": total}).encode().hex()})


def appends(scenario):
    """Eight separate programs append to one folder: nothing is lost, nothing is doubled, everyone can read it."""
    started = scenario.start_appends(scenario.records)
    for tag, process in started.items():
        process.finish()
        print(f"      {tag}: pid {process.pid}, {LANGUAGES[process.language]}, {process.count} records")
    total = PROCESSES * scenario.records
    scenario.report.equal("separate processes", len({process.pid for process in started.values()}), PROCESSES)
    scenario.report.equal("acknowledged", sum(len(process.acks) for process in started.values()), total)
    log = scenario.check_log(1, total)
    scenario.report.none("every acknowledged event is there under its number", misplaced_acks(log, started.values()))

    written = {tag: [] for tag in started}
    for event in log.events:
        written[event["record_id"].rsplit("-", 1)[0]].append(event)
    for tag, process in started.items():
        expected = [expected_record(tag, i, process) for i in range(scenario.records)]
        scenario.report.check(
            f"the records of {tag}, in order", [event["record"] for event in written[tag]] == expected
        )
    for language, agent in scenario.in_each_language("count", scenario.folder, "note").items():
        scenario.report.equal(f"counted in {LANGUAGES[language]}", agent.count, total)
    lines = scenario.check_dumps(total)
    scenario.report.check("what everyone reads is what the log holds", lines == [dump_line(e["record"]) for e in log.events])


def expected_record(tag, i, process):
    return {
        "id": f"{tag}-{i}", "kind": "note", "status": "active", "label": f"note {i} by {process.language}",
        "confidence": 0.5 + (i % 50) / 100, "source_type": "observed", "evidence": [f"pid:{process.pid}"],
        "epistemic_boundary": [], "is_hypothesis": False, "model_assumptions": {}, "recursion_depth": 0,
        "data": {"i": i, "language": process.language},
    }


def dump_line(record):
    """The line that `dump` must print for a record."""

    def hexed(text):
        return text.encode("utf-8").hex() or "-"

    return " ".join([
        hexed(record["id"]), hexed(record["kind"]), hexed(record["status"]), hexed(record["label"]),
        struct.pack(">d", record["confidence"]).hex(), hexed(record["source_type"]),
        hexed("\0".join(record["evidence"])), hexed("\0".join(record["epistemic_boundary"])),
        "1" if record["is_hypothesis"] else "0", hexed(json.dumps(record["model_assumptions"], ensure_ascii=False)),
        str(record["recursion_depth"]), hexed(json.dumps(record["data"], ensure_ascii=False)),
    ])


class Slot:
    """One of the eight programs: after each kill a fresh one with a tag of its own goes on."""

    ENOUGH = 10_000_000  # more records than are ever written

    def __init__(self, scenario, language, number):
        self.scenario = scenario
        self.language = language
        self.number = number
        self.processes = []
        self.start()

    def acknowledged(self):
        return sum(len(process.acks) for process in self.processes)

    def start(self):
        tag = f"{self.language}-{self.number}.{len(self.processes)}"
        self.processes.append(
            self.scenario.agents.start(self.language, "append", self.scenario.folder, self.ENOUGH, tag, "--acks")
        )

    def kill(self):
        """False if the program had ended by itself, which it never should."""
        alive = self.processes[-1].running()
        self.processes[-1].kill()
        return alive


def killed(scenario):
    """Programs write without end and are killed at random: all that was acknowledged is there, nothing is half there."""
    slots = [Slot(scenario, language, i) for i, language in enumerate(scenario.agents.spread(PROCESSES))]
    began, kills, ended = time.monotonic(), 0, []
    while time.monotonic() - began < scenario.seconds:
        time.sleep(scenario.random.uniform(0.02, 0.5))
        victim = scenario.random.choice(slots)
        if scenario.random.random() < 0.75:
            # Mostly while it writes, now and then while it starts or opens the store.
            while victim.processes[-1].running() and not victim.processes[-1].acks:
                time.sleep(0.01)
        if not victim.kill():
            ended.append(victim.processes[-1].what)
        victim.start()
        kills += 1
    for slot in slots:
        if not slot.kill():
            ended.append(slot.processes[-1].what)
        kills += 1
    processes = [process for slot in slots for process in slot.processes]
    seconds = time.monotonic() - began
    scenario.report.none("no program ended by itself", ended)
    for language in scenario.agents.languages:
        acknowledged = sum(slot.acknowledged() for slot in slots if slot.language == language)
        scenario.report.check(f"{LANGUAGES[language]} wrote", acknowledged > 0, f"{acknowledged:,} upserts acknowledged")
    acknowledged = sum(slot.acknowledged() for slot in slots)

    # One more write by each language: what a killed program may have left is put in order by it.
    for language in scenario.agents.languages:
        processes.append(scenario.agents.run(language, "append", scenario.folder, 1, f"{language}-after", "--acks"))
    log = Log(scenario.folder)
    log = scenario.check_log(1, len(log.events))
    lost = misplaced_acks(log, processes)
    print(f"      {kills} kills in {seconds:.1f} s, {acknowledged:,} upserts acknowledged, {len(lost)} lost")
    scenario.report.none("every acknowledged upsert is there under its number", lost)
    written, out_of_order = {}, []
    for event in log.events:
        tag, i = event["record_id"].rsplit("-", 1)
        if int(i) != written.get(tag, 0):
            out_of_order.append(event["record_id"])
        written[tag] = int(i) + 1
    scenario.report.none("each program's records are a run without holes", out_of_order)
    # A program dies at most once, between the write and its acknowledgement.
    unacknowledged = len(log.events) - sum(len(process.acks) for process in processes)
    scenario.report.check(
        "no more than one event per kill was written and not acknowledged", 0 <= unacknowledged <= kills,
        f"{unacknowledged} events",
    )
    scenario.check_dumps(len(log.events))


def unicode(scenario):
    """Each language writes awkward text, each reads that of all, byte for byte."""
    awkward = " A\0B \u00e9 \u20ac \U0001F600 \U0001D11E z"
    expected = []
    for language in scenario.agents.languages:
        scenario.agents.run(language, "unicode", scenario.folder, f"from {language}")
        text = f"from {language}{awkward}"
        # NUL as \u0000, all else raw: how the log spells it too.
        expected.append(dump_line({
            "id": text, "kind": "awkward", "status": "active", "label": text, "confidence": 0.7,
            "source_type": "observed", "evidence": ["", text], "epistemic_boundary": [], "is_hypothesis": False,
            "model_assumptions": {}, "recursion_depth": 0, "data": {"text": text},
        }))
    scenario.check_log(1, len(expected))
    lines = scenario.check_dumps(len(expected))
    for language, line, wanted in zip(scenario.agents.languages, lines, expected):
        scenario.report.equal(f"as {LANGUAGES[language]} wrote it", line, wanted)


def compaction(scenario):
    """The log is compacted again and again, in each language in turn, while all write and all read."""
    writers = scenario.start_appends(scenario.records)
    languages = scenario.agents.languages
    compacted, counts, wrong_counts, turn = [], [], [], 0
    total = PROCESSES * scenario.records
    while turn == 0 or any(writer.running() for writer in writers.values()):
        # Not to the very end: there are to be events behind the last compaction.
        if sum(len(writer.acks) for writer in writers.values()) < 0.9 * total:
            compacted.append(scenario.agents.run(languages[turn % len(languages)], "compact", scenario.folder))
        reader = languages[(turn + 1) % len(languages)]
        at_least = max([sum(len(writer.acks) for writer in writers.values())] + counts)
        counts.append(scenario.agents.run(reader, "count", scenario.folder, "note").count)
        if counts[-1] < at_least:
            wrong_counts.append(f"{LANGUAGES[reader]} counted {counts[-1]} where {at_least} were acknowledged")
        turn += 1
        time.sleep(0.2)
    for writer in writers.values():
        writer.finish()
    print(f"      {len(compacted)} compactions, {len(counts)} counts while {total:,} records were written")
    scenario.report.none("no count misses an acknowledged record", wrong_counts)

    # Each event was taken away by exactly one compaction or is still there.
    last_seq = total + len(compacted)
    taken = sum(process.count for process in compacted)
    log = scenario.check_log(last_seq - len(Log(scenario.folder).events) + 1, last_seq)
    scenario.report.equal("events compacted away and events left", taken + len(log.events), last_seq)
    scenario.report.equal("the log begins with a compaction", log.events[0]["op"], "compact")
    scenario.report.check(
        "the snapshot goes up to the compaction at least", snapshot(scenario.folder)["seq"] >= log.events[0]["seq"] - 1
    )
    lines = scenario.check_dumps(total)
    expected = {
        dump_line(expected_record(tag, i, writer)) for tag, writer in writers.items() for i in range(scenario.records)
    }
    scenario.report.check("the records are those that were written", set(lines) == expected)


# Scenario and records per program.
SCENARIOS = {
    "counter": (counter, 500),
    "appends": (appends, 2000),
    "killed": (killed, 0),
    "unicode": (unicode, 1),
    "compaction": (compaction, 400),
    "memory": (one_memory, 3),
    "git": (git_merges, 0),
}


def one_seed():
    """As tests/support/effort.h: the short form has the same seed each time."""
    given = os.environ.get("QUIPU_TEST_SEED")
    if given:
        return int(given)
    return random.randrange(1 << 32) if os.environ.get("QUIPU_TEST_LONG") else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--build", default=os.environ.get("QUIPU_BUILD_DIR"))
    parser.add_argument("--only", type=lambda text: text.split(","))
    parser.add_argument("--records", type=int)
    parser.add_argument("--seconds", type=float, default=60 if os.environ.get("QUIPU_TEST_LONG") else 6)
    parser.add_argument("--seed", type=int, default=one_seed())
    arguments = parser.parse_args()
    if not arguments.build:
        parser.error("--build or QUIPU_BUILD_DIR is needed")

    report = Report()
    run, full = SCENARIOS[arguments.scenario]
    print(f"{arguments.scenario}: {run.__doc__} seed {arguments.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix=f"quipu-{arguments.scenario}-")
    began = time.monotonic()
    try:
        agents = Agents(arguments.build, arguments.only)
        for language, reason in agents.left_out.items():
            report.skip(f"{arguments.scenario} with {LANGUAGES[language]}", reason)
        source = random.Random(arguments.seed)
        run(Scenario(agents, report, folder, arguments.records or full, source, arguments.seconds, arguments.build))
    except AgentFailed as error:
        report.check("every program did its work", False, str(error))
    print(f"{arguments.scenario}: {time.monotonic() - began:.1f} s")
    if report.failures:
        print(f"The store is kept in {folder}")
    else:
        shutil.rmtree(folder)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
