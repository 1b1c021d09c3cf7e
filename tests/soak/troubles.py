"""What befalls the daemon of a soak from other sides than its clients: one function a kind of trouble."""

import contextlib
import os
import signal
import time

from client import Truncated
from daemon import DEMO, DEMO_PY, SOURCE
from vitals import helpers_of, send_signal

PAGE = f'{SOURCE}/tests/e2e/page_helper.py:name=page,args="page --text={{}}"'
TITLED = 'kismet_demo:name=demo,args="--title {}"'


def write_helpers(daemon, page="text", title=None):
    """The helpers of its configuration, some of them changed."""
    demo = TITLED.format(title) if title else DEMO
    kept = [line for line in daemon.config.read_text(encoding="utf-8").splitlines() if not line.startswith("helper=")]
    lines = [*kept, *(f"helper={line}" for line in (demo, DEMO_PY, PAGE.format(page)))]
    fresh = daemon.config.with_suffix(".new")
    fresh.write_text("\n".join(lines) + "\n", encoding="utf-8")
    fresh.rename(daemon.config)


def change(visit):
    write_helpers(visit.daemon, page=visit.dice.choice(("a", "b")), title=visit.dice.choice((None, "one", "two")))


def reload_by_signal(visit):
    change(visit)
    visit.daemon.process.send_signal(signal.SIGHUP)


def reload_by_request(visit):
    change(visit)
    with visit.connect() as client:
        visit.request(client, "POST", "/helpers/reload.cmd")


def reload_of_a_bad_file(visit):
    text = visit.daemon.config.read_text(encoding="utf-8")
    visit.daemon.config.write_text(text + "helper=kismet_demo:name=demo,restart=perhaps\n", encoding="utf-8")
    with visit.connect() as client, contextlib.suppress(OSError, Truncated):
        visit.request(client, "POST", "/helpers/reload.cmd")
    visit.daemon.config.write_text(text, encoding="utf-8")


def kill_a_helper(visit):
    if helpers := sorted(helpers_of(visit.daemon)):
        send_signal(visit.daemon, visit.dice.choice(helpers), signal.SIGKILL)


def stop_a_helper(visit):
    """For a while; sometimes for longer than it is waited for."""
    if helpers := sorted(helpers_of(visit.daemon)):
        pid = visit.dice.choice(helpers)
        if send_signal(visit.daemon, pid, signal.SIGSTOP):
            time.sleep(visit.dice.choice((0.1, 0.5, 1, 5)))
            send_signal(visit.daemon, pid, signal.SIGCONT)


def fill_the_disk(visit):
    """That of the logs and of the temporary files."""
    inside = f"/proc/{visit.daemon.process.pid}/root{visit.daemon.home}/disk"
    if not os.path.ismount(inside):
        return
    path = f"{inside}/filler"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        with contextlib.suppress(OSError):
            while True:
                os.write(descriptor, bytes(65536))
        time.sleep(visit.dice.uniform(0.5, 3))
    finally:
        os.close(descriptor)
        os.unlink(path)


MIX = {reload_by_signal: 3, reload_by_request: 3, reload_of_a_bad_file: 1, kill_a_helper: 6, stop_a_helper: 3,
       fill_the_disk: 2}
