"""Every page of the demo helpers through the daemon, in both languages and both wire generations, as a client sees it."""

import json
import unittest

from daemon import DEMO, DEMO_PY, Daemon, USER

HELPERS = {
    "/demo": DEMO,
    "/demo-py": DEMO_PY,
    "/demo-v0": 'kismet_demo:name=demo-v0,args="--prefix=/demo-v0 --wire=v0"',
    "/demo-py-v0": 'kismet_demo.py:name=demo-py-v0,args="--prefix=/demo-py-v0 --wire=v0"',
}
PAGES = ("index", "variables", "stream", "download", "events", "message", "answer")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(*HELPERS.values()))
        cls.daemon.wait_for_helpers(*HELPERS)

    def each(self):
        for prefix in HELPERS:
            with self.subTest(prefix):
                yield prefix

    def test_every_page_answers_with_its_length_in_one_piece(self):
        for prefix in self.each():
            for page in PAGES:
                response = self.daemon.get(f"{prefix}/{page}.html")
                self.assertEqual(response.status, 200)
                self.assertEqual(response.header("Content-Type"), "text/html; charset=utf-8")
                self.assertEqual(response.header("Content-Length"), str(len(response.content)))
                self.assertIn("</html>", response.text)

    def test_a_page_wants_a_login(self):
        for prefix in self.each():
            self.assertEqual(self.daemon.get(f"{prefix}/index.html", login=False).status, 401)
            with self.daemon.client() as client:
                client.ask("GET", f"{prefix}/index.html", headers=[client.basic(USER, "wrong")])
                self.assertEqual(client.answer().status, 401)

    def test_a_login_gives_a_cookie_that_serves_from_then_on(self):
        cookie = self.daemon.get("/session/check_login").header("Set-Cookie").split(";")[0]
        self.assertTrue(cookie.startswith("KISMET="), cookie)
        for prefix in self.each():
            response = self.daemon.get(f"{prefix}/index.html", login=False, headers=[f"Cookie: {cookie}"])
            self.assertEqual(response.status, 200)

    def test_variables_of_query_and_form_arrive_decoded_and_merged(self):
        for prefix in self.each():
            page = f"{prefix}/variables.html?one=1&two=a+b%26c&one-more=%C3%BC"
            text = self.daemon.get(page).text
            for cell in ("<td>one</td><td>1</td>", "<td>two</td><td>a b&amp;c</td>", "<td>one-more</td><td>ü</td>"):
                self.assertIn(cell, text)
            text = self.daemon.request("POST", page, form="one=2&three=%3Cb%3E").text
            for cell in ("POST brought", "<td>one</td><td>2</td>", "<td>three</td><td>&lt;b&gt;</td>"):
                self.assertIn(cell, text)

    def test_an_escaped_path_reaches_the_helper_as_it_registered_it(self):
        for prefix in self.each():
            response = self.daemon.get(f"{prefix}/%69ndex.html")
            self.assertEqual(response.status, 200)
            self.assertIn("<h1>Hello</h1>", response.text)

    def test_a_json_body_arrives_as_variable_json(self):
        for prefix in self.each():
            body = json.dumps({"a": 1})
            headers = ["Content-Type: application/json"]
            text = self.daemon.request("POST", f"{prefix}/variables.html", headers=headers, body=body).text
            self.assertIn("<td>json</td><td>{&quot;a&quot;: 1}</td>", text)

    def test_credentials_in_the_query_log_in_and_go_no_further(self):
        for prefix in self.each():
            target = f"{prefix}/variables.html?user={USER}&password=not%20a%20secret&other=x"
            text = self.daemon.get(target, login=False).text
            self.assertIn("<td>other</td>", text)
            self.assertNotIn("not a secret", text)
            self.assertNotIn(f"<td>{USER}</td>", text)

    def test_code_and_headers_are_the_helpers(self):
        for prefix in self.each():
            for code in (200, 201, 404, 418, 503, 599):
                response = self.daemon.get(f"{prefix}/answer.html?code={code}&header=short+and+stout")
                self.assertEqual((response.status, response.header("X-Demo")), (code, "short and stout"))

    def test_a_code_that_has_no_content_has_none(self):
        for prefix in self.each():
            with self.daemon.client() as client:
                basic = client.basic(USER, "not a secret")
                for code in (204, 304, 200):
                    client.ask("GET", f"{prefix}/answer.html?code={code}", headers=[basic])
                    self.assertEqual(client.answer().status, code)  # And the next answer is found where it should be.

    def test_head_is_get_without_content(self):
        for prefix in self.each():
            with self.daemon.client() as client:
                basic = client.basic(USER, "not a secret")
                client.ask("HEAD", f"{prefix}/index.html", headers=[basic])
                head = client.answer("HEAD")
                client.ask("GET", f"{prefix}/index.html", headers=[basic])
                get = client.answer()
                self.assertEqual((head.status, head.content), (200, b""))
                self.assertEqual(head.header("Content-Length"), str(len(get.content)))

    def test_other_methods_are_told_which_ones_there_are(self):
        for prefix in self.each():
            response = self.daemon.request("DELETE", f"{prefix}/variables.html")
            self.assertEqual(response.status, 405)
            for method in ("GET", "POST"):
                self.assertIn(method, response.header("Allow"))
            self.assertEqual(self.daemon.request("POST", f"{prefix}/index.html", form="a=1").status, 405)

    def test_what_is_not_registered_is_not_found(self):
        for prefix in self.each():
            for page in ("nothing.html", "index.htmlx", "index", "INDEX.html", ""):
                self.assertEqual(self.daemon.get(f"{prefix}/{page}").status, 404, page)

    def test_many_requests_in_one_go_are_answered_in_order(self):
        for prefix in self.each():
            with self.daemon.client() as client:
                basic = client.basic(USER, "not a secret")
                request = f"GET {prefix}/answer.html?code=%d HTTP/1.1\r\nHost: localhost\r\n{basic}\r\n\r\n"
                client.send("".join(request % code for code in range(400, 440)))
                self.assertEqual([client.answer().status for _ in range(40)], list(range(400, 440)))

    def test_a_download_arrives_whole(self):
        for prefix in self.each():
            for size in (0, 1, 100_000, 20_000_000):
                response = self.daemon.get(f"{prefix}/download.bin?size={size}")
                self.assertEqual(response.status, 200)
                self.assertEqual(response.content, (bytes(range(256)) * (size // 256 + 1))[:size])

    def test_what_is_said_reaches_console_event_log_and_message_list(self):
        for prefix in self.each():
            words = f"a word from {prefix}"
            with self.daemon.client() as client:
                client.ask("GET", f"{prefix}/events.txt", headers=[client.basic(USER, "not a secret")])
                lines = client.lines(client.head())
                next(lines)  # TIMESTAMP comes each second: from here on we hear the bus.
                form = f"text={words.replace(' ', '+')}&error=on"
                self.assertEqual(self.daemon.request("POST", f"{prefix}/message.html", form=form).status, 200)
                heard = set()
                while heard != {"MESSAGE", "DEMO_MESSAGE"}:
                    line, _ = next(lines)
                    if words in line:
                        heard.add(line.split()[0])
            self.daemon.wait_for_line(f"{HELPERS[prefix].partition('name=')[2].partition(',')[0]}.*{words}")
            recent = self.daemon.get("/messagebus/all_messages.json").json
            self.assertIn(words, [message["kismet.messagebus.message_string"] for message in recent])


if __name__ == "__main__":
    unittest.main()
