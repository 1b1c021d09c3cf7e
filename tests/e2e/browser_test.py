"""The demo pages in a browser: Debian's chromium, steered by playwright-core (scripts/test installs both)."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from daemon import DEMO, DEMO_PY, PASSWORD, PREFIXES, SOURCE, USER, Daemon

MODULES = SOURCE / "build" / "browser" / "node_modules"
SCRIPT = pathlib.Path(__file__).parent / "browser" / "demo.mjs"


class Browser(unittest.TestCase):
    def test_a_person_sets_the_login_and_sees_the_pages_and_the_stream(self):
        settings = (f"httpd_home={SOURCE}/http_data",)
        with Daemon(DEMO, DEMO_PY, settings=settings, login=False) as daemon:
            for prefix in PREFIXES.values():
                daemon.wait_for_line(f"{prefix}/index.html")  # It has said where it is, after it had registered.
            # The script runs beside the modules that it imports.
            script = shutil.copy(SCRIPT, MODULES.parent)
            url = f"http://127.0.0.1:{daemon.port}"
            done = subprocess.run(
                ["node", script, url, USER, PASSWORD], capture_output=True, text=True, timeout=300, check=False
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            print(done.stdout, file=sys.stderr)


if __name__ == "__main__":
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not shutil.which("node") or not shutil.which(chromium) or not (MODULES / "playwright-core").is_dir():
        print("skipped: node, chromium or playwright-core is not there", file=sys.stderr)
        sys.exit(77)
    unittest.main()
