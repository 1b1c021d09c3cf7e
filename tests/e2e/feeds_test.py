"""Events reach those who listen: over websocket and as Server-Sent Events, across a restart of the daemon."""

import asyncio
import json
import sys
import unittest
import urllib.parse

from daemon import DEADLINE, DEMO, DEMO_PY, PASSWORD, PREFIXES, USER, Daemon
from outside_modules import need

websockets = need("websockets")


def publish(daemon, topic, content):
    body = json.dumps({"topic": topic, "content": content})
    response = daemon.request("POST", "/eventbus/publish.cmd", body=body, headers=["Content-Type: application/json"])
    return response.status, response.json if response.status == 200 else response.text


class Stream:
    """A reader of the event stream, as a context manager."""

    def __init__(self, daemon, query, last_id=None):
        self.client = daemon.client()
        headers = [self.client.basic(USER, PASSWORD)]
        if last_id:
            headers.append(f"Last-Event-ID: {last_id}")
        self.client.ask("GET", f"/eventbus/events.sse?{query}", headers=headers)
        self.head = self.client.head()
        self.lines = self.client.lines(self.head)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def event(self):
        """The next event: its id and its data."""
        found = {}
        for line, _ in self.lines:
            name, _, value = line.partition(": ")
            if not line and "data" in found:
                return found["id"], json.loads(found["data"])
            found[name] = value
        raise AssertionError("the stream ended")


class Feeds(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(DEMO, DEMO_PY))
        cls.daemon.wait_for_helpers(*PREFIXES.values())

    def connect(self):
        login = urllib.parse.urlencode({"user": USER, "password": PASSWORD})
        return websockets.connect(f"ws://127.0.0.1:{self.daemon.port}/eventbus/events.ws?{login}")

    async def next_json(self, socket):
        return json.loads(await asyncio.wait_for(socket.recv(), DEADLINE))

    async def ask(self, socket, **request):
        """Requests are done in order and only bad ones answered: so this waits until it is done."""
        await socket.send(json.dumps(request))
        await socket.send("and then?")
        self.assertIn("kismet.eventbus.error", await self.next_json(socket))

    async def test_the_time_comes_every_second(self):
        async with self.connect() as socket:
            await socket.send('{"SUBSCRIBE": "TIMESTAMP"}')
            seconds = []
            for _ in range(3):
                event = await self.next_json(socket)
                self.assertEqual(list(event), ["TIMESTAMP"])
                seconds.append(event["TIMESTAMP"]["kismet.system.timestamp.sec"])
            self.assertEqual(seconds, list(range(seconds[0], seconds[0] + 3)))

    async def test_what_helpers_and_clients_publish_arrives(self):
        async with self.connect() as socket:
            await self.ask(socket, SUBSCRIBE="DEMO_MESSAGE")
            await self.ask(socket, SUBSCRIBE="MINE", envelope=True, parsed=True)
            for prefix in PREFIXES.values():
                await asyncio.to_thread(self.daemon.request, "POST", f"{prefix}/message.html", form="text=hello")
                event = await self.next_json(socket)
                self.assertEqual(list(event), ["kismet.eventbus.event_json"])
                json.loads(event["kismet.eventbus.event_json"])
            status, answer = await asyncio.to_thread(publish, self.daemon, "MINE", {"a": [1, "ü"]})
            self.assertEqual(status, 200)
            event = await self.next_json(socket)
            self.assertEqual((event["topic"], event["id"], event["event"]), ("MINE", answer["id"], {"MINE": {"a": [1, "ü"]}}))

    async def test_core_events_are_not_for_clients_to_publish(self):
        self.assertEqual((await asyncio.to_thread(publish, self.daemon, "MESSAGE", {}))[0], 400)

    async def test_a_hundred_listeners_hear_everything_in_order(self):
        sockets = [await self.connect() for _ in range(100)]
        try:
            for socket in sockets:
                await self.ask(socket, SUBSCRIBE="MANY", parsed=True)

            def publish_all():
                for n in range(50):
                    publish(self.daemon, "MANY", n)

            publishing = asyncio.create_task(asyncio.to_thread(publish_all))
            for socket in sockets:
                self.assertEqual([(await self.next_json(socket))["MANY"] for _ in range(50)], list(range(50)))
            await publishing
        finally:
            await asyncio.gather(*(socket.close() for socket in sockets))

    def test_the_same_comes_as_server_sent_events(self):
        with Stream(self.daemon, "topic=SSE&parsed=1") as stream:
            self.assertEqual(stream.head.header("Content-Type"), "text/event-stream")
            self.assertEqual(next(stream.lines)[0], "retry: 1000")
            for n in range(3):
                _, answer = publish(self.daemon, "SSE", n)
                self.assertEqual(stream.event(), (answer["id"], {"SSE": n}))

    def test_feeds_take_a_login(self):
        for target in ("/eventbus/events.sse", "/eventbus/feeds.json"):
            self.assertEqual(self.daemon.request("GET", target, login=False).status, 401)
        self.assertEqual(self.daemon.request("POST", "/eventbus/publish.cmd", login=False, body="{}").status, 401)


class Restart(unittest.TestCase):
    def test_a_reader_that_comes_back_after_a_restart_misses_nothing_that_is_held(self):
        with Daemon() as daemon:
            with Stream(daemon, "topic=MINE&parsed=1") as stream:
                publish(daemon, "MINE", "before")
                last_id, event = stream.event()
                self.assertEqual(event, {"MINE": "before"})
                publish(daemon, "MINE", "unread")
                daemon.stop()
            daemon.start()
            for n in range(5):
                publish(daemon, "MINE", n)
            with Stream(daemon, "topic=MINE&parsed=1", last_id) as stream:
                events = [stream.event() for _ in range(5)]
                self.assertEqual([event["MINE"] for _, event in events], list(range(5)))
            with Stream(daemon, "topic=MINE&parsed=1", events[2][0]) as stream:
                self.assertEqual([stream.event() for _ in range(2)], events[3:])


if __name__ == "__main__":
    unittest.main()
