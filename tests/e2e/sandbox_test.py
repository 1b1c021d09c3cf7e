"""The sandbox (`sandbox=on` and `require`): what goes on in it, what does not, and a kernel without Landlock."""

import ctypes
import ctypes.util
import errno
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import unittest

from daemon import DEMO, DEMO_PY, PREFIXES, Daemon, wait_until

# No process of a sandbox traces another, as the leak sanitizer does.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

LANDLOCK_CREATE_RULESET = 444
LANDLOCK = ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1) > 0
SECCOMP = ctypes.util.find_library("seccomp")

# A program that runs another where landlock_create_ruleset is not there.
WITHOUT_LANDLOCK = f"""
import ctypes, os, sys
seccomp = ctypes.CDLL("{SECCOMP}")
seccomp.seccomp_init.restype = ctypes.c_void_p
filter = ctypes.c_void_p(seccomp.seccomp_init(0x7fff0000))
assert seccomp.seccomp_rule_add(filter, 0x00050000 | {errno.ENOSYS}, {LANDLOCK_CREATE_RULESET}, 0) == 0
assert seccomp.seccomp_load(filter) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def status(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return line.split()[1]
    raise AssertionError(name)


def probe(daemon, folder, text):
    """A helper in `folder` that says on its console what it can do, and ends."""
    script = folder / "probe.sh"
    folder.mkdir(exist_ok=True)
    script.write_text("#!/bin/sh\n" + text + "\necho probe is over\n", encoding="utf-8")
    script.chmod(0o755)
    with daemon.config.open("a", encoding="utf-8") as config:
        config.write(f"helper={script}:name=probe,restart=never\n")


@unittest.skipUnless(LANDLOCK, "this kernel has no Landlock")
class Sandbox(unittest.TestCase):
    def test_all_goes_on_in_it(self):
        settings = ("sandbox=require", f"sandbox_read={sys.base_prefix}", "enable_logging=true", "log_prefix=%h/logs", "httpd_listen=127.0.0.1:0",
                    "httpd_listen+=unix:%h/run/web")
        with Daemon(DEMO, DEMO_PY, settings=settings, login=False) as daemon:
            daemon.wait_for_line(r"sandbox: files \(Landlock \d+\) and system calls \(seccomp\)")
            self.assertEqual(status(daemon.process.pid, "NoNewPrivs"), "1")
            self.assertEqual(status(daemon.process.pid, "Seccomp"), "2")
            with daemon.client() as client:
                client.ask("POST", "/session/set_password", form="username=tester&password=not+a+secret")
                self.assertEqual(client.answer().status, 200)
            daemon.wait_for_helpers(*PREFIXES.values())
            for prefix in PREFIXES.values():
                helper = daemon.get(f"{prefix}/counters.json").json["pid"]
                self.assertEqual(status(helper, "Seccomp"), "2")
            self.assertEqual(daemon.get("/system/status.json").status, 200)
            mark = len(daemon.lines)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_line("SIGHUP", mark)
            self.assertEqual(daemon.get("/session/check_login").status, 200)
            for process in ("/demo", "/demo-py"):  # One that is killed is started again.
                pid = daemon.get(f"{process}/counters.json").json["pid"]
                os.kill(pid, signal.SIGKILL)
                daemon.wait_for_line(f"{process[1:]}: started as process", mark)
            wait_until(lambda: list((daemon.home / "logs").glob("*.kismet")), "a log is there")
            self.assertEqual(daemon.count_lines(r"ermission denied|EPERM|not permitted"), 0)
            daemon.stop()
            self.assertFalse((daemon.home / "run" / "web").exists())

    def test_helpers_read_write_and_run_what_they_need_and_no_more(self):
        home = pathlib.Path.home().resolve()
        if any(home.is_relative_to(folder) for folder in ("/tmp", "/var/tmp", tempfile.gettempdir())):
            self.skipTest("the home folder is among those for temporary files")
        outside = pathlib.Path(tempfile.mkdtemp(prefix="kismet-test-", dir=home))
        self.addCleanup(shutil.rmtree, outside)
        (outside / "secret").write_text("swordfish", encoding="utf-8")
        for settings, readable in ((("sandbox=on",), False), (("sandbox=on", f"sandbox_read={outside}"), True)):
            with self.subTest(settings):
                daemon = Daemon(settings=settings)
                probe(daemon, outside / "programs", f"""
                    cat {outside}/secret && echo
                    echo x > {outside}/new || echo no writing outside
                    ls / > /dev/null || echo no listing of the root
                    echo x > {outside}/programs/new || echo no writing where programs are
                    file=$(mktemp) && echo temporary files work
                    cp /bin/true $file && chmod +x $file && $file || echo no running of what was written
                    rm $file
                    unshare -U true || echo no namespaces
                    kill -0 1 || echo no signals to others
                    sh -c 'exit 0' && echo programs run
                """)
                with daemon:
                    daemon.wait_for_line("probe is over")
                    for said in ("no writing outside", "no listing of the root", "no writing where programs are",
                                 "temporary files work", "no running of what was written", "no namespaces",
                                 "programs run", *(("no signals to others",) if os.geteuid() == 0 else ())):
                        self.assertEqual(daemon.count_lines(f"probe.*{said}"), 1, said)
                    self.assertEqual(daemon.count_lines("swordfish"), int(readable))
                self.assertFalse((outside / "new").exists())

    def test_a_helper_with_more_rights_is_refused_with_its_line(self):
        daemon = Daemon(settings=("sandbox=on",))
        program = daemon.home / "raised"
        shutil.copy("/bin/true", program)
        program.chmod(0o4755)
        with daemon.config.open("a", encoding="utf-8") as config:
            config.write(f"helper={program}\n")
        code, said = daemon.run_to_its_end()
        self.assertEqual(code, 1)
        self.assertRegex(said, r"kismet\.conf:\d+: error: helper: \S+/raised has extra rights \(set-uid\)")

    def test_a_path_that_is_not_there_is_told(self):
        with Daemon(settings=("sandbox=on", "sandbox_write=/no/such/path")) as daemon:
            daemon.wait_for_line("sandbox: /no/such/path: No such file")


@unittest.skipUnless(SECCOMP, "libseccomp is not installed")
class WithoutLandlock(unittest.TestCase):
    def daemon(self, mode):
        daemon = Daemon(DEMO, settings=(f"sandbox={mode}",))
        daemon.arguments = [sys.executable, "-c", WITHOUT_LANDLOCK, *daemon.arguments]
        return daemon

    def test_require_does_not_start(self):
        code, said = self.daemon("require").run_to_its_end()
        self.assertEqual(code, 3)
        self.assertIn("sandbox=require: files are not confined: this kernel has no Landlock", said)

    def test_on_says_so_and_confines_the_rest(self):
        with self.daemon("on") as daemon:
            daemon.wait_for_line("sandbox: files are not confined: this kernel has no Landlock")
            daemon.wait_for_line(r"sandbox: system calls \(seccomp\)")
            daemon.wait_for_helpers("/demo")
            self.assertEqual(status(daemon.process.pid, "Seccomp"), "2")


if __name__ == "__main__":
    unittest.main()
