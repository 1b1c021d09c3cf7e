"""What OpenAPI 3.1 asks of a description, as far as a test can check it without the schema, and whether a value is what a
description's schema says. Only what server/openapi.json uses is known; all else is a fault, so that nothing passes unread.
"""

import re

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
OPERATION = {"tags", "summary", "description", "security", "parameters", "requestBody", "responses"}
PARAMETER = {"name", "in", "required", "description", "schema"}
SCHEMA = {"type", "enum", "description", "required", "properties", "items", "anyOf", "pattern", "default", "minimum",
          "maximum", "minItems", "maxItems", "maxProperties", "minLength"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}


def resolve(document, value):
    """What `value` refers to, if it is a reference; else itself."""
    while isinstance(value, dict) and "$ref" in value:
        at = document
        for step in value["$ref"].removeprefix("#/").split("/"):
            at = at[step]
        value = at
    return value


def shape(path):
    """The path with its templates without names, `{name}.{format}` being one, as the router has it."""
    return re.sub(r"\{\w+\}\.\{format\}|\{\w+\}", "{}", path)


class Checker:
    def __init__(self, document):
        self.document, self.faults = document, []

    def check(self):
        if not re.fullmatch(r"3\.1\.\d+", self.document.get("openapi", "")):
            self.say("openapi", "is not 3.1")
        for key in ("title", "version"):
            if not isinstance(self.document.get("info", {}).get(key), str):
                self.say("info", f"has no {key}")
        self.references(self.document, "")
        if self.faults:
            return self.faults
        self.tags = {tag["name"] for tag in self.document.get("tags", [])}
        components = self.document["components"]
        for name, scheme in components["securitySchemes"].items():
            self.security_scheme(scheme, name)
        for name, schema in components["schemas"].items():
            self.schema(schema, name)
        shapes = set()
        for path, item in self.document["paths"].items():
            if not path.startswith("/"):
                self.say(path, "does not begin with a slash")
            if re.sub(r"\{\w+\}", "{}", path) in shapes:
                self.say(path, "stands there twice")
            shapes.add(re.sub(r"\{\w+\}", "{}", path))
            self.path(path, item)
        return self.faults

    def say(self, where, what):
        self.faults.append(f"{where}: {what}")

    def known(self, value, keys, where):
        for key in value.keys() - keys:
            self.say(where, f"has the key {key}")

    def references(self, value, where):
        if isinstance(value, dict):
            if "$ref" in value:
                try:
                    resolve(self.document, value)
                except (KeyError, TypeError):
                    self.say(where, f"refers to {value['$ref']}, which is not there")
                if len(value) > 1:
                    self.say(where, "has more than its $ref")
            for key, inner in value.items():
                self.references(inner, f"{where}/{key}")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self.references(inner, f"{where}/{index}")

    def security_scheme(self, scheme, where):
        if scheme["type"] == "http":
            if "scheme" not in scheme:
                self.say(where, "has no scheme")
        elif scheme["type"] != "apiKey" or not {"in", "name"} <= scheme.keys():
            self.say(where, "is no apiKey with a name and a place")

    def path(self, path, item):
        self.known(item, METHODS | {"parameters"}, path)
        for method in METHODS & item.keys():
            where = f"{method} {path}"
            operation = item[method]
            self.known(operation, OPERATION, where)
            parameters = item.get("parameters", []) + operation.get("parameters", [])
            self.parameters(path, [resolve(self.document, parameter) for parameter in parameters], where)
            for tag in set(operation.get("tags", [])) - self.tags:
                self.say(where, f"has the tag {tag}, which is not there")
            for requirement in operation["security"]:
                for scheme in requirement.keys() - self.document["components"]["securitySchemes"].keys():
                    self.say(where, f"asks for {scheme}, which is not there")
            if "requestBody" in operation:
                body = resolve(self.document, operation["requestBody"])
                self.known(body, {"description", "required", "content"}, where)
                self.content(body["content"], where)
            self.responses(operation.get("responses", {}), where)

    def parameters(self, path, parameters, where):
        names = [(p["name"], p["in"]) for p in parameters]
        if len(set(names)) != len(names):
            self.say(where, "has a parameter twice")
        templates = re.findall(r"\{(\w+)\}", path)
        if sorted(templates) != sorted(name for name, place in names if place == "path"):
            self.say(where, "has other parameters than its path")
        for parameter in parameters:
            self.known(parameter, PARAMETER, where)
            if parameter["in"] not in ("path", "query", "header", "cookie"):
                self.say(where, f"has a parameter in {parameter['in']}")
            if parameter["in"] == "path" and parameter.get("required") is not True:
                self.say(where, f"does not require {parameter['name']} of its path")
            self.schema(parameter["schema"], where)

    def responses(self, responses, where):
        if not responses:
            self.say(where, "has no answer")
        for status, response in responses.items():
            if not re.fullmatch(r"[1-5](\d\d|XX)", status):
                self.say(where, f"answers {status}")
            response = resolve(self.document, response)
            self.known(response, {"description", "content"}, where)
            if not response.get("description"):
                self.say(where, f"does not describe {status}")
            self.content(response.get("content", {}), where)

    def content(self, content, where):
        for kind, media in content.items():
            if not re.fullmatch(r"[a-z]+/[a-z.+-]+", kind):
                self.say(where, f"{kind} is no media type")
            self.known(media, {"schema"}, where)
            self.schema(media["schema"], where)

    def schema(self, schema, where):
        schema = resolve(self.document, schema)
        self.known(schema, SCHEMA, where)
        if "type" in schema and schema["type"] not in TYPES:
            self.say(where, f"has the type {schema['type']}")
        for inner in [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]:
            self.schema(inner, where)
        if "items" in schema:
            self.schema(schema["items"], where)


def faults(document):
    """What is wrong with a description, for people; empty: nothing."""
    return Checker(document).check()


def mismatches(document, schema, value, where="the answer"):
    """How `value` is not what the schema says, for people; empty: it is."""
    schema = resolve(document, schema)
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where} is {value!r}"]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{where} is no {kind}"]
    found = []
    if kind == "object":
        found += [f"{where} has no {key}" for key in schema.get("required", []) if key not in value]
        if len(value) > schema.get("maxProperties", len(value)):
            found.append(f"{where} has too much in it")
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                found += mismatches(document, inner, value[key], f"{where}: {key}")
    if kind == "array":
        if len(value) > schema.get("maxItems", len(value)):
            found.append(f"{where} has too much in it")
        for index, inner in enumerate(value):
            found += mismatches(document, schema.get("items", {}), inner, f"{where}[{index}]")
    return found
