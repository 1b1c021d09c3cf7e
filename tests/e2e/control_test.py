"""Helpers looked at, started and stopped over HTTP; metrics and health of the daemon."""

import collections
import os
import re
import shutil
import signal
import subprocess
import unittest

from daemon import DEADLINE, DEMO, DEMO_PY, PASSWORD, USER, Daemon, fake, wait_until

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (\S+)')


def metrics(daemon):
    """All samples as {name with labels: value}; each must belong to the family named before it."""
    response = daemon.get("/metrics")
    if response.status != 200 or not response.header("Content-Type").startswith("text/plain; version=0.0.4"):
        raise AssertionError(f"no metrics: {response.status} {response.header('Content-Type')}")
    samples, family, kind = {}, None, None
    for line in response.text.splitlines():
        if line.startswith("# "):
            family, kind = line.split()[2:4]
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        stem = re.sub("_(bucket|sum|count)$", "", name) if kind == "histogram" else name
        if stem != family or name + (labels or "") in samples:
            raise AssertionError(f"out of place: {line}")
        samples[name + (labels or "")] = float(value)
    return samples


def page(daemon, name):
    return daemon.get(f"/helpers/{name}.json").json


def wait_for_state(daemon, name, state):
    return wait_until(
        lambda: (helper := page(daemon, name))["kismet.helper.state"] == state and helper, f"{name} is {state}"
    )


def command(daemon, name, verb):
    response = daemon.request("POST", f"/helpers/{name}/{verb}.cmd")
    if response.status != 200:
        raise AssertionError(f"{verb} {name}: {response.status} {response.text}")
    return response.json


class Control(unittest.TestCase):
    def test_helpers_are_listed_with_what_they_do(self):
        with Daemon(DEMO, f"{DEMO_PY},enabled=false") as daemon:
            daemon.wait_for_helpers("/demo")
            demo, other = daemon.get("/helpers/all.json").json
            self.assertEqual((demo["kismet.helper.name"], demo["kismet.helper.state"]), ("demo", "ready"))
            self.assertIn(demo["kismet.helper.pid"], daemon.children())
            self.assertIn("/demo/index.html", [uri["uri"] for uri in demo["kismet.helper.uris"]])
            self.assertGreaterEqual(demo["kismet.helper.counters"]["requests"], 1)
            self.assertEqual((other["kismet.helper.name"], other["kismet.helper.state"]), ("demo-py", "disabled"))
            self.assertEqual(other["kismet.helper.pid"], 0)
            self.assertEqual(daemon.get("/helpers/ghost.json").status, 404)
            self.assertEqual(daemon.get("/helpers/all.json", login=False).status, 401)

    def test_a_helper_is_stopped_and_started_by_hand(self):
        with Daemon(f"{DEMO},restart=always", settings=("helper_restart_delay=1ms",)) as daemon:
            daemon.wait_for_helpers("/demo")
            first = page(daemon, "demo")["kismet.helper.pid"]
            command(daemon, "demo", "stop")
            helper = wait_for_state(daemon, "demo", "stopped")
            self.assertEqual((helper["kismet.helper.pid"], helper["kismet.helper.uris"]), (0, []))
            self.assertEqual(helper["kismet.helper.starts"], 1)
            self.assertEqual(daemon.get("/demo/index.html").status, 404)
            self.assertIn(f"stop asked for by {USER}", daemon.wait_for_line("stop asked for by").string)
            command(daemon, "demo", "start")
            helper = wait_for_state(daemon, "demo", "ready")
            self.assertNotEqual(helper["kismet.helper.pid"], first)
            daemon.wait_for_helpers("/demo")

    def test_a_restart_by_hand_replaces_the_process(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            first = page(daemon, "demo")["kismet.helper.pid"]
            command(daemon, "demo", "restart")
            wait_until(lambda: page(daemon, "demo")["kismet.helper.starts"] == 2, "it was started again")
            self.assertNotEqual(wait_for_state(daemon, "demo", "ready")["kismet.helper.pid"], first)
            daemon.wait_for_helpers("/demo")
            self.assertEqual(metrics(daemon)['kismet_helper_restarts_total{helper="demo"}'], 1)

    def test_helpers_that_are_disabled_or_have_failed_can_be_started(self):
        with Daemon(f"{DEMO},enabled=false", "/bin/false:name=broken,restart=never") as daemon:
            report = wait_for_state(daemon, "broken", "failed")["kismet.helper.last_report"]
            self.assertEqual(report["exit"], "exit code 1")
            command(daemon, "broken", "start")
            wait_until(lambda: page(daemon, "broken")["kismet.helper.failures"] == 2, "it has failed again")
            command(daemon, "demo", "start")
            daemon.wait_for_helpers("/demo")

    def test_nothing_is_started_while_the_daemon_stops(self):
        with Daemon(DEMO, fake("stubborn", "stops_for_ever"), settings=("helper_shutdown_grace=60s",)) as daemon:
            daemon.wait_for_helpers("/demo")
            daemon.wait_for_page("/fake/stops_for_ever/ok")
            with daemon.client() as client:
                client.ask("GET", "/fake/stops_for_ever", headers=[client.basic(USER, PASSWORD)])
                stubborn = wait_until(
                    lambda: (helper := page(daemon, "stubborn"))["kismet.helper.open_exchanges"] and helper, "it is asked"
                )["kismet.helper.pid"]
                daemon.process.send_signal(signal.SIGTERM)
                daemon.wait_for_line("kismet: stopping$")
                response = daemon.request("POST", "/helpers/demo/start.cmd")
                self.assertEqual((response.status, "is stopping" in response.text), (503, True))
                os.kill(stubborn, signal.SIGKILL)
                self.assertEqual(daemon.process.wait(timeout=DEADLINE), 0)

    def test_what_a_helper_printed_can_be_read(self):
        with Daemon(fake("printer", "output_flood")) as daemon:
            daemon.wait_for_page("/fake/output_flood/ok")
            self.assertEqual(daemon.get("/fake/output_flood").text, "flooded")
            wait_until(
                lambda: any("output flood" in line for line in daemon.get("/helpers/printer/log.json").json[
                    "kismet.helper.log"]), "its lines are kept"
            )


class Figures(unittest.TestCase):
    def test_clients_that_vanish_leave_nothing_behind(self):
        clients = 1000
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            before = page(daemon, "demo")
            opened = []
            for _ in range(clients):
                client = daemon.client()
                client.ask("GET", "/demo/stream.txt", headers=[client.basic(USER, PASSWORD)])
                opened.append(client)
            for client in opened:
                next(client.lines(client.head()))
            self.assertEqual(metrics(daemon)['kismet_helper_open_exchanges{helper="demo"}'], clients)
            for number, client in enumerate(opened):
                client.reset() if number % 2 else client.close()

            def all_over():
                seen = metrics(daemon)
                return (
                    seen['kismet_helper_open_exchanges{helper="demo"}'] == 0
                    and seen['kismet_helper_cancels_total{helper="demo"}'] == clients
                    and seen["kismet_proxied_cancelled_total"] == clients
                    and seen["kismet_proxied_open_requests"] == 0
                )

            wait_until(all_over, "all requests are cancelled")
            after = page(daemon, "demo")
            self.assertEqual(after["kismet.helper.pid"], before["kismet.helper.pid"])
            self.assertEqual(after["kismet.helper.starts"], 1)
            wait_until(
                lambda: metrics(daemon)["kismet_http_open_connections"] == 1, "the one that asks is the last connection"
            )

    def test_metrics_count_what_happens(self):
        with Daemon(DEMO, DEMO_PY) as daemon:
            daemon.wait_for_helpers("/demo", "/demo-py")
            before = collections.Counter(metrics(daemon))
            for _ in range(5):
                self.assertEqual(daemon.get("/demo/index.html").status, 200)
            self.assertEqual(daemon.get("/nothing").status, 404)
            after = metrics(daemon)
            self.assertEqual(after["kismet_proxied_complete_total"] - before["kismet_proxied_complete_total"], 5)
            requests = 'kismet_helper_requests_total{helper="demo"}'
            self.assertEqual(after[requests] - before[requests], 5)
            answered = 'kismet_http_requests_total{route="helper",status="2xx"}'
            self.assertEqual(after[answered] - before[answered], 5)
            took = 'kismet_helper_latency_seconds_count{helper="demo"}'
            self.assertEqual(after[took] - before[took], 5)
            not_found = 'kismet_http_requests_total{route="file",status="4xx"}'
            self.assertEqual(after[not_found] - before[not_found], 1)
            for name in ("demo", "demo-py"):
                self.assertEqual(after[f'kismet_helper_state{{helper="{name}",state="ready"}}'], 1)
                self.assertGreater(after[f'kismet_helper_received_bytes_total{{helper="{name}"}}'], 0)
            self.assertEqual(daemon.get("/metrics", login=False).status, 401)

    @unittest.skipUnless(shutil.which("promtool"), "promtool, of Debian's prometheus, is not installed")
    def test_promtool_has_nothing_to_say_about_the_metrics(self):
        with Daemon(DEMO) as daemon:
            daemon.wait_for_helpers("/demo")
            text = daemon.get("/metrics").content
            done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))

    def test_health_and_readiness_ask_no_login(self):
        with Daemon(DEMO, "no_such_helper:name=ghost") as daemon:
            daemon.wait_for_helpers("/demo")
            self.assertEqual(daemon.get("/system/health", login=False).text, "alive\n")
            wait_for_state(daemon, "ghost", "failed")
            response = daemon.get("/system/ready", login=False)
            self.assertEqual((response.status, response.text), (503, "not ready\n"))
            self.assertEqual(daemon.get("/system/ready").text, "not ready: ghost\n")
        with Daemon(DEMO, f"{DEMO_PY},enabled=false") as daemon:
            wait_until(lambda: daemon.get("/system/ready", login=False).status == 200, "it is ready")


if __name__ == "__main__":
    unittest.main()
