"""The agent programs, one per language, all with the command line that cpp/agent.cpp describes."""

import os
import signal
import subprocess
import threading
import time

LANGUAGES = {"cpp": "C++", "go": "Go", "java": "Java", "csharp": "C#"}
PROGRAMS = {
    "cpp": "tests/languages/cpp/agent",
    "go": "bindings/go/agent",
    "java": "bindings/java/agent",
    "csharp": "bindings/csharp/agent",
}


class AgentFailed(Exception):
    pass


class Agents:
    """The languages of a build. `left_out` maps those without an agent to the reason."""

    def __init__(self, build, only=None):
        self.left_out = {}
        try:
            with open(os.path.join(build, "left_out.txt"), encoding="utf-8") as file:
                for line in file.read().splitlines():
                    name, reason, how = line.split("\t")
                    if name in LANGUAGES:
                        self.left_out[name] = f"{reason}. To have it: {how}"
        except FileNotFoundError:
            pass
        if only:
            self.left_out.update({name: "not asked for" for name in LANGUAGES if name not in only})
        self.programs = {
            name: os.path.join(build, path) for name, path in PROGRAMS.items() if name not in self.left_out
        }
        for name, path in self.programs.items():
            if not os.access(path, os.X_OK) or not os.path.isfile(path):
                raise AgentFailed(f"the {LANGUAGES[name]} agent is missing: {path}")
        self.languages = list(self.programs)

    def spread(self, count):
        """`count` languages, each as often as the others, give or take one."""
        return [self.languages[i % len(self.languages)] for i in range(count)]

    def start(self, language, *arguments):
        return Process(language, self.programs[language], [str(argument) for argument in arguments])

    def run(self, language, *arguments):
        return self.start(language, *arguments).finish()


class Process:
    """A running agent. Its acknowledgements are collected while it runs."""

    def __init__(self, language, program, arguments):
        self.language = language
        self.what = f"{LANGUAGES[language]} agent: {' '.join(arguments)}"
        self.acks = []  # (id, seq)
        self.first_ack_at = self.last_ack_at = 0.0
        self.lines = []  # the rest of the output
        self._errors = ""
        # A session of its own, so that a kill reaches what a start script has started.
        self._process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._readers = [threading.Thread(target=self._read_output), threading.Thread(target=self._read_errors)]
        for reader in self._readers:
            reader.start()

    def _read_output(self):
        with self._process.stdout as output:
            for line in output:
                if not line.endswith(b"\n"):
                    return  # the program was killed in the middle of a line
                text = line[:-1].decode("utf-8")
                if text.startswith("ack "):
                    self.last_ack_at = time.monotonic()
                    self.first_ack_at = self.first_ack_at or self.last_ack_at
                    id, seq = text[len("ack "):].rsplit(" ", 1)
                    self.acks.append((id, int(seq)))
                else:
                    self.lines.append(text)

    def _read_errors(self):
        with self._process.stderr as errors:
            self._errors = errors.read().decode("utf-8", "replace")

    def running(self):
        return self._process.poll() is None

    def kill(self):
        """SIGKILL; returns when the program is gone. All that it acknowledged is in `acks` then."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._wait()

    def _wait(self, timeout=None):
        code = self._process.wait(timeout)
        for reader in self._readers:
            reader.join()
        return code

    def finish(self, timeout=600):
        """Waits for the end, which must be a good one."""
        try:
            code = self._wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AgentFailed(f"{self.what}: not done after {timeout} s") from None
        if code != 0:
            raise AgentFailed(f"{self.what}: exit code {code}: {self._errors.strip()}")
        words = self.lines.pop().split() if self.lines else []
        fields = dict(word.split("=", 1) for word in words[1:])
        if words[:1] != ["done"] or fields.get("language") != self.language:
            raise AgentFailed(f"{self.what}: the last line is {' '.join(words)!r}")
        self.pid, self.count = int(fields["pid"]), int(fields["count"])
        return self
