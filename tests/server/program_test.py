#!/usr/bin/env python3
"""The built program from the outside: exit codes, what goes to which output, the background. Usage: program_test.py KISMET"""

import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv.pop()
DEADLINE = 60.0
SANITIZED = any(name in pathlib.Path(PROGRAM).read_bytes() for name in (b"__asan_init", b"__tsan_init"))
QUICK = "httpd_hash_operations=1\nhttpd_hash_memory=1M\nenable_logging=false\n"


class Program(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kismet-program-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)

    def write(self, text):
        (self.home / "kismet.conf").write_text(QUICK + text, encoding="utf-8")

    def run_it(self, *arguments, **options):
        command = [PROGRAM, f"--confdir={self.home}", f"--homedir={self.home}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False, **options)

    def started(self, *arguments, **options):
        """A daemon that has said that it listens."""
        command = [PROGRAM, f"--confdir={self.home}", f"--homedir={self.home}", "--set", "httpd_port=0", *arguments]
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        self.addCleanup(lambda: (daemon.kill(), daemon.wait(), daemon.stdout.close()))
        for line in daemon.stdout:
            if "listening on" in line:
                return daemon
        raise AssertionError("it ended before it listened")

    def test_help_and_version_end_well(self):
        for option in ("-h", "--help", "-v", "--version"):
            done = self.run_it(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""), option)
            self.assertIn("kismet", done.stdout)

    def test_wrong_usage_ends_with_1(self):
        done = self.run_it("--no-such-option")
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_a_missing_file_ends_with_1(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("kismet.conf: No such file", done.stderr)

    def test_all_errors_of_a_file_are_said_and_nothing_starts(self):
        self.write("httpd_port=x\nhelper=a:color=red\nhtpd_port=1\n")
        done = self.run_it()
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for text in ("kismet.conf:4: error: httpd_port", "kismet.conf:5: error: helper: unknown", "did you mean httpd_port?"):
            self.assertIn(text, done.stderr)

    def test_check_says_what_would_run(self):
        self.write("httpd_password=hunter2\nhttpd_username=ada\nsource=wlan0\n")
        done = self.run_it("--check")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("http://127.0.0.1:2501/", done.stdout)
        self.assertNotIn("hunter2", done.stdout)
        self.assertEqual(self.run_it("--check", "--set", "httpd_port=x").returncode, 1)

    def test_kismet_conf_in_the_environment_names_the_folder(self):
        self.write("")
        environment = {**os.environ, "KISMET_CONF": str(self.home)}
        done = subprocess.run([PROGRAM, "--check"], env=environment, capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0)

    def test_a_signal_stops_it_in_order(self):
        self.write("")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
            daemon = self.started()
            daemon.send_signal(number)
            self.assertEqual(daemon.wait(timeout=DEADLINE), 0, number)

    def test_an_address_that_cannot_be_had_ends_with_2(self):
        self.write("")
        address = ("--set", "httpd_bind_address=203.0.113.7")
        self.assertEqual(self.run_it(*address).returncode, 2)
        self.assertEqual(self.run_it(*address, "--daemonize").returncode, 2)

    def test_in_the_background_it_lets_go_of_the_terminal_once_it_listens(self):
        self.write(f"helper={self.home}/helper.sh\n")
        script = self.home / "helper.sh"
        script.write_text(f"#!/bin/sh\necho $PPID > {self.home}/pid.new; mv {self.home}/pid.new {self.home}/pid\nsleep 60\n")
        script.chmod(0o755)
        done = self.run_it("--daemonize", "--set", "httpd_port=0")  # Returns: nobody holds its outputs.
        self.assertEqual(done.returncode, 0, done.stderr)
        give_up = time.monotonic() + DEADLINE
        while not (self.home / "pid").exists():
            self.assertLess(time.monotonic(), give_up)
            time.sleep(0.01)
        daemon = int((self.home / "pid").read_text())
        self.assertEqual(os.getsid(daemon), daemon)
        for number in range(3):
            self.assertEqual(os.readlink(f"/proc/{daemon}/fd/{number}"), "/dev/null")
        os.kill(daemon, signal.SIGTERM)
        while pathlib.Path(f"/proc/{daemon}").exists():
            self.assertLess(time.monotonic(), give_up)
            time.sleep(0.01)

    def test_it_starts_with_its_standard_descriptors_closed(self):
        self.write("")
        done = subprocess.run(
            ["sh", "-c", f'exec "{PROGRAM}" --confdir="{self.home}" --check <&- >&- 2>&-'], timeout=DEADLINE, check=False
        )
        self.assertEqual(done.returncode, 0)

    def test_it_knows_how_helpers_end_although_it_was_started_with_sigchld_ignored(self):
        script = self.home / "helper.sh"
        script.write_text("#!/bin/sh\nexit 7\n")
        script.chmod(0o755)
        self.write(f"helper={script}:name=short,restart=never\n")
        daemon = self.started(preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        said = next(line for line in daemon.stdout if "ended with" in line)
        daemon.terminate()
        daemon.wait(timeout=DEADLINE)
        self.assertIn("ended with exit code 7", said)

    @unittest.skipIf(SANITIZED, "a sanitizer's own memory does not fit into any limit")
    def test_the_memory_limit_holds_for_the_daemon(self):
        self.write("ulimit_mbytes=128\n")
        daemon = self.started()
        limits = pathlib.Path(f"/proc/{daemon.pid}/limits").read_text()
        self.assertRegex(limits, r"Max data size +134217728 +134217728")
        daemon.terminate()
        self.assertEqual(daemon.wait(timeout=DEADLINE), 0)

    def test_the_identity_is_kept(self):
        self.write("")
        kept = self.home / ".kismet" / "kismet_server_id.conf"
        seen = set()
        for _ in range(2):
            daemon = self.started()
            seen.add(kept.read_text())
            daemon.terminate()
            daemon.wait(timeout=DEADLINE)
        self.assertEqual(len(seen), 1)

    def test_passwd_and_tokens(self):
        self.write("")
        self.assertEqual(self.run_it("passwd", "ada", "--stdin", input="correct horse\n").returncode, 0)
        self.assertIn("httpd_username=ada\n", (self.home / ".kismet" / "kismet_httpd.conf").read_text())
        added = self.run_it("token", "add", "scanner", "--role", "datasource")
        self.assertEqual(added.returncode, 0)
        self.assertRegex(added.stdout, r"\A[0-9A-F]{32}\n\Z")
        self.assertIn("scanner", self.run_it("token", "list").stdout)
        self.assertEqual(self.run_it("token", "revoke", "scanner").returncode, 0)
        self.assertEqual(self.run_it("token", "list").stdout, "")

    def test_passwd_asks_on_the_terminal_although_its_outputs_are_elsewhere(self):
        self.write("")
        pid, terminal = pty.fork()
        if pid == 0:
            os.dup2(0, 9)  # The terminal stays open, but nobody reads or writes here.
            null = os.open("/dev/null", os.O_RDWR)
            for number in range(3):
                os.dup2(null, number)
            os.execv(PROGRAM, [PROGRAM, f"--confdir={self.home}", f"--homedir={self.home}", "passwd"])
        shown = b""
        for prompt in (b"New password for kismet: ", b"Once more: "):
            while prompt not in shown:
                shown += os.read(terminal, 1024)
            os.write(terminal, b"correct horse\n")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(terminal)
        self.assertNotIn(b"horse", shown)


if __name__ == "__main__":
    unittest.main()
