"""What Kismet's own web UI and kismet_rest call, step by step and in their order, against the daemon (HTTP_API.md B3, B7)."""

import asyncio
import base64
import json
import unittest
import urllib.parse

from daemon import DEADLINE, DEMO, PASSWORD, USER, Daemon
from outside_modules import need

websockets = need("websockets")
BASIC = "Authorization: Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
TOPICS = ("TIMESTAMP", "MESSAGE", "ALERT", "BATTERY", "GPS_LOCATION", "PACKETCHAIN_STATS", "RADIATION")
PAGES = {"index.html": "<script src='dynamic.js'></script>", "js/kismet.ui.js": "exports = {};", "css/a.css": "a{}"}


def stock_home(daemon):
    """Files where those of a Kismet installation would be."""
    for name, content in PAGES.items():
        path = daemon.home / "ui" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def with_stock_ui(*helpers, **options):
    daemon = Daemon(*helpers, settings=("httpd_home=%h/ui", *options.pop("settings", ())), **options)
    stock_home(daemon)
    return daemon


class StockUi(unittest.TestCase):
    def ask(self, method, path, headers=(BASIC,), **body):
        return self.daemon.request(method, path, login=False, headers=list(headers), **body)

    def get_json(self, path):
        answer = self.ask("GET", path)
        self.assertEqual((answer.status, answer.header("Content-Type")), (200, "application/json"), path)
        self.assertNotIn(b"\n", answer.content)
        return answer.json

    def test_the_ui_starts_on_a_fresh_daemon(self):
        self.daemon = self.enterContext(with_stock_ui(DEMO, login=False))
        for name, content in PAGES.items():
            self.assertEqual(self.ask("GET", f"/{name}", ()).text, content)
        self.assertEqual(self.ask("GET", "/", ()).text, PAGES["index.html"])

        script = self.ask("GET", "/dynamic.js", ())
        self.assertIn("javascript", script.header("Content-Type"))
        self.assertIn("async function load_dynamics()", script.text)

        for _ in range(2):
            answer = self.ask("GET", "/system/user_status.json", ())
            self.assertEqual(answer.header("Content-Type"), "application/json")
            self.assertIn("kismet.system.user", answer.json)

        self.assertEqual(self.ask("GET", "/session/check_setup_ok", ()).status, 500)
        form = urllib.parse.urlencode({"username": USER, "password": PASSWORD})
        self.assertEqual(self.ask("POST", "/session/set_password", (), form=form).status, 200)
        self.assertEqual(self.ask("GET", "/session/check_setup_ok", ()).status, 200)
        self.the_ui_runs()

    def test_the_ui_starts_where_the_login_is_fixed(self):
        self.daemon = self.enterContext(with_stock_ui(DEMO))
        self.assertEqual(self.ask("GET", "/session/check_setup_ok", ()).status, 406)
        self.the_ui_runs()

    def the_ui_runs(self):
        wrong = "Authorization: Basic " + base64.b64encode(b"kismet:").decode()
        self.assertEqual(self.ask("GET", "/session/check_login", (wrong,)).status, 401)
        self.assertEqual(self.ask("GET", "/session/check_login").status, 200)
        self.assertLess(self.ask("HEAD", "/").status, 400)
        asyncio.run(self.listen())

        status = self.get_json("/system/status.json")
        self.assertGreater(status["kismet.system.timestamp.sec"], 0)
        for key in ("server_name", "battery.percentage", "battery.charging", "battery.ac", "battery.remaining"):
            self.assertIn(f"kismet.system.{key}", status)

        messages = self.get_json("/messagebus/last-time/0/messages.json")["kismet.messagebus.list"]
        self.assertIn("kismet.messagebus.message_string", messages[0])

        self.assertEqual(self.get_json("/devices/views/all_views.json"), [])
        page = urllib.parse.urlencode({"json": '{"fields": [["kismet.device.base.key", "key"]]}', "page": 0, "size": 20})
        devices = self.ask("POST", "/devices/views/all/devices.json", form=page).json
        self.assertEqual(devices, {"data": [], "last_page": 0, "last_row": 0})
        alerts = self.get_json("/alerts/wrapped/last-time/0/alerts.json")
        self.assertEqual({"kismet.alert.list", "kismet.alert.timestamp"}, set(alerts))
        self.assertEqual(self.get_json("/gps/location.json"), {})
        self.assertEqual(self.get_json("/channels/channels.json"), {})
        self.plugins_and_keys()

    def plugins_and_keys(self):
        names = [key["kismet.httpd.auth.name"] for key in self.get_json("/auth/apikey/list.json")]
        self.assertNotIn("script", names)
        key = {"name": "script", "role": "readonly", "duration": 0}
        made = self.ask("POST", "/auth/apikey/generate.cmd", form=urllib.parse.urlencode({"json": json.dumps(key)}))
        self.assertRegex(made.text, r"\A[0-9A-F]{32}\Z")
        seen = self.ask("GET", "/system/status.json", (f"Cookie: KISMET={made.text}",))
        self.assertEqual(seen.status, 200)
        gone = self.ask("POST", "/auth/apikey/revoke.cmd", form=urllib.parse.urlencode({"json": '{"name": "script"}'}))
        self.assertEqual(gone.status, 200)
        self.assertEqual(self.ask("GET", "/system/status.json", (f"Cookie: KISMET={made.text}",)).status, 401)

    async def listen(self):
        """The UI's websocket, and an alert that a script raises meanwhile, by either name."""
        login = urllib.parse.urlencode({"user": USER, "password": PASSWORD})
        url = f"ws://127.0.0.1:{self.daemon.port}/eventbus/events.ws?{login}"
        async with websockets.connect(url, open_timeout=DEADLINE) as socket:
            for topic in TOPICS:
                await socket.send(json.dumps({"SUBSCRIBE": topic}))
            wanted = {"TIMESTAMP"}
            while wanted:
                wanted -= set(json.loads(await asyncio.wait_for(socket.recv(), DEADLINE)))
            for path in ("raise_alert", "raise_alerts"):
                command = urllib.parse.urlencode({"json": json.dumps({"name": "DOORBELL", "text": f"by {path}"})})
                raised = await asyncio.to_thread(self.ask, "POST", f"/alerts/{path}.cmd", form=command)
                self.assertEqual(raised.status, 200)
                wanted = {"MESSAGE", "ALERT"}
                while wanted:
                    event = json.loads(await asyncio.wait_for(socket.recv(), DEADLINE))
                    if f"by {path}" in json.dumps(event):
                        wanted -= set(event)


class Stubs(unittest.TestCase):
    def status(self, *settings):
        with Daemon(settings=settings) as daemon:
            return daemon.get("/devices/views/all_views.json").status

    def test_without_kismets_pages_there_are_no_stubs_unless_they_are_asked_for(self):
        self.assertEqual(self.status("httpd_home=%h/none"), 404)
        self.assertEqual(self.status("httpd_home=%h/none", "compat_stubs=on"), 200)

    def test_with_kismets_pages_they_can_be_turned_off(self):
        with with_stock_ui(settings=("compat_stubs=off",)) as daemon:
            self.assertEqual(daemon.get("/devices/views/all_views.json").status, 404)
            self.assertEqual(daemon.get("/dynamic.json").json, {"dynamicjs": []})

    def test_a_stub_takes_a_login(self):
        with Daemon(settings=("compat_stubs=on",)) as daemon:
            self.assertEqual(daemon.get("/gps/location.json", login=False).status, 401)


if __name__ == "__main__":
    unittest.main()
