"""The demo: a store written by the Python original is opened in place, and programs in C++, Go, Java and C# append to it at
the same time. Then the chain is verified, the records are queried, the log is compacted and verified again.

Everything that is said here was looked up or recomputed: the exit code is 1 when anything is off.
"""

import argparse
import fcntl
import json
import os
import shutil
import struct
import sys
import tempfile
import time

from agents import LANGUAGES, AgentFailed, Agents
from wal import Log, log_path

HERE = os.path.dirname(os.path.abspath(__file__))
ORIGINAL = os.path.join(HERE, "..", "data", "chronostore", "snapshot_and_tail", "project")
RAG_CONFIDENCE = 0.6


class Off(Exception):
    """Something is not as it should be."""


def require(holds, message):
    if not holds:
        raise Off(message)


def say(text=""):
    print(text, flush=True)


def prepare_folder(keep):
    """The folder to work in; of the user's if wanted."""
    if keep is None:
        return tempfile.mkdtemp(prefix="quipu-demo-")
    folder = os.path.abspath(keep)
    if os.path.exists(folder) and (not os.path.isdir(folder) or os.listdir(folder)):
        raise Off(f"{folder} exists and is not empty: choose another folder for --keep")
    os.makedirs(folder, exist_ok=True)
    return folder


def copy_original(folder):
    require(os.path.isdir(ORIGINAL), f"the data of the Python original is missing: {ORIGINAL}")
    store = os.path.join(folder, ".chronomemory")
    os.mkdir(store)
    for name in os.listdir(os.path.join(ORIGINAL, ".chronomemory")):
        # Without its modes: a source tree may be read-only.
        shutil.copyfile(os.path.join(ORIGINAL, ".chronomemory", name), os.path.join(store, name))


class StartLine:
    """Holds the store's lock until all programs wait for it, so that a slow start does not leave one out of the race."""

    def __init__(self, folder):
        self._file = open(os.path.join(folder, ".chronomemory", "lock"), "a", encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def waiting(self):
        inode = f":{os.fstat(self._file.fileno()).st_ino}"
        try:
            with open("/proc/locks", encoding="ascii") as locks:
                return sum(" -> FLOCK " in line and inode in line for line in locks)
        except OSError:
            return 0

    def release_when_waiting(self, count, limit_s=5):
        deadline = time.monotonic() + limit_s
        while self.waiting() < count and time.monotonic() < deadline:
            time.sleep(0.01)
        self._file.close()


class Demo:
    def __init__(self, agents, folder, records):
        self.agents = agents
        self.folder = folder
        self.records = records

    def run(self):
        self.open_original()
        self.append_together()
        self.verify()
        self.query()
        self.compact()

    def everywhere(self, *arguments):
        """Runs a command in each language and answers what they all found."""
        runs = [self.agents.run(language, *arguments) for language in self.agents.languages]
        for run in runs:
            same = run.lines == runs[0].lines and run.count == runs[0].count
            require(same, f"{run.what}: not what the {LANGUAGES[runs[0].language]} agent found")
        return runs[0]

    def names(self):
        return ", ".join(LANGUAGES[language] for language in self.agents.languages)

    def open_original(self):
        before = Log(self.folder)
        require(not before.problems, f"the data of the original: {before.first_problems()}")
        self.original_bytes = self.log_bytes()
        self.original_events = len(before.events)
        self.original_dump = self.everywhere("dump", self.folder).lines
        require(self.log_bytes() == self.original_bytes, "reading has changed the log")
        say("1  A project written by the Python package chronomemory 0.1.1, opened in place")
        say(f"     {self.original_events} events, {len(self.original_dump)} records, read alike by {self.names()}")
        say()

    def log_bytes(self):
        with open(log_path(self.folder), "rb") as file:
            return file.read()

    def append_together(self):
        languages = self.agents.languages
        say(f"2  {len(languages)} programs append {self.records:,} records each to that folder, all at once")
        line = StartLine(self.folder)
        started = [
            self.agents.start(language, "append", self.folder, self.records, f"demo-{language}", "--acks")
            for language in languages
        ]
        line.release_when_waiting(len(languages))
        began = time.monotonic()
        for process in started:
            process.finish()
        self.started = started
        for process in started:
            seqs = [seq for _, seq in process.acks]
            require(len(seqs) == self.records, f"{process.what}: {len(seqs)} acknowledged")
            seconds = max(process.last_ack_at - began, 0.001)
            say(
                f"     {LANGUAGES[process.language]:<5} pid {process.pid:<8} {len(seqs):>6,} events   "
                f"seq {seqs[0]:>5,} to {seqs[-1]:>6,}   {seconds:5.2f} s   {len(seqs) / seconds:>6,.0f} events/s"
            )
        self.total = self.records * len(started)
        seconds = max(max(process.last_ack_at for process in started) - began, 0.001)
        writer = {seq: process.language for process in started for _, seq in process.acks}
        order = [writer[seq] for seq in sorted(writer)]
        changes = sum(left != right for left, right in zip(order, order[1:]))
        say(
            f"     {self.total:,} events in {seconds:.2f} s, {self.total / seconds:,.0f} per second, each on disk before "
            f"it was acknowledged"
        )
        say(f"     the log passed from one program to another {changes:,} times")
        say()

    def verify(self):
        log = Log(self.folder)
        require(not log.problems, f"the log: {log.first_problems()}")
        last = self.original_events + self.total
        require(log.seqs() == list(range(1, last + 1)), f"seq is not 1..{last}")
        by_seq = {event["seq"]: event for event in log.events}
        for process in self.started:
            for id, seq in process.acks:
                require(by_seq[seq]["record_id"] == id, f"event {seq} should be {id}")
                require(by_seq[seq]["record"]["evidence"] == [f"pid:{process.pid}"], f"event {seq} has another's pid")
        require(self.log_bytes().startswith(self.original_bytes), "the original's lines have changed")
        found = self.everywhere("verify", self.folder).lines
        require(found == [f"valid=true events={last}"], f"verify says {found}")
        say("3  The chain")
        say(f"     {last:,} events, seq 1 to {last:,} without a gap; every acknowledged event is in its place")
        say(f"     every hash and link is right: says the library in {self.names()}, and so does Python's hashlib")
        say(f"     Python's {self.original_events} lines stand at the top as they were, byte for byte")
        say()

    def query(self):
        self.dump = self.everywhere("dump", self.folder).lines
        rows = [line.split() for line in self.dump]
        require(self.dump[: len(self.original_dump)] == self.original_dump, "the original's records have changed")

        def expected(kind, confidence):
            return sum(
                bytes.fromhex(row[2]) == b"active" and (kind is None or bytes.fromhex(row[1]).decode() == kind)
                and struct.unpack(">d", bytes.fromhex(row[4]))[0] >= confidence
                for row in rows
            )

        say("4  Queries")
        for name, kind, rag in (
            ("all active records", None, False), ("kind \"note\" (these agents)", "note", False),
            ("kind \"decision\" (Python)", "decision", False), (f"RAG filter: confidence from {RAG_CONFIDENCE}", None, True),
        ):
            flags = (["--kind", kind] if kind else []) + (["--rag"] if rag else [])
            count = self.agents.run("cpp", "query", self.folder, *flags).count
            wanted = expected(kind, RAG_CONFIDENCE if rag else 0.0)
            require(count == wanted, f"{name}: {count} instead of {wanted}")
            say(f"     {name:<32} {count:>7,}")
        require(expected("note", 0.0) == self.total, "records of the agents are missing")
        say(f"     all {len(rows):,} records, tombstones included, are the same bytes in {self.names()}")
        say()

    def compact(self):
        language = self.agents.languages[-1]
        say(f"5  Backup, then compaction in {LANGUAGES[language]}")
        backup = self.agents.run("cpp", "backup", self.folder).lines[0].removeprefix("path=")
        with open(os.path.join(backup, "events.wal"), "rb") as file:
            require(file.read() == self.log_bytes(), "the backup is no copy of the log")
        before = len(self.log_bytes())
        began = time.monotonic()
        events = self.agents.run(language, "compact", self.folder).count
        seconds = time.monotonic() - began
        require(events == self.original_events + self.total, f"{events} events compacted")
        log = Log(self.folder)
        require(not log.problems, f"the log after compaction: {log.first_problems()}")
        require([event["op"] for event in log.events] == ["compact"], "the log is not one compact event")
        found = self.everywhere("verify", self.folder).lines
        require(found == ["valid=true events=1"], f"verify says {found}")
        require(self.everywhere("dump", self.folder).lines == self.dump, "records have changed")
        with open(os.path.join(self.folder, ".chronomemory", "snapshot.json"), encoding="utf-8") as file:
            require(len(json.load(file)["records"]) == len(self.dump), "the snapshot misses records")
        say(f"     events.wal {before:,} bytes, {events:,} events -> {len(self.log_bytes()):,} bytes, 1 event ({seconds:.2f} s)")
        say(f"     chain valid again, and all {len(self.dump):,} records are still there, Python's {len(self.original_dump)} among them")
        say()


def main():
    parser = argparse.ArgumentParser(prog="dev demo", description="Agents in C++, Go, Java and C# share one store.")
    parser.add_argument("--build", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--keep", metavar="DIR", help="work in this folder and leave it; it must be new or empty")
    parser.add_argument("--records", metavar="N", type=int, default=500, help="records per program (default: 500)")
    arguments = parser.parse_args()
    if arguments.records < 1:
        parser.error("--records must be at least 1")

    folder, code = None, 1
    began = time.monotonic()
    try:
        agents = Agents(arguments.build)
        folder = prepare_folder(arguments.keep)
        copy_original(folder)
        say("Quipu: one store, several languages, one chain")
        say()
        Demo(agents, folder, arguments.records).run()
        say(f"Everything is as it should be ({time.monotonic() - began:.1f} s).")
        for language, reason in agents.left_out.items():
            say(f"LEFT OUT: the program in {LANGUAGES[language]}: {reason}")
        code = 0
    except (Off, AgentFailed, OSError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
    finally:
        if folder is not None and (arguments.keep or code):
            say(f"The folder is kept: {folder}")
            say("  .chronomemory/snapshot.json holds the records, .chronomemory/backup/*/events.wal the log before compaction")
        elif folder is not None:
            shutil.rmtree(folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
