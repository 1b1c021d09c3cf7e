"""The built daemon with a home of its own, for tests: started, spoken to, stopped and looked after.

KISMET_BUILD_DIR says which build (else build/dev), KISMET_TEST_DAEMON which program, KISMET_TEST_THREADS how many I/O
threads.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from client import Client

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KISMET_BUILD_DIR", SOURCE / "build" / "dev"))
PROGRAM = os.environ.get("KISMET_TEST_DAEMON", str(BUILD / "server" / "kismet"))
THREADS = os.environ.get("KISMET_TEST_THREADS", "1")
DEADLINE = 60.0  # Seconds that a wait may take: generous, since it only bounds a test that fails.
USER, PASSWORD = "tester", "not a secret"

DEMO = 'kismet_demo:name=demo'
DEMO_PY = 'kismet_demo.py:name=demo-py'
PREFIXES = {"demo": "/demo", "demo-py": "/demo-py"}


def fake(name, *arguments, more=""):
    """The `helper=` line of a fake_helper.py in one of its modes."""
    return f'{SOURCE}/tests/e2e/fake_helper.py:name={name},args="{" ".join(arguments)}"{more}'


def alive(pid):
    """Whether process `pid` runs; one that only waits for its parent to notice does not."""
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        return state != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, what, deadline=DEADLINE):
    """Waits for something that no event tells about. Returns what `condition()` returned."""
    give_up = time.monotonic() + deadline
    while not (result := condition()):
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {deadline:g} s in vain: {what}")
        time.sleep(0.01)
    return result


class Daemon:
    """A running daemon, as a context manager. At the end it is stopped, must have stopped in order, and no process of
    its must be left."""

    def __init__(self, *helpers, settings=(), login=True, arguments=(), listening=True):
        self.listening = listening  # Whether it is to be waited for at an address of plain HTTP.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="kismet-test-"))
        login_lines = [f"httpd_username={USER}", f"httpd_password={PASSWORD}"] if login else []
        self.config = self.home / "kismet.conf"
        self.lines = []  # Of its console.
        self._came = threading.Condition()
        self._ended = False
        lines = [
            "httpd_port=0",
            f"threads={THREADS}",
            "enable_logging=false",
            "httpd_hash_operations=1",
            "httpd_hash_memory=1M",
            f"helper_binary_path={BUILD}/helpers",
            f"helper_binary_path+={SOURCE}/helpers",
            *login_lines,
            *(f"helper={line}" for line in helpers),
        ]
        changed = {setting.split("=")[0] for setting in settings}
        lines = [line for line in lines if line.split("=")[0] not in changed]
        self.config.write_text("\n".join([*lines, *settings]) + "\n", encoding="utf-8")
        self.arguments = [PROGRAM, f"--config-file={self.config}", f"--homedir={self.home}", *arguments]

    def __enter__(self):
        self.start(self.listening)
        return self

    def __exit__(self, failed, *_):
        try:
            if self.process.poll() is None and not failed:
                self.stop()
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            self._reader.join()
            self.process.stdout.close()
            self.remove()
            if failed:
                print("the daemon said:", *self.lines[-60:], sep="\n  ", file=sys.stderr)

    def start(self, listening=True):
        self.lines.clear()
        self._ended = False
        self.process = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        if listening:
            self.port = int(self.wait_for_line(r"listening on http://\S+?:(\d+)").group(1))

    def run_to_its_end(self):
        """Starts one that is to end by itself, with nobody to stop it; returns its exit code and what it said."""
        self.start(listening=False)
        code = self.process.wait(timeout=DEADLINE)
        self._reader.join()
        self.process.stdout.close()
        self.remove()
        return code, "\n".join(self.lines)

    def _read(self):
        for line in self.process.stdout:
            with self._came:
                self.lines.append(re.sub(r"\x1b\[[0-9;]*m", "", line.decode(errors="replace").rstrip()))
                self._came.notify_all()
        with self._came:
            self._ended = True
            self._came.notify_all()

    def remove(self):
        """Removes its home; for a test that never starts it."""
        shutil.rmtree(self.home, ignore_errors=True)

    # What it says.

    def wait_for_line(self, pattern, after=0):
        """Waits until the console has a line that `pattern` finds, from line number `after` on; returns the match."""
        give_up = time.monotonic() + DEADLINE
        at = after
        with self._came:
            while True:
                for at in range(at, len(self.lines)):
                    if match := re.search(pattern, self.lines[at]):
                        return match
                at = len(self.lines)
                if self._ended or time.monotonic() > give_up:
                    said = "\n  ".join(self.lines[-40:])
                    raise AssertionError(f"the console never said /{pattern}/, but:\n  {said}")
                self._came.wait(1)

    def count_lines(self, pattern):
        with self._came:
            return sum(1 for line in self.lines if re.search(pattern, line))

    # What it is asked.

    def client(self, **options):
        return Client(self.port, **options)

    def get(self, target, **options):
        """One request with the login, on a connection of its own. Returns a Response, read whole."""
        return self.request("GET", target, **options)

    def request(self, method, target, login=True, **options):
        with self.client() as client:
            if login:
                options["headers"] = [*options.get("headers", []), client.basic(USER, PASSWORD)]
            client.ask(method, target, **options)
            return client.answer(method)

    def wait_for_page(self, target, status=200):
        """Waits until `target` answers with `status`: helpers register in their own time."""
        return wait_until(
            lambda: (response := self.get(target)).status == status and response, f"{target} answers {status}"
        )

    def wait_for_helpers(self, *prefixes):
        for prefix in prefixes:
            self.wait_for_page(f"{prefix}/counters.json")

    # What it consists of.

    def children(self):
        """The processes that it has started, and those that these have."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            try:
                tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
                for task in tasks:
                    more = [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
                    found += more
                    todo += more
            except (FileNotFoundError, ProcessLookupError):
                pass
        return [pid for pid in found if alive(pid)]

    # Its end.

    def kill(self):
        """Ends it as a crash would; start() may follow."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()

    def stop(self, signal_number=signal.SIGTERM):
        """Asks it to end, and checks how it does."""
        children = self.children()
        self.process.send_signal(signal_number)
        code = self.process.wait(timeout=DEADLINE)
        self._reader.join()
        left = [pid for pid in children if alive(pid)]
        if code != 0 or left:
            said = "\n  ".join(self.lines[-60:])
            raise AssertionError(f"the daemon ended with {code} and left {left}; it said:\n  {said}")
