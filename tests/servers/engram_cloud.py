#!/usr/bin/env python3
"""A server for sync over HTTP, as docs/formats/sync.md describes it, that can be told to misbehave.

    engram_cloud.py [--token TOKEN]        requests must carry it; otherwise anybody is let in
                    [--state FOLDER]       keep what was pushed there: a server that was killed goes on with it
                    [--port PORT]          on 127.0.0.1; 0, the default: any free one
                    [--tls FOLDER]         speak TLS; FOLDER receives ca.pem, the certificate to trust
                    [--cert-host NAME]...  the names in the certificate; otherwise localhost, 127.0.0.1
                    [--allow PROJECT]...   403 for all others
                    [--pause PROJECT]...   409 for pushes to these
                    [--strict-id]          refuse a push under another id than the server computes
                    [--no-mutations]       404 on the endpoints of mutations
                    [--rule JSON]...       misbehave, see below

When it is ready it prints its port, one line. It ends when its standard input ends, so also when its starter dies.

Endpoints: GET /health, GET /sync/pull, GET /sync/pull/<id>, POST /sync/push, POST /sync/mutations/push,
GET /sync/mutations/pull. For the tests, without a token:

    POST   /control/rules      a rule, or a list of them
    DELETE /control/rules      behave again
    GET    /control/log        the requests so far: [{"kind", "method", "target", "headers", "bytes", "status"}]; status is null
                               while one runs, and where the connection was dropped
    DELETE /control/log
    POST   /control/projects   {"project", "paused": bool}

A rule: {"on": KIND, "nth": 1, "times": 1, "do": WHAT, ...}. KIND is manifest, chunk, push, mutation_push, mutation_pull, health
or any. Counting begins with the rule; it takes the nth request of that kind and the (times - 1) after it. WHAT:

    drop          close the connection at once, without reading the body
    drop_read     read the request, then close without doing it
    lose_reply    do it, then close without an answer
    die, die_after    kill the server, before or after doing it
    cut           do it; send the head of the answer and half of its body
    slow          wait "ms" milliseconds, then do it
    trickle       do it; send the body in "pieces" (10), "ms" (100) milliseconds apart
    status        answer "status" with "headers" {} and "body" "" instead of doing it
    redirect      answer "status" (302) with Location "to"
    empty         do it; answer 200 with an empty body
    garbage       do it; answer 200 with "body" (`<html>`)
    oversize      answer "status" (200) with "bytes" bytes; "declared": false leaves the length out
    no_http       answer with bytes that are no HTTP
"""

import argparse
import datetime
import decimal
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import canonical_chunk

MOST_BYTES = 8 << 20
INVALID = "upgrade_repairable_payload_invalid"


class Answer(Exception):
    """What is sent back; raised where a request is refused."""

    def __init__(self, status, body, content_type="application/json", headers=None):
        super().__init__(status)
        self.status, self.content_type, self.headers = status, content_type, headers or {}
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        self.body = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body


def refused(status, error_class, error_code, error, **more):
    return Answer(status, {"error": error, "error_class": error_class, "error_code": error_code, **more})


def text_of(value):
    return value if isinstance(value, str) else ""


# ---- what a database makes of a document ----------------------------------------------------------------------------


def jsonb(value):
    """The text that PostgreSQL's JSONB gives back: members by length and then bytes, numbers without exponents."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return format(decimal.Decimal(canonical_chunk.spell_number(float(value))).normalize() + 0, "f")
    if isinstance(value, list):
        return "[" + ", ".join(map(jsonb, value)) + "]"
    names = sorted(value, key=lambda name: (len(name.encode("utf-8")), name.encode("utf-8")))
    return "{" + ", ".join(f"{jsonb(name)}: {jsonb(value[name])}" for name in names) + "}"


def holds_nul(value):
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(holds_nul, value)) or any(map(holds_nul, value.values()))
    return isinstance(value, list) and any(map(holds_nul, value))


class Journal:
    """Lines of JSON in a file, each durable before append returns. A last line that a kill cut off is dropped."""

    def __init__(self, folder, name):
        self.file = None
        self.entries = []
        if folder is None:
            return
        os.makedirs(folder, exist_ok=True)
        self.file = open(os.path.join(folder, name), "a+b")
        self.file.seek(0)
        whole = self.file.read()
        whole = whole[: whole.rfind(b"\n") + 1]
        self.file.truncate(len(whole))
        self.entries = [json.loads(line) for line in whole.splitlines()]

    def append(self, entry):
        if self.file is not None:
            self.file.write(json.dumps(entry).encode() + b"\n")
            self.file.flush()
            os.fsync(self.file.fileno())
        self.entries.append(entry)


class Store:
    """What was pushed. Each method is called with the lock held."""

    def __init__(self, folder):
        self.lock = threading.Lock()
        self.chunks = Journal(folder, "chunks.jsonl")
        self.mutations = Journal(folder, "mutations.jsonl")
        self.by_id = {(chunk["project"], chunk["id"]): chunk for chunk in self.chunks.entries}

    def known_sessions(self, project):
        return {name for chunk in self.chunks.entries if chunk["project"] == project for name in chunk["known_sessions"]}

    def manifest(self, project):
        names = ("id", "created_by", "created_at", "sessions", "memories", "prompts")
        entries = [{name: chunk[name] for name in names} for chunk in self.chunks.entries if chunk["project"] == project]
        return {"version": 1, "chunks": entries}

    def put(self, chunk):
        found = self.by_id.get((chunk["project"], chunk["id"]))
        if found is None:
            self.chunks.append(chunk)
            self.by_id[chunk["project"], chunk["id"]] = chunk
        elif found["canonical"] != chunk["canonical"]:
            raise refused(409, "repairable", "upgrade_repairable_chunk_conflict", f"chunk {chunk['id']} has other content")


# ---- the endpoints --------------------------------------------------------------------------------------------------


def check_rows(document, payloads, known):
    """Refuses rows that lack what they must have; gives the sessions that are known from now on."""
    wanted = {
        "sessions": ("id", "directory"),
        "observations": ("sync_id", "session_id", "type", "title", "content", "scope"),
        "prompts": ("sync_id", "session_id", "content"),
    }
    for name, members in wanted.items():
        for at, row in enumerate(document.get(name) or []):
            for member in members:
                if not text_of(row.get(member)).strip():
                    raise refused(400, "repairable", INVALID, f"{name}[{at}].{member} is required")
    here = {row["id"].strip() for row in document.get("sessions") or []}
    here |= {values["id"] for entity, op, values in payloads if (entity, op) == ("session", "upsert")}
    needed = [row["session_id"].strip() for name in ("observations", "prompts") for row in document.get(name) or []]
    needed += [values["session_id"] for entity, op, values in payloads if entity in ("observation", "prompt") and op == "upsert"]
    for session in needed:
        if session not in here | known:
            raise refused(400, "repairable", INVALID, f'session "{session}" is neither in the chunk nor known')
    return sorted(here)


def parse_body(body):
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise refused(400, "repairable", INVALID, f"invalid push payload: {error}") from error
    if not isinstance(value, dict):
        raise refused(400, "repairable", INVALID, "invalid push payload: it is no object")
    return value


class Service:
    """The requests that a well-behaved server answers; each gives an Answer or raises one."""

    def __init__(self, options):
        self.options = options
        self.store = Store(options.state)
        self.paused = set(options.pause)

    def check_token(self, given):
        if self.options.token and given != f"Bearer {self.options.token}":
            raise Answer(401, "unauthorized: missing or wrong token", "text/plain; charset=utf-8")

    def check_project(self, project):
        if not project:
            raise refused(400, "blocked", "upgrade_blocked_project_required", "project is required")
        if self.options.allow and project not in self.options.allow:
            raise refused(403, "policy", "policy_forbidden", f'project "{project}" is blocked by policy')
        return project

    def check_not_paused(self, project):
        if project in self.paused:
            raise refused(409, "policy", "sync-paused", f'sync is paused for project "{project}"', project=project,
                          project_source="request_body", project_path="")

    def manifest(self, query, _body):
        return Answer(200, self.store.manifest(self.check_project(query.get("project", "").strip())))

    def chunk(self, query, _body, name):
        found = self.store.by_id.get((self.check_project(query.get("project", "").strip()), name))
        if found is None:
            raise Answer(404, "chunk not found", "text/plain; charset=utf-8")
        return Answer(200, found["jsonb"])

    def push(self, query, body):
        if len(body) > MOST_BYTES:
            raise refused(413, "repairable", "upgrade_repairable_payload_too_large", "push payload too large")
        given = parse_body(body)
        project = self.check_project(text_of(given.get("project")).strip() or query.get("project", "").strip())
        self.check_not_paused(project)
        created_at = text_of(given.get("client_created_at")) or datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", created_at):
            raise refused(400, "repairable", INVALID, "client_created_at must be RFC 3339")
        try:
            document, payloads = canonical_chunk.canonicalise(json.dumps(given.get("data")), project)
        except canonical_chunk.Refused as error:
            raise refused(400, "repairable", INVALID, f"invalid chunk: {error}") from error
        sessions = check_rows(document, payloads, self.store.known_sessions(project))
        canonical = canonical_chunk.spell(document)
        name = canonical_chunk.chunk_id(canonical)
        if self.options.strict_id and name != given.get("chunk_id"):
            raise refused(400, "repairable", INVALID, f"chunk_id does not match payload content hash: {name}")
        if holds_nul(document):
            raise refused(500, "blocked", "upgrade_blocked_internal", "unsupported Unicode escape sequence")
        counts = {key: len(document.get(rows) or []) for key, rows in
                  (("sessions", "sessions"), ("memories", "observations"), ("prompts", "prompts"))}
        self.store.put({"project": project, "id": name, "created_by": text_of(given.get("created_by")),
                        "created_at": created_at, "known_sessions": sessions, "canonical": canonical,
                        "jsonb": jsonb(document), **counts})
        return Answer(200, {"chunk_id": name, "status": "ok"})

    def mutation_push(self, _query, body):
        entries = parse_body(body).get("entries")
        if not isinstance(entries, list) or not entries:
            raise refused(400, "repairable", "empty_batch", "entries must not be empty")
        if len(entries) > 100:
            raise refused(400, "repairable", INVALID, "at most 100 entries")
        for entry in entries:
            if not isinstance(entry, dict) or not all(text_of(entry.get(name)) for name in ("project", "entity", "entity_key", "op")):
                raise refused(400, "repairable", INVALID, "each entry needs project, entity, entity_key and op")
            self.check_not_paused(self.check_project(entry["project"].strip()))
        seqs = []
        for entry in entries:
            seqs.append(len(self.store.mutations.entries) + 1)
            kept = {name: entry.get(name) for name in ("project", "entity", "entity_key", "op", "payload")}
            occurred_at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            self.store.mutations.append({"seq": seqs[-1], **kept, "occurred_at": occurred_at})
        return Answer(200, {"accepted_seqs": seqs, "status": "ok"})

    def mutation_pull(self, query, _body):
        try:
            since, limit = int(query.get("since_seq") or 0), int(query.get("limit") or 100)
        except ValueError as error:
            raise refused(400, "repairable", INVALID, "since_seq and limit must be numbers") from error
        limit = min(max(limit, 1), 100)
        seen = [entry for entry in self.store.mutations.entries if entry["seq"] > since]
        seen = [entry for entry in seen if not self.options.allow or entry["project"] in self.options.allow]
        page = seen[:limit]
        latest = page[-1]["seq"] if page else since
        return Answer(200, {"mutations": page, "has_more": len(seen) > limit, "latest_seq": latest})


# ---- misbehaviour ---------------------------------------------------------------------------------------------------


class Rules:
    def __init__(self, texts):
        self.lock = threading.Lock()
        self.rules = []
        for text in texts:
            self.add(json.loads(text))

    def add(self, given):
        with self.lock:
            for rule in given if isinstance(given, list) else [given]:
                self.rules.append({"nth": 1, "times": 1, **rule, "seen": 0})

    def clear(self):
        with self.lock:
            self.rules.clear()

    def take(self, kind):
        """The rule for this request, None for none; it counts as seen by each rule of its kind."""
        found = None
        with self.lock:
            for rule in self.rules:
                if rule["on"] in (kind, "any"):
                    rule["seen"] += 1
                    if found is None and rule["nth"] <= rule["seen"] < rule["nth"] + rule["times"]:
                        found = rule
        return found or {"do": "behave"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "engram-cloud-test", ""
    disable_nagle_algorithm = True

    def setup(self):
        if isinstance(self.request, ssl.SSLSocket):
            self.request.settimeout(30)
            self.request.do_handshake()
        super().setup()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve()

    do_POST = do_DELETE = do_PUT = do_HEAD = do_GET

    # A body that will be refused need not be sent.
    def handle_expect_100(self):
        return int(self.headers.get("Content-Length") or 0) > MOST_BYTES or super().handle_expect_100()

    def read_body(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES and self.headers.get("Expect"):
            self.close_connection = True
            return b"x" * (MOST_BYTES + 1)  # never sent
        return self.rfile.read(length)

    def serve(self):
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        if target.path.startswith("/control/"):
            return self.send(self.control(target.path, self.read_body()))
        kind, method = self.route(target.path)
        rule = self.server.rules.take(kind)
        self.entry = {"kind": kind, "method": self.command, "target": self.path, "headers": dict(self.headers.items()),
                      "bytes": int(self.headers.get("Content-Length") or 0), "status": None}
        self.server.log.append(self.entry)
        return getattr(self, "rule_" + rule["do"], self.behave)(rule, lambda: self.answer(kind, method, query))

    def route(self, path):
        service = self.server.service
        chunk = re.fullmatch(r"/sync/pull/([^/]+)", path)
        if self.command == "GET" and chunk:
            name = urllib.parse.unquote(chunk[1])
            return "chunk", lambda query, body: service.chunk(query, body, name)
        known = {
            ("GET", "/health"): ("health", lambda *_: Answer(200, {"service": "engram-cloud", "status": "ok"})),
            ("GET", "/sync/pull"): ("manifest", service.manifest),
            ("POST", "/sync/push"): ("push", service.push),
            ("POST", "/sync/mutations/push"): ("mutation_push", service.mutation_push),
            ("GET", "/sync/mutations/pull"): ("mutation_pull", service.mutation_pull),
        }
        kind, method = known.get((self.command, path), ("other", None))
        return kind, None if kind.startswith("mutation") and self.server.options.no_mutations else method

    def answer(self, kind, method, query):
        body = self.read_body()
        try:
            if kind != "health":
                self.server.service.check_token(self.headers.get("Authorization"))
            if method is None:
                raise Answer(404, "404 page not found", "text/plain; charset=utf-8")
            with self.server.service.store.lock:
                return method(query, body)
        except Answer as refusal:
            return refusal

    def control(self, path, body):
        server = self.server
        asked = (self.command, path)
        if asked == ("POST", "/control/rules"):
            server.rules.add(json.loads(body))
        elif asked == ("DELETE", "/control/rules"):
            server.rules.clear()
        elif asked == ("GET", "/control/log"):
            return Answer(200, list(server.log))
        elif asked == ("DELETE", "/control/log"):
            server.log.clear()
        elif asked == ("POST", "/control/projects"):
            given = json.loads(body)
            (server.service.paused.add if given["paused"] else server.service.paused.discard)(given["project"])
        else:
            return Answer(404, "no such control\n", "text/plain")
        return Answer(200, {"status": "ok"})

    # ---- sending

    def head(self, answer, length):
        if hasattr(self, "entry"):
            self.entry["status"] = answer.status
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if length is None:
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def send(self, answer):
        self.head(answer, len(answer.body))
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def hang_up(self):
        self.close_connection = True
        self.wfile.flush()
        # Over TLS too the connection is cut without a word.
        socket.socket.shutdown(self.connection, socket.SHUT_RDWR)

    # ---- the rules

    def behave(self, _rule, answer):
        self.send(answer())

    def rule_drop(self, _rule, _answer):
        self.hang_up()

    def rule_drop_read(self, _rule, _answer):
        self.read_body()
        self.hang_up()

    def rule_lose_reply(self, _rule, answer):
        answer()
        self.hang_up()

    def rule_die(self, _rule, _answer):
        os.kill(os.getpid(), signal.SIGKILL)

    def rule_die_after(self, _rule, answer):
        answer()
        os.kill(os.getpid(), signal.SIGKILL)

    def rule_cut(self, _rule, answer):
        made = answer()
        self.head(made, len(made.body))
        self.wfile.write(made.body[: len(made.body) // 2])
        self.hang_up()

    def rule_slow(self, rule, answer):
        time.sleep(rule["ms"] / 1000)
        self.send(answer())

    def rule_trickle(self, rule, answer):
        made = answer()
        self.head(made, len(made.body))
        pieces = rule.get("pieces", 10)
        size = len(made.body) // pieces + 1
        for at in range(0, len(made.body), size):
            time.sleep(rule.get("ms", 100) / 1000)
            self.wfile.write(made.body[at : at + size])
            self.wfile.flush()

    def rule_status(self, rule, _answer):
        self.read_body()
        self.send(Answer(rule["status"], rule.get("body", ""), rule.get("content_type", "text/plain"), rule.get("headers")))

    def rule_redirect(self, rule, _answer):
        self.read_body()
        self.send(Answer(rule.get("status", 302), "moved", "text/plain", {"Location": rule["to"]}))

    def rule_empty(self, _rule, answer):
        answer()
        self.send(Answer(200, b""))

    def rule_garbage(self, rule, answer):
        answer()
        self.send(Answer(200, rule.get("body", "<html>")))

    def rule_oversize(self, rule, _answer):
        self.read_body()
        self.close_connection = True
        self.head(Answer(rule.get("status", 200), b""), rule["bytes"] if rule.get("declared", True) else None)
        block = b" " * 65536
        for at in range(0, rule["bytes"], len(block)):
            self.wfile.write(block[: rule["bytes"] - at])

    def rule_no_http(self, _rule, _answer):
        self.read_body()
        self.wfile.write(b"\x16\x03 this is another protocol\r\n\r\n" * 4)
        self.hang_up()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, options):
        self.options = options
        self.service = Service(options)
        self.rules = Rules(options.rule)
        self.log = []
        self.tls = tls_context(options) if options.tls else None
        super().__init__(("127.0.0.1", options.port), Handler)

    def get_request(self):
        connection, address = super().get_request()
        if self.tls is not None:
            # The handshake is made in the connection's own thread.
            connection = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        # Clients that hang up or refuse the certificate are part of the tests.
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)


def tls_context(options):
    folder = options.tls
    os.makedirs(folder, exist_ok=True)
    path = {name: os.path.join(folder, name) for name in ("ca.pem", "ca.key", "server.pem", "server.key", "server.csr", "server.ext")}
    if not os.path.exists(path["server.pem"]):
        make_certificates(path, options.cert_host or ["localhost", "127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path["server.pem"], path["server.key"])
    return context


def make_certificates(path, hosts):
    def openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"openssl {arguments[0]}: {done.stderr}")

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ",".join(("IP:" if re.fullmatch(r"[\d.]+|.*:.*", host) else "DNS:") + host for host in hosts)
    with open(path["server.ext"], "w", encoding="utf-8") as file:
        file.write(f"subjectAltName={names}\n")
    openssl("req", "-x509", *key, "-keyout", path["ca.key"], "-out", path["ca.pem"], "-days", "30", "-subj", "/CN=Test CA")
    openssl("req", *key, "-keyout", path["server.key"], "-out", path["server.csr"], "-subj", "/CN=Test server")
    openssl("x509", "-req", "-in", path["server.csr"], "-CA", path["ca.pem"], "-CAkey", path["ca.key"], "-CAcreateserial",
            "-days", "30", "-extfile", path["server.ext"], "-out", path["server.pem"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("token", "state", "tls"):
        parser.add_argument("--" + name)
    parser.add_argument("--port", type=int, default=0)
    for name in ("cert-host", "allow", "pause", "rule"):
        parser.add_argument("--" + name, action="append", default=[])
    for name in ("strict-id", "no-mutations"):
        parser.add_argument("--" + name, action="store_true")
    server = Server(parser.parse_args())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)  # without waiting for answers that are slow on purpose


if __name__ == "__main__":
    main()
