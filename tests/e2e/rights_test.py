"""A daemon that is started as root and gives that up (`user=`); only root can try it."""

import os
import pathlib
import pwd
import subprocess
import sys
import unittest

from daemon import DEADLINE, DEMO, PROGRAM, Daemon, wait_until

if os.geteuid() != 0:
    print("only root can start a daemon that gives up root's rights")
    sys.exit(77)

# A process whose memory nobody may read is none that the leak sanitizer can look at.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

NOBODY = pwd.getpwnam("nobody")


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def daemon_as_nobody(*helpers, settings=(), **options):
    daemon = Daemon(*helpers, settings=("user=nobody", *settings), **options)
    os.chown(daemon.home, NOBODY.pw_uid, NOBODY.pw_gid)
    return daemon


class Rights(unittest.TestCase):
    def test_it_serves_as_somebody_else_and_cannot_come_back(self):
        settings = ("enable_logging=true", "log_prefix=%h/logs", "httpd_listen=127.0.0.1:0",
                    "httpd_listen+=unix:%h/web,mode=0666")
        with daemon_as_nobody(DEMO, settings=settings) as daemon:
            daemon.wait_for_helpers("/demo")
            helper = daemon.get("/demo/counters.json").json["pid"]
            for pid in (daemon.process.pid, helper):
                facts = status(pid)
                self.assertEqual(facts["Uid"], [str(NOBODY.pw_uid)] * 4)
                self.assertEqual(facts["Gid"], [str(NOBODY.pw_gid)] * 4)
                self.assertEqual(facts["Groups"], [str(NOBODY.pw_gid)])
                for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
                    self.assertEqual(int(facts[capabilities][0], 16), 0, capabilities)
            # Nobody else of that user looks into it: what /proc shows of it is root's.
            self.assertEqual(os.stat(f"/proc/{daemon.process.pid}/mem").st_uid, 0)
            daemon.wait_for_line(r"root's rights are given up: runs as nobody")
            kept = daemon.home / ".kismet"
            files = [daemon.home / "web", kept, kept / "kismet_server_id.conf", kept / "session.db", daemon.home / "logs",
                     *wait_until(lambda: list((daemon.home / "logs").glob("*.kismet")), "a log is there")]
            wait_until((kept / "session.db").exists, "the session is saved")
            for path in files:
                self.assertEqual((path.stat().st_uid, path.stat().st_gid), (NOBODY.pw_uid, NOBODY.pw_gid), path)
            daemon.stop()
            self.assertFalse((daemon.home / "web").exists())

    def test_a_helper_of_another_user_is_refused_with_its_line(self):
        code, said = daemon_as_nobody(f"{DEMO},user=daemon").run_to_its_end()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"kismet\.conf:\d+: error: helper: user and group of demo cannot be had: the daemon becomes "
                               r"nobody")

    def test_a_helper_of_the_same_user_runs(self):
        with daemon_as_nobody(f"{DEMO},user=nobody") as daemon:
            daemon.wait_for_helpers("/demo")

    def test_a_folder_that_the_user_cannot_write_is_told_at_start(self):
        with daemon_as_nobody(settings=("httpd_session_db=/etc/kismet-no-such/deep/session.db",)) as daemon:
            daemon.wait_for_line(r"/etc/kismet-no-such/deep cannot be written \(.*\): sessions and API keys end")

    def test_home_is_that_of_the_user_unless_it_is_given(self):
        daemon = daemon_as_nobody()
        arguments = [argument for argument in daemon.arguments if not argument.startswith("--homedir")]
        done = subprocess.run([*arguments, "--check"], capture_output=True, text=True, timeout=DEADLINE, check=False)
        given = subprocess.run([*daemon.arguments, "--set=httpd_user_home=%h/x", "--check"], capture_output=True,
                               text=True, timeout=DEADLINE, check=False)
        found = subprocess.run([*arguments, "--set=httpd_user_home=%h/x", "--check"], capture_output=True, text=True,
                               timeout=DEADLINE, check=False)
        daemon.remove()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"{NOBODY.pw_dir}/x", found.stdout)
        self.assertIn(f"{daemon.home}/x", given.stdout)

    def test_who_is_not_root_cannot_become_somebody_else(self):
        done = subprocess.run([PROGRAM, "--config-file=/dev/null", "--homedir=/tmp", "--set=user=root", "--check"],
                              user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[], capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("user can only be had by a daemon that is started as root", done.stdout)

    def test_users_and_groups_that_are_not_there_are_refused(self):
        for line, reason in (("user=no-such-user", "no-such-user"), ("group=daemon", "group needs user beside it")):
            code, said = Daemon(settings=(line,)).run_to_its_end()
            self.assertEqual(code, 1)
            self.assertRegex(said, rf"kismet\.conf:\d+: error: .*{reason}")


if __name__ == "__main__":
    unittest.main()
