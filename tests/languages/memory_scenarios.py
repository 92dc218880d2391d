"""Memories, crosswise: programs in all languages add, search and sync at the same time. Run by scenarios.py."""

import os
import shutil
import subprocess

from agents import LANGUAGES
from wal import Log

PROCESSES = 8
# Languages whose package has sync, and whose agent has the commands for it.
SYNCING = {"cpp"}


def rows_of(folder, kind):
    """The rows of a kind as the log leaves them, read without the library: {record id: row}, gone ones left out."""
    rows = {}
    for event in Log(folder).events:
        record = event["record"]
        if record.get("kind") == kind:
            rows.pop(event["record_id"], None)
            if "row" in record["data"]:
                rows[event["record_id"]] = record["data"]["row"]
    return rows


def observations_of(folder):
    return rows_of(folder, "memory_observation")


def same_rows(folder):
    """All rows without the numbers that differ from store to store."""
    rows = {}
    for kind in ("memory_session", "memory_observation", "memory_prompt"):
        for name, row in rows_of(folder, kind).items():
            rows[name] = {key: value for key, value in row.items() if kind == "memory_session" or key != "id"}
    return rows


def one_memory(scenario):
    """Eight programs add one topic, and one text, at the same moment: one row each, and every addition is counted."""
    each = scenario.records
    agents = scenario.agents
    started = [
        agents.start(language, "memory-topic", scenario.folder, "s-1", "crosswise/topic", each)
        for language in agents.spread(PROCESSES)
    ]
    for process in started:
        process.finish()
    rows = [row for row in observations_of(scenario.folder).values() if row.get("topic_key") == "crosswise/topic"]
    scenario.report.equal("rows of the topic", len(rows), 1)
    scenario.report.equal("its revision", [row["revision_count"] for row in rows], [PROCESSES * each])

    started = [
        agents.start(language, "memory-text", scenario.folder, "s-1", "the very same words", each)
        for language in agents.spread(PROCESSES)
    ]
    for process in started:
        process.finish()
    rows = [row for row in observations_of(scenario.folder).values() if row["title"] == "the very same words"]
    scenario.report.equal("rows of the text", len(rows), 1)
    scenario.report.equal("its duplicates", [row["duplicate_count"] for row in rows], [PROCESSES * each])

    # Each language sees in its next search what another has just changed.
    words = ["umbrella", "velvet", "walnut", "xylophone"]
    for i, writer in enumerate(agents.languages):
        agents.run(writer, "memory-text", scenario.folder, "s-1", f"about the {words[i]}", 1)
        for reader in agents.languages:
            found = agents.run(reader, "memory-search", scenario.folder, words[i])
            scenario.report.equal(
                f"written in {LANGUAGES[writer]}, found in {LANGUAGES[reader]}",
                [line.split("\t")[1] for line in found.lines], [f"about the {words[i]}"],
            )
    expected = len(Log(scenario.folder).events)
    scenario.check_log(1, expected)


class Clone:
    """A clone of a git repository with a memory store of its own beside it."""

    def __init__(self, scenario, name, language, environment):
        self.scenario = scenario
        self.name = name
        self.language = language
        self.environment = environment
        self.folder = os.path.join(scenario.folder, name)
        self.store = os.path.join(scenario.folder, name + "-store")
        self.engram = os.path.join(self.folder, ".engram")
        os.makedirs(self.store)

    def git(self, *words, may_fail=False):
        done = subprocess.run(["git", *words], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0 and not may_fail:
            raise AssertionError(f"git {' '.join(words)} in {self.name}: {done.stdout}{done.stderr}")
        return done

    def program(self, *words):
        done = subprocess.run(["quipu", "sync", *words], cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              check=False)
        return done

    def run(self, *words):
        return self.scenario.agents.run(self.language, *words)

    def remember(self, text):
        self.run("memory-text", self.store, f"session of {self.name}", text, 1)

    def sync(self, command, *words):
        """By the agent where its language has sync, else by the program."""
        if self.language in SYNCING:
            self.run(f"memory-{command}", self.store, self.engram, *words)
            return
        by = ["--by", *words] if words else []
        done = self.program(command, "--store", self.store, *by)
        if done.returncode != 0:
            raise AssertionError(f"quipu sync {command} in {self.name}: {done.stdout}{done.stderr}")

    def export(self):
        self.sync("export", self.name)
        self.git("add", "-A")
        self.git("commit", "-m", f"memories of {self.name}")

    def take(self):
        self.sync("import")


def git_environment(scenario, with_program):
    home = os.path.join(scenario.folder, "home")
    os.makedirs(home, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    path = [os.path.join(os.path.abspath(scenario.build), "bin")] if with_program else []
    environment.update({
        "HOME": home, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
        "PATH": os.pathsep.join(path + [os.environ["PATH"]]),
    })
    return environment


def make_clones(scenario, languages, environment):
    origin = os.path.join(scenario.folder, "origin.git")
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", origin], env=environment, check=True)
    clones = []
    for name, language in zip(("ana", "bo"), languages):
        clone = Clone(scenario, name, language, environment)
        subprocess.run(["git", "clone", "-q", origin, clone.folder], env=environment, check=True, capture_output=True)
        clones.append(clone)
    ana, bo = clones
    ana.git("checkout", "-q", "-b", "main", may_fail=True)
    done = ana.program("install-merge-driver")
    scenario.report.equal("install-merge-driver", done.returncode, 0)
    ana.git("add", "-A")
    ana.git("commit", "-m", "attributes")
    ana.git("push", "-q", "origin", "main")
    bo.git("pull", "-q", "origin", "main")
    bo.git("checkout", "-q", "main", may_fail=True)
    scenario.report.equal("install-merge-driver in the other clone", bo.program("install-merge-driver").returncode, 0)
    return ana, bo


def grow_apart(ana, bo, words):
    """Both add and export, neither knowing of the other."""
    for clone in (ana, bo):
        for i in range(3):
            clone.remember(f"{words} {i} by {clone.name}")
        clone.export()


def git_merges(scenario):
    """Two clones of a git repository, in two languages, both export; merged in both orders, both have everything."""
    languages = scenario.agents.languages
    pairs = [("cpp", "cpp")] + ([("go", "csharp")] if {"go", "csharp"} <= set(languages) else [])
    if len(pairs) == 1:
        scenario.report.skip("Go and C#", "one of them is left out")
    for number, pair in enumerate(pairs):
        environment = git_environment(scenario, with_program=True)
        title = " and ".join(LANGUAGES[language] for language in pair)
        ana, bo = make_clones(scenario, pair, environment)
        for turn, (first, second) in enumerate([(ana, bo), (bo, ana)]):
            grow_apart(ana, bo, f"turn {turn}")
            first.git("push", "-q", "origin", "main")
            pulled = second.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main", may_fail=True)
            scenario.report.check(f"{title}, turn {turn}: no conflict", pulled.returncode == 0, pulled.stdout + pulled.stderr)
            second.take()
            second.git("push", "-q", "origin", "main")
            first.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
            first.take()
            left, right = same_rows(ana.store), same_rows(bo.store)
            scenario.report.equal(f"{title}, turn {turn}: observations on both sides",
                                  [sum("observation:" in name for name in rows) for rows in (left, right)], [6 * (turn + 1)] * 2)
            scenario.report.check(f"{title}, turn {turn}: the stores are equal", left == right)
            with open(os.path.join(ana.engram, "manifest.json"), "rb") as one, \
                    open(os.path.join(bo.engram, "manifest.json"), "rb") as other:
                scenario.report.check(f"{title}, turn {turn}: the manifests are equal", one.read() == other.read())

        # Without the program: markers, and repair gets every entry back.
        bare = git_environment(scenario, with_program=False)
        if shutil.which("quipu", path=bare["PATH"]):
            scenario.report.skip(f"{title}: without the program", "a quipu is installed on PATH")
        else:
            grow_apart(ana, bo, "without")
            ana.git("push", "-q", "origin", "main")
            bo.environment = bare
            pulled = bo.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main", may_fail=True)
            with open(os.path.join(bo.engram, "manifest.json"), encoding="utf-8") as file:
                text = file.read()
            scenario.report.check(f"{title}: without the program there is a conflict", pulled.returncode != 0)
            scenario.report.check(f"{title}: and the file has markers", "<<<<<<<" in text and ">>>>>>>" in text)
            bo.environment = environment
            repaired = bo.program("repair")
            scenario.report.check(f"{title}: repair", repaired.returncode == 0, repaired.stdout + repaired.stderr)
            bo.git("add", "-A")
            bo.git("commit", "-q", "-m", "repaired")
            bo.take()
            bo.git("push", "-q", "origin", "main")
            ana.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
            ana.take()
            left, right = same_rows(ana.store), same_rows(bo.store)
            scenario.report.check(f"{title}: after the repair the stores are equal", left == right and len(left) > 0)
            scenario.report.equal(f"{title}: and hold everything", sum("observation:" in name for name in left), 18)
        for name in os.listdir(scenario.folder):
            os.rename(os.path.join(scenario.folder, name), os.path.join(scenario.folder, f"{number}-{name}"))
