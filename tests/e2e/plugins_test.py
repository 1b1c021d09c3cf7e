"""Plugins: folders with a manifest, a helper, and files for the web pages."""

import os
import pathlib
import shutil
import signal
import unittest

from control_test import page, wait_for_state
from daemon import DEMO, SOURCE, Daemon, alive, wait_until

PLUGINS = pathlib.Path(__file__).resolve().parent / "plugins"
ALLOWED = ("allowplugins=true",)
WHOLE = "name=Bad\ndescription=d\nauthor=a\nversion=1\n"


def install(folder, name="hello", manifest=None):
    """Puts a plugin into a folder of plugins, under `name`; with another manifest if one is given."""
    into = pathlib.Path(folder) / name
    shutil.copytree(PLUGINS / "hello", into)
    shutil.copy(SOURCE / "helpers" / "kismet_helper.py", into)
    if manifest is not None:
        (into / "manifest.conf").write_text(manifest, encoding="utf-8")
    return into


class Plugins(unittest.TestCase):
    def daemon(self, *helpers, settings=ALLOWED, **options):
        daemon = Daemon(*helpers, settings=settings, **options)
        self.addCleanup(daemon.remove)
        return daemon

    @staticmethod
    def user_folder(daemon):
        return daemon.home / ".kismet" / "plugins"

    def test_a_plugin_with_a_helper_runs_as_it_is(self):
        daemon = self.daemon(DEMO)
        folder = install(self.user_folder(daemon))
        with daemon:
            response = daemon.wait_for_page("/plugin-hello/page.html")
            self.assertEqual(response.text, "hello from a plugin: --in-fd --out-fd --wire")  # The last is its own.
            helper = page(daemon, "hello")
            self.assertEqual((helper["kismet.helper.state"], helper["kismet.helper.generation"]), ("ready", "v0"))
            self.assertEqual(helper["kismet.helper.path"], str(folder / "hello_helper"))
            self.assertEqual(
                daemon.get("/plugins/all_plugins.json").json,
                [
                    {
                        "kismet.plugin.name": "Hello",
                        "kismet.plugin.description": "Says hello from a helper, and in the web pages",
                        "kismet.plugin.author": "The tests",
                        "kismet.plugin.version": "1.2.3",
                        "kismet.plugin.shared_object": "",
                        "kismet.plugin.http_helper": "hello_helper",
                        "kismet.plugin.dirname": "hello",
                        "kismet.plugin.path": str(folder),
                        "kismet.plugin.jsmodule": "plugin/hello/js/kismet.hello.js",
                    }
                ],
            )
            self.assertEqual(daemon.get("/plugins/all_plugins.json", login=False).status, 401)

    def test_the_pages_load_its_script_without_a_login(self):
        daemon = self.daemon()
        install(self.user_folder(daemon))
        with daemon:
            script = daemon.get("/dynamic.js", login=False).text
            self.assertIn("kismet_hello", script)
            self.assertIn("./plugin/hello/js/kismet.hello.js", script)
            listed = daemon.get("/dynamic.json", login=False).json
            self.assertEqual(
                listed, {"dynamicjs": [{"module": "kismet_hello", "js": "plugin/hello/js/kismet.hello.js"}]}
            )
            file = daemon.get("/plugin/hello/js/kismet.hello.js", login=False)
            self.assertEqual((file.status, file.text), (200, 'export const hello = "hello";\n'))
            for outside in ("manifest.conf", "..%2fmanifest.conf", "../hello_helper", "js/nothing.js"):
                self.assertEqual(daemon.get(f"/plugin/hello/{outside}", login=False).status, 404, outside)
            self.assertEqual(daemon.get("/plugin/other/js/kismet.hello.js", login=False).status, 404)

    def test_its_helper_is_supervised_as_any_other(self):
        daemon = self.daemon(settings=(*ALLOWED, "helper_restart_delay=50ms"))
        install(self.user_folder(daemon))
        with daemon:
            daemon.wait_for_page("/plugin-hello/page.html")
            pid = page(daemon, "hello")["kismet.helper.pid"]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not alive(pid), "it is dead")
            daemon.wait_for_page("/plugin-hello/page.html")
            self.assertEqual(page(daemon, "hello")["kismet.helper.starts"], 2)

    def test_no_plugin_is_loaded_unless_it_is_allowed(self):
        for settings, arguments in (((), ()), (ALLOWED, ("--no-plugins",)), (ALLOWED, ("--disable-plugins",))):
            with self.subTest(settings=settings, arguments=arguments):
                daemon = self.daemon(settings=settings, arguments=arguments)
                install(self.user_folder(daemon))
                with daemon:
                    self.assertEqual(daemon.get("/plugins/all_plugins.json").json, [])
                    self.assertEqual(daemon.get("/helpers/all.json").json, [])
                    self.assertEqual(daemon.get("/dynamic.json", login=False).json, {"dynamicjs": []})
                    self.assertEqual(daemon.get("/plugin/hello/js/kismet.hello.js", login=False).status, 404)

    def test_a_bad_manifest_is_a_message_and_harms_nothing_else(self):
        daemon = self.daemon(DEMO)
        folder = self.user_folder(daemon)
        install(folder)
        install(folder, "incomplete", "name=Bad\n")
        install(folder, "slash", WHOLE + "httpexternal=/bin/sh\n")
        install(folder, "script", WHOLE + "\njs=a b,x.js\n")
        install(folder, "nonsense", "this is no manifest\n")
        install(folder, "object", WHOLE + "object=plugin.so\n")
        with daemon:
            daemon.wait_for_page("/plugin-hello/page.html")
            daemon.wait_for_page("/demo/index.html")
            daemon.wait_for_line(r"incomplete/manifest\.conf: .*description is missing; the plugin is not loaded")
            daemon.wait_for_line(r"slash/manifest\.conf:5: .*must be a file name")
            daemon.wait_for_line(r"script/manifest\.conf:6: .*js is module,path")
            daemon.wait_for_line(r"nonsense/manifest\.conf:1: .*a line is key=value")
            daemon.wait_for_line(r"object/manifest\.conf:5: .*plugin\.so.* is not loaded: .*no shared objects")
            loaded = [plugin["kismet.plugin.dirname"] for plugin in daemon.get("/plugins/all_plugins.json").json]
            self.assertEqual(loaded, ["hello", "object"])

    def test_a_plugin_does_not_take_the_name_of_a_configured_helper(self):
        daemon = self.daemon("kismet_demo:name=hello")
        install(self.user_folder(daemon))
        with daemon:
            daemon.wait_for_page("/demo/index.html")
            daemon.wait_for_line("plugin hello: its helper is not started, as the name is taken by")
            self.assertEqual(len(daemon.get("/helpers/all.json").json), 1)

    def test_the_users_plugin_hides_the_systems(self):
        daemon = self.daemon()
        system = daemon.home / "system plugins"
        install(system)
        install(system, "second", WHOLE)
        install(self.user_folder(daemon), manifest=WHOLE + "kisexternal=hello_helper\n")
        with daemon.config.open("a", encoding="utf-8") as config:
            config.write(f"plugin_path={system}\n")
        with daemon:
            daemon.wait_for_page("/plugin-hello/page.html")
            loaded = {plugin["kismet.plugin.path"] for plugin in daemon.get("/plugins/all_plugins.json").json}
            self.assertEqual(loaded, {str(self.user_folder(daemon) / "hello"), str(system / "second")})
            daemon.wait_for_line(f"{system}/hello/manifest.conf: .*hidden by")

    def test_a_plugin_comes_and_goes_with_a_reload(self):
        with self.daemon(DEMO) as daemon:
            daemon.wait_for_page("/demo/index.html")
            folder = install(self.user_folder(daemon))
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_page("/plugin-hello/page.html")
            self.assertEqual(daemon.get("/plugin/hello/js/kismet.hello.js", login=False).status, 200)
            self.assertEqual(len(daemon.get("/plugins/all_plugins.json").json), 1)
            shutil.rmtree(folder)
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_for_page("/plugin-hello/page.html", status=404)
            wait_until(lambda: daemon.get("/plugins/all_plugins.json").json == [], "it is not listed any more")
            self.assertEqual(daemon.get("/plugin/hello/js/kismet.hello.js", login=False).status, 404)
            wait_for_state(daemon, "demo", "ready")


if __name__ == "__main__":
    unittest.main()
