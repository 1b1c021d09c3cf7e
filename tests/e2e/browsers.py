"""Scenarios of tests/e2e/browser/*.mjs in Debian's chromium, steered by playwright-core (scripts/test installs both)."""

import os
import pathlib
import shutil
import subprocess
import sys
import threading

from daemon import PASSWORD, SOURCE, USER

MODULES = SOURCE / "build" / "browser" / "node_modules"
RUN = pathlib.Path(__file__).parent / "browser" / "run.mjs"
PAGES = f"httpd_home={SOURCE}/http_data"
DEADLINE = 600.0  # Seconds of a scenario.


def skip_without_browser():
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    modules = all((MODULES / name).is_dir() for name in ("playwright-core", "axe-core"))
    if not shutil.which("node") or not shutil.which(chromium) or not modules:
        print("skipped: node, chromium, playwright-core or axe-core is not there", file=sys.stderr)
        sys.exit(77)


def play(scenario, url, **deeds):
    """Plays `scenario`. What it asks for is done by the deed of that name, whose result it gets."""
    environment = {**os.environ, "BROWSER_MODULES": str(MODULES), "KISMET_USER": USER, "KISMET_PASSWORD": PASSWORD}
    process = subprocess.Popen(
        ["node", str(RUN), scenario, url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )
    watchdog = threading.Timer(DEADLINE, process.kill)
    watchdog.start()
    said = []
    try:
        for line in process.stdout:
            if line.startswith("ASK "):
                name, *arguments = line.split()[1:]
                result = deeds[name](*arguments)
                process.stdin.write(f"{'' if result is None else result}\n")
                process.stdin.flush()
            else:
                said.append(line)
        code = process.wait()
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    text = "".join(said)
    if code != 0:
        raise AssertionError(f"{scenario} ended with {code}:\n{text}")
    print(f"{scenario}:\n{text}", file=sys.stderr)
