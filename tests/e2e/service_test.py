#!/usr/bin/env python3
"""As a service of systemd's (Type=notify): what the daemon tells the socket that NOTIFY_SOCKET names."""

import os
import signal
import socket
import unittest

from daemon import DEADLINE, DEMO, Daemon


class Manager:
    """The service manager's end of the socket; while it is open, daemons inherit its address."""

    def __init__(self, watchdog_usec=None):
        self.name = f"\0kismet-test-{os.getpid()}"  # Abstract: leaves no file.
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(DEADLINE)
        self.socket.bind(self.name)
        self.environment = {"NOTIFY_SOCKET": "@" + self.name[1:]}
        if watchdog_usec:
            self.environment["WATCHDOG_USEC"] = str(watchdog_usec)

    def __enter__(self):
        os.environ.update(self.environment)
        return self

    def __exit__(self, *_):
        for name in self.environment:
            os.environ.pop(name)
        self.socket.close()

    def hears(self):
        return self.socket.recv(4096).decode().splitlines()

    def hears_at_last(self, word):
        """Skips what comes before `word`."""
        while word not in (heard := self.hears()):
            pass
        return heard


class Service(unittest.TestCase):
    def test_it_is_ready_once_it_listens_and_says_when_it_stops(self):
        with Manager() as manager, Daemon(DEMO) as daemon:
            self.assertEqual(manager.hears()[0], "READY=1")
            daemon.stop()
            self.assertEqual(manager.hears(), ["STOPPING=1"])

    def test_the_watchdog_is_fed_while_all_threads_turn(self):
        with Manager(watchdog_usec=200_000) as manager, Daemon(settings=["threads=3"]):
            for _ in range(5):
                manager.hears_at_last("WATCHDOG=1")

    def test_a_reload_is_announced_with_its_time_and_its_end(self):
        with Manager() as manager, Daemon() as daemon:
            manager.hears_at_last("READY=1")
            daemon.process.send_signal(signal.SIGHUP)
            self.assertRegex(manager.hears_at_last("RELOADING=1")[1], r"^MONOTONIC_USEC=\d+$")
            manager.hears_at_last("READY=1")


if __name__ == "__main__":
    unittest.main()
