"""Compression, the access log, times in answers, and who owns which page, on the whole daemon."""

import gzip
import re
import signal
import unittest

from daemon import DEMO, DEMO_PY, SOURCE, USER, Daemon, fake, wait_until

LINE = re.compile(
    r'(\S+) - (\S+) \[[^]]+\] "([^"]*)" (\d+) (\d+) "([^"]*)" "([^"]*)" (\S+) (-|\d+\.\d{6}) (\d+\.\d{6}) (done|cut)'
)
PAGES = f"httpd_home={SOURCE}/http_data"
GZIP = ["Accept-Encoding: gzip"]


class Compression(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(DEMO, settings=(PAGES, "httpd_compress_min=100")))
        cls.daemon.wait_for_helpers("/demo")

    def coding(self, path, **options):
        return self.daemon.get(path, headers=GZIP, **options).header("Content-Encoding")

    def test_our_own_data_files_and_helpers_pages_are_compressed(self):
        for path in ("/system/status.json", "/app.js", "/demo/index.html"):
            plain = self.daemon.get(path)
            coded = self.daemon.get(path, headers=GZIP)
            self.assertEqual(coded.header("Content-Encoding"), "gzip", path)
            self.assertIn("Accept-Encoding", coded.header("Vary"), path)
            self.assertEqual(int(coded.header("Content-Length")), len(coded.content))
            self.assertLess(len(coded.content), len(plain.content), path)
            if path != "/system/status.json":
                self.assertEqual(gzip.decompress(coded.content), plain.content)

    def test_what_holds_tokens_and_what_streams_is_not(self):
        self.assertEqual(self.coding("/auth/apikey/list.json"), "")
        with self.daemon.client() as client:
            client.ask("GET", "/demo/stream.txt", headers=[*GZIP, client.basic(USER, "not a secret")])
            head = client.head()
            self.assertEqual(head.header("Content-Encoding"), "")
            self.assertTrue(next(client.lines(head))[0].startswith("line 1 "))
        self.assertEqual(self.coding("/demo/download.bin?size=5000"), "")

    def test_a_file_is_known_again_by_the_etag_of_its_coding(self):
        coded = self.daemon.get("/app.js", headers=GZIP)
        again = self.daemon.get("/app.js", headers=[*GZIP, f"If-None-Match: {coded.header('ETag')}"])
        self.assertEqual(again.status, 304)
        other = self.daemon.get("/app.js", headers=[f"If-None-Match: {coded.header('ETag')}"])
        self.assertEqual(other.status, 200)


class AccessLog(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon(DEMO, settings=("httpd_access_log=%h/access.log", PAGES)))
        self.daemon.wait_for_helpers("/demo")
        self.path = self.daemon.home / "access.log"

    def fields(self, part, path=None):
        """The fields of the line that has `part`, once it is there."""
        path = path or self.path
        line = wait_until(
            lambda: next((line for line in path.read_text("ascii").splitlines() if part in line), None),
            f"the log has {part}",
        )
        match = LINE.fullmatch(line)
        self.assertIsNotNone(match, line)
        return match.groups()

    def test_a_helpers_answer_is_logged_with_its_name_and_times(self):
        self.daemon.get("/demo/index.html?one", headers=["User-Agent: test", "Referer: http://localhost/"])
        address, user, request, status, size, referer, agent, helper, first, whole, end = self.fields("?one")
        self.assertEqual((address, user, request), ("127.0.0.1", USER, "GET /demo/index.html?one HTTP/1.1"))
        self.assertEqual((status, referer, agent, helper, end), ("200", "http://localhost/", "test", "demo", "done"))
        self.assertGreater(int(size), 100)
        self.assertLessEqual(float(first), float(whole))

    def test_credentials_are_not_in_it_and_a_client_cannot_forge_lines(self):
        self.daemon.get("/app.js?two&password=not+a+secret&user=tester&KISMET=ABC", login=False)
        self.assertEqual(self.fields("?two")[2], "GET /app.js?two&password=***&user=***&KISMET=*** HTTP/1.1")
        self.daemon.get("/app.js?three", headers=['User-Agent: x" 200 1 "-\\'])
        self.assertEqual(self.fields("?three")[6], r'x\x22 200 1 \x22-\x5C')

    def test_a_stream_that_its_client_left_and_a_bad_request_are_logged_too(self):
        with self.daemon.client() as client:
            client.ask("GET", "/demo/stream.txt?four", headers=[client.basic(USER, "not a secret")])
            next(client.lines(client.head()))
            client.reset()
        self.assertEqual(self.fields("?four")[10], "cut")
        with self.daemon.client() as client:
            client.send("GET /?five HTTP/1.1\r\n\r\n")
            client.answer()
        self.assertEqual(self.fields("?five")[3], "400")

    def test_on_sighup_another_file_begins(self):
        self.daemon.get("/app.js?before", login=False)
        self.fields("?before")
        old = self.path.with_suffix(".old")
        self.path.rename(old)
        self.daemon.process.send_signal(signal.SIGHUP)
        wait_until(self.path.exists, "another log is there")
        self.daemon.get("/app.js?after", login=False)
        self.fields("?after")
        self.assertNotIn("?after", old.read_text("ascii"))

    def test_a_place_where_no_log_can_be_is_refused_at_the_start(self):
        daemon = Daemon(settings=("httpd_access_log=%h/.",))
        self.addCleanup(daemon.remove)
        daemon.start(listening=False)
        self.assertNotEqual(daemon.process.wait(timeout=60), 0)
        daemon._reader.join()
        daemon.process.stdout.close()
        self.assertTrue(daemon.count_lines("cannot write the access log .*Is a directory"))


class FullDisk(unittest.TestCase):
    def test_a_full_disk_costs_the_log_its_lines_and_the_clients_nothing(self):
        with Daemon(settings=("httpd_access_log=/dev/full", PAGES)) as daemon:
            for _ in range(100):
                self.assertEqual(daemon.get("/app.js", login=False).status, 200)
            daemon.wait_for_line("access log /dev/full loses lines: No space left on device")
            self.assertEqual(daemon.count_lines("loses lines"), 1)
            counter = re.compile(r"^kismet_http_access_log_lost_lines_total (\d+)", re.MULTILINE)
            wait_until(
                lambda: int(counter.search(daemon.get("/metrics").text).group(1)) >= 100, "the lost lines are counted"
            )



class Times(unittest.TestCase):
    def test_helpers_answers_say_how_long_they_took(self):
        with Daemon(DEMO, DEMO_PY) as daemon:
            daemon.wait_for_helpers("/demo", "/demo-py")
            for prefix in ("/demo", "/demo-py"):
                timing = daemon.get(f"{prefix}/index.html").header("Server-Timing")
                self.assertRegex(timing, r"\Aqueue;dur=\d+\.\d{3}, helper;dur=\d+\.\d{3}\Z")
            self.assertEqual(daemon.get("/system/status.json").header("Server-Timing"), "")

    def test_that_can_be_turned_off(self):
        with Daemon(DEMO, settings=("httpd_server_timing=false",)) as daemon:
            daemon.wait_for_helpers("/demo")
            self.assertEqual(daemon.get("/demo/index.html").header("Server-Timing"), "")


class Owners(unittest.TestCase):
    def test_other_methods_on_files_are_told_which_there_are(self):
        with Daemon(settings=(PAGES,)) as daemon:
            for method, path, status in (
                ("PUT", "/app.js", 405), ("DELETE", "/", 405), ("OPTIONS", "/app.js", 204), ("PUT", "/none", 404),
                ("OPTIONS", "/none", 404), ("PUT", "/system/status.json", 405),
            ):
                answer = daemon.request(method, path)
                self.assertEqual(answer.status, status, f"{method} {path}")
                self.assertEqual("GET" in answer.header("Allow"), status != 404, f"{method} {path}")

    def test_a_helper_does_not_get_the_front_page_nor_what_is_ours(self):
        with Daemon(fake("thief", "takes_front_page"), settings=(PAGES,)) as daemon:
            self.assertEqual(daemon.wait_for_page("/fake/takes_front_page").text, "still there")
            self.assertEqual(daemon.get("/").content, (SOURCE / "http_data" / "index.html").read_bytes())
            self.assertEqual(daemon.request("POST", "/").status, 405)
            self.assertIn("kismet.system.user", daemon.get("/system/status.json").json)
            self.assertEqual(daemon.count_lines("the path is the daemon's own"), 8)

    def test_where_there_is_no_front_page_a_helper_may_have_it(self):
        with Daemon(fake("host", "takes_front_page"), settings=("httpd_home=%h/none",)) as daemon:
            daemon.wait_for_page("/fake/takes_front_page")
            self.assertEqual(daemon.get("/").text, "ok")


if __name__ == "__main__":
    unittest.main()
