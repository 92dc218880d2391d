"""Reads a store as the Python original does, with nothing but json and hashlib: python_check.py FOLDER [append]

Every line must be found by splitlines, carry the hash of its canonical text, link to the line before, and be spelled as
json.dumps spells it (but for the three line separators). Prints the records, one JSON text per line. With `append`, it then
writes one more event as the original does: the whole file anew, renamed.
"""

import hashlib
import json
import os
import sys


def fail(text):
    sys.exit("python_check: " + text)


def hash_of(event):
    fields = ("seq", "ts", "op", "record_id", "record", "prev_hash", "recursion_depth")
    text = json.dumps({name: event[name] for name in fields}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def spell(value):
    text = json.dumps(value, ensure_ascii=False)
    for character in "\u0085\u2028\u2029":
        text = text.replace(character, "\\u%04x" % ord(character))
    return text


folder = os.path.join(sys.argv[1], ".chronomemory")
log = os.path.join(folder, "events.wal")
snapshot = os.path.join(folder, "snapshot.json")
state = {}
seq, last_hash = 0, ""
if os.path.exists(snapshot):
    with open(snapshot, encoding="utf-8", newline="") as file:
        text = file.read()
    content = json.loads(text)
    if json.dumps(content, indent=2, ensure_ascii=False) != text:
        fail("the snapshot is spelled otherwise")
    seq, last_hash = content["seq"], content["last_hash"]
    state = {record["id"]: record for record in content["records"]}

with open(log, encoding="utf-8", newline="") as file:
    text = file.read()
if "\r" in text or not text.endswith("\n"):
    fail("line ends")
previous = ""
batch = 0
for number, line in enumerate(text.splitlines(), 1):
    event = json.loads(line)
    if event["prev_hash"] != previous:
        fail(f"line {number} does not link")
    if hash_of(event) != event["hash"]:
        fail(f"line {number}: the hash is another")
    if spell(event) != line:
        fail(f"line {number} is spelled otherwise")
    names = ["seq", "ts", "op", "record_id", "record", "prev_hash", "hash", "recursion_depth"]
    if list(event)[:8] != names or list(event)[8:] not in ([], ["batch"]):
        fail(f"line {number} has the keys {list(event)}")
    if batch > 0 and event.get("batch", 0) != batch - 1:
        fail(f"line {number} is not the next of its batch")
    batch = event.get("batch", 0)
    previous = event["hash"]
    if event["seq"] <= seq:
        continue
    if event["op"] == "upsert":
        state[event["record"]["id"]] = event["record"]
    elif event["op"] == "delete" and event["record_id"] in state:
        state[event["record_id"]]["status"] = "tombstone"
    seq, last_hash = event["seq"], event["hash"]
if batch:
    fail("the last batch is not complete")

for record in state.values():
    print(spell(record))

if sys.argv[2:] == ["append"]:
    record = {
        "id": "from-python", "kind": "fact", "status": "active", "label": "naïve ✓", "confidence": 0.7,
        "source_type": "observed", "evidence": [], "epistemic_boundary": [], "is_hypothesis": False,
        "model_assumptions": {}, "recursion_depth": 0, "data": {"n": 1e-7},
    }
    event = {
        "seq": seq + 1, "ts": "2026-03-02T09:00:00Z", "op": "upsert", "record_id": record["id"], "record": record,
        "prev_hash": last_hash, "hash": "", "recursion_depth": 0,
    }
    event["hash"] = hash_of(event)
    with open(log + ".tmp", "w", encoding="utf-8", newline="") as file:
        file.write(text + json.dumps(event, ensure_ascii=False) + "\n")
    os.replace(log + ".tmp", log)
