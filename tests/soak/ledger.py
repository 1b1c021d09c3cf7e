"""What the clients of a soak saw, request by request, to be held against what the daemon says that it did."""

import collections
import re
import threading

from client import Truncated

LEFT = (OSError, Truncated)  # The connection ended before the answer did.
LINE = re.compile(r'^(\S+) - (.*?) \[[^]]*\] ".*" (\d+) (\d+) ".*" ".*" \S+ \S+ \S+ (done|cut)$')


class Ledger:
    """Counts of all clients together; safe on every thread.

    A request is known by its status from the head of its answer on. Of one that was sent whole and never saw a head the
    client cannot tell whether the daemon has read it: these are `headless`, and bound what may differ.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self.statuses = collections.Counter()  # "2xx": how many answers began so.
        self.whole = 0  # Of these, those that were read to their end.
        self.headless = 0
        self.actions = collections.Counter()

    def ask(self, client, method, target, **options):
        """Sends a request and reads the head of its answer."""
        client.ask(method, target, **options)
        return self.head(client)

    def head(self, client):
        """The head of the answer to a request that was sent."""
        seen = None
        try:
            head = client.head()
            seen = f"{head.status // 100}xx"
            return head
        finally:
            with self._lock:
                if seen:
                    self.statuses[seen] += 1
                else:
                    self.headless += 1

    def never_read(self):
        """A request was sent, and its client left."""
        with self._lock:
            self.headless += 1

    def finish(self, client, head, method="GET"):
        """Reads the rest of an answer; returns it."""
        content = b"" if method == "HEAD" or head.status in (204, 304) else b"".join(client.pieces(head))
        with self._lock:
            self.whole += 1
        head.content = content
        return head

    def request(self, client, method, target, **options):
        return self.finish(client, self.ask(client, method, target, **options), method)

    def acted(self, name):
        with self._lock:
            self.actions[name] += 1

    def troubles(self, metrics, lines, lost_lines):
        """What does not agree between this, the daemon's metrics, and the lines of its access log. The metrics were
        asked for by the last request of all, which is not yet in them."""
        found = []
        counted = collections.Counter()
        for (name, labels), value in metrics.items():
            if name == "kismet_http_requests_total":
                counted[re.search(r'status="(\w+)"', labels).group(1)] += int(value)
        counted["2xx"] += 1
        logged, control, done = collections.Counter(), collections.Counter(), 0
        for line in lines:
            if not (match := LINE.match(line)):
                found.append(f"a line of the access log that is none: {line[:200]}")
                continue
            who, status = match.group(2), f"{int(match.group(3)) // 100}xx".replace("0xx", "none")
            logged[status] += 1
            if who == "the control socket":
                control[status] += 1
            elif match.group(5) == "done":
                done += 1
        if sum(logged.values()) + lost_lines != sum(counted.values()):
            found.append(f"{sum(logged.values())} lines in the access log and {lost_lines} lost, of "
                         f"{sum(counted.values())} requests")
        if not lost_lines:
            for status in counted | logged:
                if counted[status] != logged[status]:
                    found.append(f"{status}: {counted[status]} in the metrics, {logged[status]} in the access log")
        spare = self.headless
        for status in counted | self.statuses:
            more = counted[status] - control[status] - self.statuses[status]
            if more < 0:
                found.append(f"{status}: clients saw {self.statuses[status]}, the daemon only {more} of them")
            spare -= max(more, 0)
        if spare < 0:
            found.append(f"{-spare} requests that no client sent")
        if done < self.whole and not lost_lines:
            found.append(f"{self.whole} answers were read to their end, {done} are called done")
        return found


def parse_metrics(text):
    """The samples of /metrics: {(name, labels): value}."""
    samples = re.findall(r"^(\w+)(\{.*\})? (\S+)$", text, re.MULTILINE)
    return {(name, labels): float(value) for name, labels, value in samples}
