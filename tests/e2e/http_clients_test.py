"""Clients that people use, each with login, GET, POST and a stream: curl, wget, Python's http.client and requests, and
npm's undici and ws, which also opens a websocket. Those that are not installed are left out, aloud."""

import base64
import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from daemon import DEADLINE, DEMO, PASSWORD, SOURCE, USER, Daemon
from outside_modules import need

requests = need("requests")
MODULES = SOURCE / "build" / "browser" / "node_modules"
NODE_CLIENT = pathlib.Path(__file__).parent / "http_clients.mjs"


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(DEMO, settings=(f"httpd_home={SOURCE}/http_data",)))
        cls.daemon.wait_for_helpers("/demo")
        cls.url = f"http://127.0.0.1:{cls.daemon.port}"

    def run_program(self, *words, code=0):
        if not shutil.which(words[0]):
            self.skipTest(f"{words[0]} is not there")
        done = subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def curl(self, *words, code=0):
        return self.run_program("curl", "--silent", "--show-error", *words, code=code)

    def test_curl(self):
        login = ("--user", f"{USER}:{PASSWORD}")
        self.curl("--fail", f"{self.url}/demo/index.html", code=22)
        jar = str(self.daemon.home / "cookies")
        self.curl("--fail", *login, "--cookie-jar", jar, f"{self.url}/session/check_login")
        self.assertIn("</html>", self.curl("--fail", "--cookie", jar, f"{self.url}/demo/index.html"))
        self.assertIn("</html>", self.curl(*login, "--compressed", f"{self.url}/demo/index.html"))
        self.assertIn("red &amp; blue", self.curl(*login, "--data-urlencode", "colour=red & blue",
                                                  f"{self.url}/demo/variables.html"))
        head = self.curl(*login, "--head", f"{self.url}/demo/index.html")
        self.assertTrue(head.startswith("HTTP/1.1 200 OK"))
        stream = self.curl(*login, "--no-buffer", "--max-time", "3", f"{self.url}/demo/stream.txt", code=28)
        self.assertIn("line 2 ", stream)
        big = str(self.daemon.home / "big")
        self.curl(*login, "--output", big, f"{self.url}/demo/download.bin?size=10000000")
        self.assertEqual(os.path.getsize(big), 10_000_000)

    def test_wget(self):
        login = (f"--user={USER}", f"--password={PASSWORD}")
        wget = ("wget", "--quiet", "--tries=1", f"--timeout={DEADLINE:g}", "--output-document=-")
        self.run_program(*wget, f"{self.url}/demo/index.html", code=6)
        self.assertIn("</html>", self.run_program(*wget, *login, f"{self.url}/demo/index.html"))
        self.assertIn("red", self.run_program(*wget, *login, "--auth-no-challenge", "--post-data=colour=red",
                                              f"{self.url}/demo/variables.html"))
        folder = self.daemon.home / "mirror"
        self.run_program("wget", "--quiet", "--mirror", "--no-host-directories", f"--directory-prefix={folder}",
                         f"{self.url}/")
        self.assertTrue((folder / "index.html").is_file())

    def test_http_client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=DEADLINE)
        self.addCleanup(connection.close)
        login = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        for method, path, headers, body, status in (
            ("GET", "/demo/index.html", {}, None, 401),
            ("GET", "/demo/index.html", login, None, 200),
            ("POST", "/demo/variables.html", {**login, "Content-Type": "application/x-www-form-urlencoded"}, "a=b", 200),
            ("HEAD", "/demo/index.html", login, None, 200),
            ("PUT", "/index.html", login, None, 405),
        ):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status, f"{method} {path}")
        connection.request("GET", "/demo/stream.txt", headers=login)
        answer = connection.getresponse()
        self.assertTrue(answer.readline().startswith(b"line 1 "))
        self.assertTrue(answer.readline().startswith(b"line 2 "))

    def test_requests(self):
        with requests.Session() as session:
            self.assertEqual(session.get(f"{self.url}/demo/index.html", timeout=DEADLINE).status_code, 401)
            session.auth = (USER, PASSWORD)
            self.assertEqual(session.get(f"{self.url}/session/check_login", timeout=DEADLINE).status_code, 200)
            session.auth = None
            session.cookies.set("KISMET", "stale", path="/", domain="127.0.0.1")
            login = {"json": '{"fields": ["kismet.system.timestamp.sec"]}'}
            answer = session.post(f"{self.url}/system/status.json", data=login, timeout=DEADLINE, auth=(USER, PASSWORD))
            self.assertEqual(list(answer.json()), ["kismet.system.timestamp.sec"])
            page = session.get(f"{self.url}/app.js", timeout=DEADLINE)
            self.assertIn(page.headers["Content-Encoding"], ("gzip", "br", "zstd"))
            self.assertEqual(page.content, (SOURCE / "http_data" / "app.js").read_bytes())
            stream = session.get(f"{self.url}/demo/stream.txt", stream=True, timeout=DEADLINE, auth=(USER, PASSWORD))
            with stream:
                lines = stream.iter_lines()
                self.assertTrue(next(lines).startswith(b"line 1 "))
                self.assertTrue(next(lines).startswith(b"line 2 "))

    def test_undici_and_ws(self):
        if not shutil.which("node") or not all((MODULES / name).is_dir() for name in ("undici", "ws")):
            self.skipTest("node, undici or ws is not there")
        done = subprocess.run(
            ["node", NODE_CLIENT, self.url, USER, PASSWORD], capture_output=True, text=True, timeout=300, check=False,
            env={**os.environ, "MODULES": str(MODULES)},
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        print(done.stdout, file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
