"""The demo pages in a browser."""

import unittest

from browsers import PAGES, play, skip_without_browser
from daemon import DEMO, DEMO_PY, PREFIXES, Daemon


class Browser(unittest.TestCase):
    def test_a_person_sets_the_login_and_sees_the_pages_and_the_stream(self):
        with Daemon(DEMO, DEMO_PY, settings=(PAGES,), login=False) as daemon:
            for prefix in PREFIXES.values():
                daemon.wait_for_line(f"{prefix}/index.html")  # It has said where it is, after it had registered.
            play("demo", f"http://127.0.0.1:{daemon.port}")


if __name__ == "__main__":
    skip_without_browser()
    unittest.main()
