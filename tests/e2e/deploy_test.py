"""The daemon behind nginx, under a sub-path with TLS in front, with the files that docs/DEPLOY.md shows."""

import asyncio
import base64
import http.client
import json
import subprocess
import time
import unittest
import urllib.parse

from daemon import DEADLINE, DEMO, DEMO_PY, PASSWORD, SOURCE, USER, Daemon, wait_until
from nginx import Nginx, documented, skip_without_nginx
from outside_modules import need

websockets = need("websockets")
LOGIN = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}


class Deployed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shown = [line for line in documented("kismet.conf").splitlines() if not line.startswith("httpd_port")]
        settings = (*shown, "httpd_access_log=%h/access.log", f"httpd_home={SOURCE}/http_data")
        cls.daemon = cls.enterClassContext(Daemon(DEMO, DEMO_PY, settings=settings))
        cls.daemon.wait_for_helpers("/demo", "/demo-py")
        cls.nginx = cls.enterClassContext(Nginx(cls.daemon.port))

    def ask(self, method, path, headers=LOGIN, body=None):
        connection = http.client.HTTPSConnection(
            "localhost", self.nginx.port, timeout=DEADLINE, context=self.nginx.context()
        )
        self.addCleanup(connection.close)
        connection.request(method, path, body, dict(headers))
        return connection.getresponse()

    def test_pages_posts_and_static_files_work_below_the_path(self):
        self.assertEqual(self.ask("GET", "/kismet/system/status.json").status, 200)
        self.assertEqual(self.ask("GET", "/kismet/system/status.json", {}).status, 401)
        self.assertIn(self.ask("GET", "/system/status.json").status, (403, 404))  # nginx has nothing there.
        form = {**LOGIN, "Content-Type": "application/x-www-form-urlencoded"}
        answer = self.ask("POST", "/kismet/demo/variables.html", form, "colour=red")
        self.assertIn(b"red", answer.read())

    def test_the_path_without_its_slash_leads_to_the_one_with_it(self):
        answer = self.ask("GET", "/kismet")
        self.assertEqual(answer.status, 301)
        self.assertEqual(answer.headers["Location"], f"{self.nginx.url}/")

    def test_the_cookie_is_for_the_path_and_for_tls_and_logs_in(self):
        answer = self.ask("GET", "/kismet/session/check_login")
        cookie = answer.headers["Set-Cookie"]
        self.assertIn("; Path=/kismet;", cookie)
        self.assertIn("; Secure", cookie)
        session = {"Cookie": cookie.split(";")[0]}
        self.assertEqual(self.ask("GET", "/kismet/demo/index.html", session).status, 200)
        gone = self.ask("POST", "/kismet/session/logout", session).headers["Set-Cookie"]
        self.assertIn("KISMET=; Path=/kismet; Max-Age=0", gone)

    def test_the_web_ui_learns_its_path(self):
        self.assertEqual(self.ask("HEAD", "/kismet/").headers["X-Proxy-Dir"], "kismet/")

    def test_a_page_of_its_own_may_post_and_a_foreign_one_may_not(self):
        own = {**LOGIN, "Origin": f"https://localhost:{self.nginx.port}"}
        foreign = {**LOGIN, "Origin": "https://evil.example"}
        self.assertEqual(self.ask("POST", "/kismet/demo/message.html", own, "").status, 200)
        self.assertEqual(self.ask("POST", "/kismet/demo/message.html", foreign, "").status, 403)

    def test_a_stream_arrives_line_by_line(self):
        answer = self.ask("GET", "/kismet/demo/stream.txt")
        for count in (1, 2):
            words = answer.readline().split()
            self.assertEqual(words[:2], [b"line", str(count).encode()])
            self.assertLess(time.time() - float(words[3]), 0.9)

    def test_the_event_feed_opens_as_a_websocket(self):
        async def listen():
            login = urllib.parse.urlencode({"user": USER, "password": PASSWORD})
            url = f"wss://localhost:{self.nginx.port}/kismet/eventbus/events.ws?{login}"
            origin = f"https://localhost:{self.nginx.port}"
            async with websockets.connect(url, ssl=self.nginx.context(), origin=origin, open_timeout=DEADLINE) as socket:
                await socket.send(json.dumps({"SUBSCRIBE": "TIMESTAMP"}))
                return json.loads(await asyncio.wait_for(socket.recv(), DEADLINE))

        self.assertIn("TIMESTAMP", asyncio.run(listen()))

    def test_answers_are_compressed_through_it(self):
        compressed = self.ask("GET", "/kismet/app.js", {**LOGIN, "Accept-Encoding": "gzip"})
        self.assertEqual(compressed.status, 200)
        self.assertEqual(compressed.headers["Content-Encoding"], "gzip")

    def test_the_log_names_the_client_not_the_proxy(self):
        self.ask("GET", "/kismet/demo/index.html?mine", {**LOGIN, "X-Forwarded-For": "203.0.113.9"})
        log = self.daemon.home / "access.log"
        line = wait_until(
            lambda: next((line for line in log.read_text(encoding="ascii").splitlines() if "?mine" in line), None),
            "the request is in the log",
        )
        self.assertTrue(line.startswith(f"203.0.113.9 - {USER} ["), line)
        self.assertIn('"GET /demo/index.html?mine HTTP/1.1" 200 ', line)

    def test_curl_speaks_through_it(self):
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--cacert", self.nginx.certificate, "--user", f"{USER}:{PASSWORD}",
             "--compressed", "--location", f"{self.nginx.url}/demo/index.html"],
            capture_output=True, text=True, check=True, timeout=DEADLINE,
        )
        self.assertIn("</html>", done.stdout)


if __name__ == "__main__":
    skip_without_nginx()
    unittest.main()
