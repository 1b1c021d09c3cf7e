"""The daemon's own pages in a browser: each page's main act, what goes wrong under them, and how they look."""

import contextlib
import os
import pathlib
import signal
import sqlite3
import time
import unittest

from browsers import PAGES, play, skip_without_browser
from daemon import DEMO, DEMO_PY, SOURCE, Daemon
from nginx import PROGRAM as NGINX
from nginx import Nginx

MESSAGES_UNLIMITED = ("message_rate=1000000", "message_burst=1000000", "helper_messages_a_second=1000000")
BUSY = f"{SOURCE}/tests/e2e/busy_helper.py:name=busy"

PLUGINS = {
    "antennas": """let times = 0;
        export function activate(api) {
          api.addTab({title: 'Antennas', show({root, signal}) {
            root.append(api.h('h1', {}, 'Antennas of ' + api.plugin));
            api.subscribe('TIMESTAMP', () => { root.querySelector('h1').dataset.heard = ++times; }, {signal});
          }});
        }""",
    "stock": "(function () { kismet_ui_tabpane.AddTab({id: 'x'}, 'south'); })(); export {};",
    "broken": "this is no JavaScript",
}


def kill(daemon, name):
    """Kills a helper's process, as a person would."""
    program = {"demo": "kismet_demo", "demo-py": "kismet_demo.py"}[name]
    for pid in daemon.children():
        words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if any(word.endswith(b"/" + program.encode()) for word in words):
            os.kill(pid, signal.SIGKILL)


def restart(daemon):
    """Starts it again where it was, as a service manager does."""
    text = daemon.config.read_text(encoding="utf-8")
    daemon.config.write_text(text.replace("httpd_port=0\n", f"httpd_port={daemon.port}\n"), encoding="utf-8")
    daemon.process.stdout.close()
    daemon.start()


def pages_daemon(*helpers, settings=(), login=True):
    """A daemon with the pages, whose logs are its own."""
    daemon = Daemon(*helpers, settings=(PAGES, *settings), login=login)
    with daemon.config.open("a", encoding="utf-8") as config:
        config.write(f"log_prefix={daemon.home}\n")
    return daemon


class Ui(unittest.TestCase):
    def play(self, scenario, *helpers, settings=(), login=True, **deeds):
        with pages_daemon(*helpers, settings=settings, login=login) as daemon:
            if login:
                daemon.wait_for_helpers("/demo")
            bound = {name: lambda *arguments, deed=deed: deed(daemon, *arguments) for name, deed in deeds.items()}
            play(scenario, f"http://127.0.0.1:{daemon.port}", **bound)

    def test_a_person_sets_the_login_sees_the_overview_and_comes_back(self):
        self.play("overview", DEMO, DEMO_PY, login=False, kill=kill)

    def test_a_helper_is_looked_at_stopped_started_and_killed(self):
        self.play("helper", DEMO, BUSY, kill=kill, noise=lambda daemon: daemon.get("/busy/line.txt").status)

    def test_messages_are_followed_filtered_and_scrolled_back(self):
        with pages_daemon(DEMO, DEMO_PY, settings=("enable_logging=true", *MESSAGES_UNLIMITED)) as daemon:
            daemon.wait_for_line("logging to")
            daemon.stop()
            daemon.process.stdout.close()
            (path,) = daemon.home.glob("Kismet-*.kismet")
            long_ago = int(time.time()) - 86400
            with contextlib.closing(sqlite3.connect(path)) as log, log:
                newest = log.execute("SELECT coalesce(max(rowid), 0) FROM messages").fetchone()[0]
                log.execute("DELETE FROM messages")
                log.execute("DELETE FROM message_details")
                for i in range(1500):
                    log.execute("INSERT INTO messages (rowid, ts_sec, lat, lon, msgtype, message) VALUES (?, ?, 0, 0, 'INFO', ?)",
                                (newest + i + 1, long_ago + i, f"old message {i}"))
                    log.execute("INSERT INTO message_details VALUES (?, 0, 'demo', 1)", (newest + i + 1,))
            daemon.start()
            daemon.wait_for_helpers("/demo")
            play("messages", f"http://127.0.0.1:{daemon.port}")

    def test_events_endpoints_and_keys(self):
        self.play("tools", DEMO, DEMO_PY)

    def test_the_daemon_is_restarted_and_a_session_ends_while_pages_are_open(self):
        self.play("life", DEMO, DEMO_PY, settings=MESSAGES_UNLIMITED,
                  stop=lambda daemon: daemon.stop(), start=restart)

    def test_all_pages_are_in_order_for_axe_phones_the_dark_and_the_keyboard(self):
        self.play("look", DEMO, DEMO_PY)

    def test_a_thousand_events_a_second_and_ten_thousand_rows(self):
        self.play("load", DEMO, BUSY)

    @unittest.skipUnless(NGINX, "nginx is not there")
    def test_all_of_it_works_below_a_path_behind_nginx(self):
        with pages_daemon(DEMO, settings=("httpd_trusted_proxy=127.0.0.1",), login=False) as daemon:
            daemon.wait_for_line("/demo/index.html")
            with Nginx(daemon.port) as proxy:
                play("proxied", f"https://localhost:{proxy.port}",
                     code=lambda: daemon.wait_for_line(r"set-up code (\S+)").group(1))

    def test_the_wire_is_shown_filtered_and_kept(self):
        self.play("wire", DEMO)

    def test_a_plugin_adds_a_tab(self):
        daemon = pages_daemon(DEMO, settings=("allowplugins=true",))
        for name, script in PLUGINS.items():
            folder = daemon.home / ".kismet" / "plugins" / name
            (folder / "httpd" / "js").mkdir(parents=True)
            (folder / "httpd" / "js" / "module.js").write_text(script, encoding="utf-8")
            (folder / "manifest.conf").write_text(
                f"name={name}\ndescription=A test\nauthor=Ada\nversion=1.0\njs={name},js/module.js\n", encoding="utf-8")
        with daemon:
            daemon.wait_for_helpers("/demo")
            play("plugin", f"http://127.0.0.1:{daemon.port}")


if __name__ == "__main__":
    skip_without_browser()
    unittest.main()
