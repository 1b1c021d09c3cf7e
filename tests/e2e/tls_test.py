"""TLS of the real daemon as others' tools see it: versions, ciphers, and pairs that do not fit."""

import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from certificate import make_certificate
from daemon import DEADLINE, Daemon

if not shutil.which("openssl"):
    print("openssl is not installed")
    sys.exit(77)


def daemon_with(*lines):
    daemon = Daemon(settings=("httpd_ssl=true", *lines), listening=False)
    text = daemon.config.read_text(encoding="utf-8").replace("HOME", str(daemon.home))
    daemon.config.write_text(text, encoding="utf-8")
    return daemon


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = daemon_with("httpd_ssl_cert=HOME/web.crt", "httpd_ssl_key=HOME/web.key")
        make_certificate(cls.daemon.home)
        cls.daemon.__enter__()
        cls.port = cls.daemon.wait_for_line(r"listening on https://127\.0\.0\.1:(\d+)").group(1)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)

    def handshake(self, *options):
        """What `openssl s_client` gets: exit code and output. Whatever OpenSSL itself would rather not, it is told to."""
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", *options]
        done = subprocess.run(command, input="", capture_output=True, text=True, timeout=DEADLINE, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_tls_1_2_and_1_3_are_spoken(self):
        for option, version in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            code, said = self.handshake(option, "-CAfile", str(self.daemon.home / "web.crt"), "-verify_return_error",
                                        "-verify_hostname", "localhost")
            self.assertEqual(code, 0, said)
            self.assertIn(f"New, {version}", said)

    def test_older_versions_are_refused(self):
        for option in ("-tls1", "-tls1_1"):
            code, said = self.handshake(option, "-cipher", "ALL:COMPLEMENTOFALL@SECLEVEL=0")
            self.assertNotEqual(code, 0)
            self.assertRegex(said, "alert protocol version|unsupported protocol")

    def test_weak_ciphers_are_refused(self):
        for cipher in ("NULL", "aNULL", "eNULL", "AES128-SHA", "AES256-SHA256", "ECDHE-ECDSA-AES128-SHA",
                       "ECDHE-ECDSA-AES128-SHA256", "CAMELLIA"):
            code, said = self.handshake("-tls1_2", "-cipher", f"{cipher}@SECLEVEL=0")
            self.assertNotEqual(code, 0, cipher)
            self.assertIn("alert handshake failure", said, cipher)

    def test_a_client_that_does_not_know_the_certificate_finds_out(self):
        code, said = self.handshake("-verify_return_error")
        self.assertNotEqual(code, 0)
        self.assertIn("self-signed certificate", said)

    @unittest.skipUnless(shutil.which("sslscan"), "sslscan is not installed")
    def test_sslscan_finds_nothing_old_or_weak(self):
        done = subprocess.run(["sslscan", "--xml=-", f"127.0.0.1:{self.port}"], capture_output=True, timeout=DEADLINE,
                              check=True)
        scan = xml.etree.ElementTree.fromstring(done.stdout).find("ssltest")
        enabled = {f"{p.get('type')}{p.get('version')}" for p in scan.iter("protocol") if p.get("enabled") == "1"}
        self.assertEqual(enabled, {"tls1.2", "tls1.3"})
        ciphers = [cipher.get("cipher") for cipher in scan.iter("cipher")]
        self.assertTrue(ciphers)
        for cipher in ciphers:
            self.assertRegex(cipher, "GCM|CHACHA20", cipher)
        self.assertEqual([cipher.get("strength") for cipher in scan.iter("cipher")
                          if cipher.get("strength") not in ("strong", "acceptable")], [])
        self.assertEqual(scan.find("heartbleed[@vulnerable='1']"), None)


class BadPairs(unittest.TestCase):
    def said(self, daemon):
        daemon.start(listening=False)
        code = daemon.process.wait(timeout=DEADLINE)
        daemon._reader.join()
        daemon.process.stdout.close()
        daemon.remove()
        self.assertEqual(code, 1)
        return "\n".join(daemon.lines)

    def test_a_pair_that_does_not_fit_is_refused_with_file_and_line(self):
        for lines, reason in (
            ((), r"httpd_ssl needs httpd_ssl_cert"),
            (("httpd_ssl_cert=/none.crt",), r"/none\.crt: No such file"),
            (("httpd_ssl_cert=HOME/web.crt", "httpd_ssl_key=HOME/other.key"), r"other\.key"),
            (("httpd_ssl_cert=HOME/web.key", "httpd_ssl_key=HOME/web.key"), r"web\.key"),
            (("httpd_ssl_cert=HOME/web.crt", "httpd_ssl_key=HOME/kismet.conf"), r"kismet\.conf"),
        ):
            with self.subTest(lines):
                daemon = daemon_with(*lines)
                make_certificate(daemon.home)
                make_certificate(daemon.home, "other")
                self.assertRegex(self.said(daemon), rf"kismet\.conf:\d+: error: .*{reason}")


if __name__ == "__main__":
    unittest.main()
