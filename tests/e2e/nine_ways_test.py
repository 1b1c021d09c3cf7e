"""The same helper program over a pipe, over TCP and over a websocket, in each generation of the wire."""

import contextlib
import json
import unittest

from client import Client
from daemon import PASSWORD, USER, wait_until
from remote_helpers import Program, api_key, remote_daemon, url_of

TRANSPORTS = ("pipe", "tcp", "websocket")
WIRES = ("v0", "v2", "v3")


def name_of(transport, wire):
    return f"{transport}-{wire}"


def line_of(transport, wire):
    name = name_of(transport, wire)
    if transport != "pipe":
        return f"kismet_demo:name={name},transport={transport}"
    return f'kismet_demo:name={name},args="--wire={wire} --prefix=/{name} --name={name}"'


class NineWays(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ways = [(transport, wire) for transport in TRANSPORTS for wire in WIRES]
        cls.daemon = cls.enterClassContext(remote_daemon(*(line_of(*way) for way in ways)))
        key = api_key(cls.daemon, "helper")
        for transport, wire in ways:
            name = name_of(transport, wire)
            if transport != "pipe":
                program = Program(url_of(cls.daemon, transport), name, f"--wire={wire}", f"--prefix=/{name}", key=key)
                cls.enterClassContext(program)
        for way in ways:
            cls.daemon.wait_for_page(f"/{name_of(*way)}/counters.json")

    def ways(self):
        for transport in TRANSPORTS:
            for wire in WIRES:
                with self.subTest(transport=transport, wire=wire):
                    yield transport, wire, f"/{name_of(transport, wire)}"

    def client(self):
        return contextlib.closing(self.daemon.client())

    def ask(self, client, method, target, **options):
        client.ask(method, target, headers=[Client.basic(USER, PASSWORD)], **options)

    def test_each_is_seen_as_what_it_is(self):
        for transport, wire, _ in self.ways():
            helper = self.daemon.get(f"/helpers/{name_of(transport, wire)}.json").json
            self.assertEqual(helper["kismet.helper.state"], "ready")
            self.assertEqual(helper["kismet.helper.transport"], transport)
            self.assertEqual(helper["kismet.helper.generation"], wire)
            self.assertEqual(bool(helper["kismet.helper.peer"]), transport != "pipe")
            self.assertEqual(bool(helper["kismet.helper.pid"]), transport == "pipe")

    def test_pages_and_forms(self):
        for _, _, prefix in self.ways():
            self.assertIn("Hello", self.daemon.get(f"{prefix}/index.html").text)
            self.assertIn("<td>b &amp; c</td>", self.daemon.get(f"{prefix}/variables.html?a=b%20%26%20c").text)
            with self.client() as client:
                self.ask(client, "POST", f"{prefix}/variables.html?a=1", form="a=2&d=e")
                self.assertIn("<td>2</td>", client.answer().text)

    def test_a_code_and_a_header_of_its_own(self):
        for _, _, prefix in self.ways():
            response = self.daemon.get(f"{prefix}/answer.html?code=418&header=tea")
            self.assertEqual((response.status, response.header("X-Demo")), (418, "tea"))

    def test_a_large_answer_arrives_whole(self):
        size = 3_000_000
        expected = (bytes(range(256)) * 32 * (size // 8192 + 1))[:size]
        for _, _, prefix in self.ways():
            content = self.daemon.get(f"{prefix}/download.bin?size={size}").content
            self.assertEqual(len(content), size)
            self.assertTrue(content == expected, "the bytes are others")

    def test_many_requests_at_a_time(self):
        for _, _, prefix in self.ways():
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(self.client()) for _ in range(20)]
                for number, client in enumerate(clients):
                    self.ask(client, "GET", f"{prefix}/variables.html?number={number}x")
                for number, client in enumerate(clients):
                    self.assertIn(f"<td>{number}x</td>", client.answer().text)

    def test_a_client_that_leaves_cancels_its_stream(self):
        for _, _, prefix in self.ways():
            before = self.daemon.get(f"{prefix}/counters.json").json["cancels"]
            with self.client() as client:
                self.ask(client, "GET", f"{prefix}/stream.txt")
                lines = client.lines(client.head())
                self.assertTrue(next(lines)[0].startswith("line 1 at "))
            wait_until(lambda: self.daemon.get(f"{prefix}/counters.json").json["cancels"] > before, "it is cancelled")

    def test_events_go_both_ways(self):
        for transport, wire, prefix in self.ways():
            with self.client() as client:
                self.ask(client, "GET", f"{prefix}/events.txt")
                wait_until(lambda: self.daemon.get(f"{prefix}/counters.json").json["open"] >= 2, "it is being listened")
                said = f"said over {transport} in {wire}"
                with self.client() as other:
                    self.ask(other, "POST", f"{prefix}/message.html", form=f"text={said.replace(' ', '+')}")
                    self.assertEqual(other.answer().status, 200)
                lines = client.lines(client.head())
                line = next(line for line, _ in lines if line.startswith("DEMO_MESSAGE "))
                event = json.loads(line.split(" ", 1)[1])
                self.assertEqual(json.loads(event["kismet.eventbus.event_json"])["text"], said)
            self.daemon.wait_for_line(said)


if __name__ == "__main__":
    unittest.main()
