"""What a helper needs whose library handles one frame a read, as the public Python library of generation v0 does."""

import os
import time
import unittest

from daemon import PASSWORD, SOURCE, USER, Daemon, wait_until

IDLE = float(os.environ.get("KISMET_TEST_IDLE", "6.5"))  # Seconds; its library ends after 5 without a PONG.
HELPER = f"{SOURCE}/tests/e2e/one_frame_a_read.py:name=one-frame"
PUBLISHER = f'{SOURCE}/tests/e2e/page_helper.py:name=publisher,args="publisher"'


class OneFrameARead(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(HELPER, PUBLISHER))
        cls.daemon.wait_for_page("/one-frame/pid")
        cls.daemon.wait_for_page("/publisher/pid")
        cls.pid = cls.get("pid").text

    @classmethod
    def get(cls, page, **options):
        return cls.daemon.get(f"/one-frame/{page}", **options)

    def tearDown(self):
        self.assertEqual(self.get("pid").text, self.pid, "it is still the same process")
        helper = self.daemon.get("/helpers/one-frame.json").json
        self.assertEqual((helper["kismet.helper.generation"], helper["kismet.helper.starts"]), ("v0", 1))

    def test_a_thousand_events_at_once_all_arrive(self):
        before = int(self.get("heard").text)
        self.assertEqual(self.daemon.request("POST", "/publisher/burst?count=1000").text, "1000")
        wait_until(lambda: int(self.get("heard").text) == before + 1000, "all events have arrived")
        counters = self.daemon.get("/helpers/one-frame.json").json["kismet.helper.counters"]
        self.assertEqual(counters["events_dropped"], 0)

    def test_requests_at_the_same_time_are_all_answered(self):
        clients = [self.daemon.client() for _ in range(10)]
        for client in clients:
            client.ask("GET", "/one-frame/slow", headers=[client.basic(USER, PASSWORD)])
        for client in clients:
            response = client.answer()
            self.assertEqual((response.status, response.text), (200, "slow"))
            client.close()

    def test_head_is_asked_as_get(self):
        self.assertEqual(self.daemon.request("HEAD", "/one-frame/pid").status, 200)

    def test_after_an_idle_time_it_is_served(self):
        time.sleep(IDLE)  # The idle time itself.
        self.assertEqual(self.get("heard").status, 200)


if __name__ == "__main__":
    unittest.main()
