"""/system/openapi.json says what the daemon serves: all of it, and nothing else."""

import copy
import importlib.util
import json
import re
import unittest

from daemon import DEMO, Daemon
from openapi_check import METHODS, faults, mismatches, resolve, shape

EVERYTHING = ("compat_stubs=on", "httpd_debug_echo=true")


def route_shape(pattern):
    """The same of a route's pattern."""
    segments = [re.sub(r"^:.*|^\*$", "{}", segment) for segment in pattern.split("/")]
    return re.sub(r"\.\*$", ".{}", "/".join(segments))


def role_of(operation):
    """What its security says, as a route says it. All ways to show a login take the same role."""
    if not operation["security"]:
        return "none"
    roles = {tuple(scopes) for requirement in operation["security"] for scopes in requirement.values()}
    (role,) = roles
    return role[0] if role else "any"


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon(DEMO, settings=EVERYTHING))
        cls.daemon.wait_for_helpers("/demo")
        cls.document = cls.daemon.get("/system/openapi.json").json

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS & item.keys():
                yield path, method, item[method]

    def test_it_has_every_route_of_the_daemon_with_its_role_and_no_other(self):
        described = {(shape(path), method.upper(), role_of(operation)) for path, method, operation in self.operations()}
        routes = {
            (route_shape(route["path"]), route["method"], route["role"])
            for route in self.daemon.get("/system/routes.json").json
            if not route["owner"]
        }
        self.assertGreater(len(routes), 100)
        self.assertEqual(routes - described, set(), "not described")
        self.assertEqual(described - routes, set(), "described, but not there")

    def test_it_is_a_valid_description(self):
        self.assertEqual(faults(self.document), [])

    def test_another_validator_finds_it_valid(self):
        if not importlib.util.find_spec("openapi_spec_validator"):
            self.skipTest("there is no Python module openapi_spec_validator")
        from openapi_spec_validator import validate

        validate(self.document)

    def test_what_is_wrong_with_a_description_is_found(self):
        def without_parameter(document):
            del document["paths"]["/helpers/{name}/start.cmd"]["parameters"]

        def bad_reference(document):
            document["paths"]["/helpers/all.{format}"]["parameters"][0]["$ref"] += "s"

        def unknown_scheme(document):
            document["paths"]["/metrics"]["get"]["security"] = [{"digest": []}]

        def no_answer(document):
            document["paths"]["/metrics"]["get"]["responses"] = {}

        def unknown_key(document):
            document["paths"]["/metrics"]["get"]["response"] = {}

        for spoil in (without_parameter, bad_reference, unknown_scheme, no_answer, unknown_key):
            with self.subTest(spoil.__name__):
                document = copy.deepcopy(self.document)
                spoil(document)
                self.assertEqual(len(faults(document)), 1)

    def test_answers_are_what_it_says(self):
        values = {"name": "demo", "timestamp": "0", "format": "json"}
        values.update(dict.fromkeys(("view", "phy", "key", "mac", "uuid"), "1"))
        self.daemon.request("POST", "/alerts/raise_alert.cmd", body='{"name": "DOORBELL", "text": "somebody is there"}')
        asked = 0
        for path, method, operation in self.operations():
            answer = resolve(self.document, operation["responses"].get("200", {}))
            if method != "get" or "application/json" not in answer.get("content", {}):
                continue
            response = self.daemon.get(path.format(**values))
            with self.subTest(path):
                self.assertEqual(response.status, 200, response.text[:300])
                schema = answer["content"]["application/json"]["schema"]
                self.assertEqual(mismatches(self.document, schema, response.json), [])
            asked += 1
        self.assertGreater(asked, 40)

    def test_each_media_type_is_what_is_sent(self):
        for path, method, operation in self.operations():
            kinds = resolve(self.document, operation["responses"].get("200", {})).get("content", {})
            if method != "get" or "{" in path or "text/event-stream" in kinds or not kinds:
                continue
            with self.subTest(path):
                (kind,) = kinds
                self.assertEqual(self.daemon.get(path).header("Content-Type").partition(";")[0], kind)

    def test_it_takes_a_login_and_tells_the_daemons_version(self):
        self.assertEqual(self.daemon.get("/system/openapi.json", login=False).status, 401)
        version = self.daemon.get("/system/status.json").json["kismet.system.version"]
        self.assertEqual(self.document["info"]["version"], version)
        self.assertNotIn("@", json.dumps(self.document["info"]))


if __name__ == "__main__":
    unittest.main()
