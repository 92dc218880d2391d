#!/usr/bin/env python3
"""The pages agree with the code and with each other.

Links lead somewhere; docs/ERRORS.md lists every code, exception, notice and finding that the sources have; the example in
docs/formats/wal.md is what an independent reading of that page gives, and what the library reads and writes.
"""

import ctypes
import hashlib
import json
import os
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is written into the source tree
from cases import run

SOURCE = pathlib.Path(os.environ["QUIPU_SOURCE_DIR"])
BUILD = pathlib.Path(os.environ["QUIPU_BUILD_DIR"])


def text(path):
    return (SOURCE / path).read_text(encoding="utf-8")


def same(found, expected, what):
    if found != expected:
        raise AssertionError(f"{what}:\n  found    {found!r}\n  expected {expected!r}")


def pages():
    # packed.md is about bytes as well; READMEs of packages are read from elsewhere too.
    return sorted(SOURCE.glob("*.md")) + sorted((SOURCE / "docs").rglob("*.md"))


# ---- tests --------------------------------------------------------------------------------------------------------------


def named_tests_exist():
    """Each `Suite.Case` of docs/TESTING.md is a test in C++, each of its tests of the tiers interop and languages has a source."""
    sources = [path for path in (SOURCE / "tests").rglob("*") if path.suffix in (".cpp", ".c", ".py", ".txt")]
    content = {path: path.read_text(encoding="utf-8", errors="replace") for path in sources if "data" not in path.parts}
    known = set()
    for code in content.values():
        known |= {".".join(found) for found in re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", code)}
    named = set(re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", text("docs/TESTING.md")))
    missing = sorted(named - known)
    for tier, name in re.findall(r"`(interop|languages)\.(\w+)`", text("docs/TESTING.md")):
        files = [SOURCE / "tests" / tier / f"{name}_test{suffix}" for suffix in (".cpp", ".py")]
        is_scenario = f'"{name}": (' in content.get(SOURCE / "tests/languages/scenarios.py", "")
        if not any(file.exists() for file in files) and not is_scenario:
            missing.append(f"{tier}.{name}")
    if missing or len(named) < 40:
        raise AssertionError(f"docs/TESTING.md names {len(named)} tests; of these there are not: {missing}")
    return len(named)


# ---- links ---------------------------------------------------------------------------------------------------------------


def anchors(page):
    without_code = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def links_lead_somewhere():
    dead, seen = [], 0
    for page in pages():
        content = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", content):
            if target.startswith("https://"):
                continue
            seen += 1
            path, _, anchor = target.partition("#")
            file = page.parent / path if path else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                dead.append(f"{page.relative_to(SOURCE)}: {target}")
        for path in re.findall(r"\b(?:docs|capi|bindings|cmake|tests)/[\w./-]*\.(?:md|h|py|sh|cmake)\b", content):
            seen += 1
            if not (SOURCE / path).exists():
                dead.append(f"{page.relative_to(SOURCE)}: {path}")
    same(dead, [], "links that lead nowhere")
    assert seen > 20, "no links were found: the search is wrong"


def no_path_of_a_machine():
    found = [f"{page.relative_to(SOURCE)}: {hit}" for page in pages()
             for hit in re.findall(r"(?:/home|/root|/work|/tmp|/Users)/\S*", page.read_text(encoding="utf-8"))]
    same(found, [], "paths of a machine")


# ---- docs/ERRORS.md ------------------------------------------------------------------------------------------------------


def section(page, heading):
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL).group(1)


def table(part):
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return [row for row in rows[2:] if not set(row[0]) <= set("-: ")]


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


def codes_are_listed():
    header = dict(re.findall(r"\bQUIPU_E_(\w+) = (\d+)", text("capi/include/quipu/error.h")))
    rows = table(section(text("docs/ERRORS.md"), "Codes"))
    same({words(row[1])[0]: row[0] for row in rows}, header, "codes")
    retryable = re.search(r"bool retryable\(\) const \{ return (.*?); \}", text("core/base/error.h")).group(1)
    same({words(row[1])[0] for row in rows if row[4] == "yes"},
         {name.upper() for name in re.findall(r"Code::k(\w+)", retryable)}, "retryable codes")


def exceptions_are_listed():
    rows = table(section(text("docs/ERRORS.md"), "Codes"))
    go = dict(re.findall(r"\b(Code\w+)\s+Code = (\d+)", text("bindings/go/errors.go")))
    go = {go[code]: name for name, code in re.findall(r"\b(Err\w+)\s+error = sentinel\((Code\w+)\)", text("bindings/go/errors.go"))}
    same({row[0]: words(row[5])[0] for row in rows}, go, "errors in Go")
    # As bindings/java/generate_exceptions.py makes them.
    java = {row[0]: "".join(part.capitalize() for part in words(row[1])[0].split("_")) + "Exception" for row in rows}
    same({row[0]: words(row[6])[0] for row in rows}, java, "exceptions in Java")
    numbers = dict(re.findall(r"^\s+(\w+) = (\d+),", text("bindings/csharp/Quipu/QuipuErrorCode.cs"), re.MULTILINE))
    csharp = {numbers[code]: name for code, name in re.findall(r"case QuipuErrorCode\.(\w+): return new (\w+)\(",
                                                               text("bindings/csharp/Quipu/QuipuException.cs"))}
    same({row[0]: words(row[7])[0].removeprefix("System.") for row in rows}, csharp, "exceptions in C#")


def core_sources():
    return "".join(file.read_text(encoding="utf-8") for file in sorted((SOURCE / "core/chronostore").glob("*.cpp")))


def notices_are_listed():
    sources = core_sources()
    found = set()
    for call in re.findall(r"notices_(?:\.|->)add\(\s*\{([^;]*?),", sources) + re.findall(r"\bskipped\(([^;]*?),", sources):
        found |= set(re.findall(r'"([a-z_0-9]+)"', call))
    found |= set(re.findall(r'case wal::Unreadable::\w+:\s*return "([a-z_0-9]+)";', sources))
    found |= set(re.findall(r'notices\.push_back\(\{"([a-z_0-9]+)"', sources))
    assert len(found) > 15, f"too few notices were found: {found}"
    listed = {word for row in table(section(text("docs/ERRORS.md"), "Notices")) for word in words(row[0])}
    same(listed, found, "notices")


def findings_are_listed():
    verifier = re.search(r"const char\* problem_name.*?\n}", text("core/wal/verifier.cpp"), re.DOTALL).group(0)
    found = set(re.findall(r'return "([a-z_0-9]+)"', verifier))
    found |= set(re.findall(r'\.problem = "([a-z_0-9]+)"', core_sources()))
    assert len(found) > 10, f"too few findings were found: {found}"
    rows = table(section(text("docs/ERRORS.md"), "What verify finds"))
    same({word for row in rows for word in words(row[0])}, found, "findings of verify")


# ---- docs/formats/wal.md -------------------------------------------------------------------------------------------------


def example(name):
    return re.search(rf"^```{name}\n(.*?)\n```$", text("docs/formats/wal.md"), re.MULTILINE | re.DOTALL).group(1)


def canonical(event):
    hashed = {key: event[key] for key in ("op", "prev_hash", "record", "record_id", "recursion_depth", "seq", "ts")}
    return json.dumps(hashed, sort_keys=True, ensure_ascii=False)


def the_example_fits_the_page():
    lines = example("wal").split("\n")
    inputs = example("canonical").split("\n")
    previous = ""
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        same(event["seq"], number, "seq")
        same(event["prev_hash"], previous, f"prev_hash of line {number}")
        if number <= len(inputs):
            same(inputs[number - 1], canonical(event), f"input of hash {number}")
        previous = hashlib.sha256(canonical(event).encode()).hexdigest()
        same(event["hash"], previous, f"hash of line {number}")
        same(line, json.dumps(event, ensure_ascii=False), f"spelling of line {number}")
    snapshot = json.loads(example("snapshot"))
    same(example("snapshot"), json.dumps(snapshot, indent=2, ensure_ascii=False), "spelling of the snapshot")
    same((snapshot["seq"], snapshot["last_hash"]), (len(lines), previous), "head of the snapshot")
    sizes = re.search(r"\((\d+) and (\d+) bytes\)", text("docs/formats/wal.md")).groups()
    same([int(size) for size in sizes], [len(each.encode()) for each in inputs], "sizes of the inputs")
    dump = re.findall(r"^0000\w+ ((?: [0-9a-f]{2})+)", text("docs/formats/wal.md"), re.MULTILINE)
    same(bytes.fromhex("".join(dump)), lines[0].encode()[:48], "first bytes of the file")


class Library:
    def __init__(self):
        self.library = ctypes.CDLL(str(BUILD / "libquipu.so"))
        self.library.quipu_error_message.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        error = ctypes.c_void_p()
        if getattr(self.library, name)(*arguments, ctypes.byref(error)) != 0:
            raise AssertionError(f"{name}: {self.library.quipu_error_message(error, None).decode()}")


def the_library_agrees_with_the_example():
    # A time is the only thing that a compaction of the example chooses by itself.
    def without_time(content):
        return re.sub(r'("ts": )"[^"]*"', r'\1""', content)

    with tempfile.TemporaryDirectory(prefix="quipu-pages.") as folder:
        inside = pathlib.Path(folder) / ".chronomemory"
        inside.mkdir()
        (inside / "events.wal").write_text(example("wal") + "\n", encoding="utf-8")
        quipu = Library()
        store, valid = ctypes.c_void_p(), ctypes.c_int()
        path = folder.encode()
        quipu.call("quipu_chronostore_open", path, ctypes.c_size_t(len(path)), None, ctypes.byref(store))
        quipu.call("quipu_chronostore_chain_valid", store, ctypes.byref(valid))
        same(valid.value, 1, "chain_valid")
        quipu.call("quipu_chronostore_compact", store, None, None, None)
        quipu.library.quipu_chronostore_free(store)
        snapshot = (inside / "snapshot.json").read_text(encoding="utf-8")
        same(without_time(snapshot), without_time(example("snapshot")), "snapshot.json")
        # The time is hashed: the rest of the line must be the page's, and the hash that of the line.
        log = (inside / "events.wal").read_text(encoding="utf-8")
        event, on_page = json.loads(log), json.loads(example("compacted"))
        same(list(event), list(on_page), "members of the compact event")
        same({**event, "ts": "", "hash": ""}, {**on_page, "ts": "", "hash": ""}, "the compact event")
        for each in (event, on_page):
            same(each["hash"], hashlib.sha256(canonical(each).encode()).hexdigest(), "hash of the compact event")


if __name__ == "__main__":
    sys.exit(run([
        ("links lead somewhere", links_lead_somewhere),
        ("docs/TESTING.md names tests that exist", named_tests_exist),
        ("no path of a machine", no_path_of_a_machine),
        ("docs/ERRORS.md lists all codes", codes_are_listed),
        ("docs/ERRORS.md lists all exceptions", exceptions_are_listed),
        ("docs/ERRORS.md lists all notices", notices_are_listed),
        ("docs/ERRORS.md lists all findings of verify", findings_are_listed),
        ("docs/formats/wal.md: the example fits the page", the_example_fits_the_page),
        ("docs/formats/wal.md: the library agrees with the example", the_library_agrees_with_the_example),
    ]))
