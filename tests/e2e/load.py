"""Clients that ask for a page over and over, while a test does something else."""

import threading
import time

from client import Truncated
from daemon import PASSWORD, USER, wait_until


class Load:
    """Clients that ask for one page over and over, each on a connection of its own; a context manager. `answers` has the
    status of each answer, `slowest` the longest time that one took."""

    def __init__(self, daemon, target, clients=4):
        self.daemon, self.target, self.clients = daemon, target, clients
        self.answers, self.slowest, self.troubles = [], 0.0, []
        self._over = threading.Event()

    def __enter__(self):
        self._threads = [threading.Thread(target=self._ask) for _ in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self):
        client = self.daemon.client()
        while not self._over.is_set():
            began = time.monotonic()
            try:
                client.ask("GET", self.target, headers=[client.basic(USER, PASSWORD)])
                self.answers.append(client.answer().status)
            except (OSError, Truncated) as trouble:
                self.troubles.append(repr(trouble))
                client.close()
                client = self.daemon.client()
            self.slowest = max(self.slowest, time.monotonic() - began)
        client.close()

    def more(self, count):
        """Waits until so many more answers have come."""
        wanted = len(self.answers) + count
        wait_until(lambda: len(self.answers) >= wanted or self.troubles, f"{count} more answers")
