"""The judge of our requests and of the local vendors' answers: a description of the vendor's API.

Those in ``descriptions`` are ours: what we use, after the vendor's reference. The vendors' own are not in this
repository. With ``VENDOR_DESCRIPTIONS=<folder>`` the same tests ask those (``docs/providers.md`` says where they are).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

_OURS = Path(__file__).parent / "descriptions"


class Description:
    """A description by its name; every method returns what is wrong, in words, and nothing where all is well."""

    def __init__(self, name: str) -> None:
        self._document = _with_null(_read(name))

    def problems(self, value: object, schema: dict[str, Any]) -> list[str]:
        """Judge a value by a schema, whose references are to this document."""
        judge = Draft7Validator({**self._document, "allOf": [schema]})
        return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(value)]

    def request_problems(self, method: str, path: str, query: dict[str, Any], body: object = None) -> list[str]:
        """Judge a request of Swagger 2.0, whose query has a list where a parameter may come several times."""
        parameters = [self._found(each) for each in self._document["paths"][path][method]["parameters"]]
        known = {each["name"]: each for each in parameters if each["in"] == "query"}
        found = [f"{name}: not known" for name in query.keys() - known.keys()]
        found += [f"{name}: missing" for name, each in known.items() if each.get("required") and name not in query]
        for name in query.keys() & known.keys():
            found += [f"{name}: {problem}" for problem in self.problems(query[name], _bare(known[name]))]
        for each in parameters:
            if each["in"] == "body":
                found += self.problems(body, each["schema"])
        return found

    def answer_problems(self, method: str, path: str, status: int, body: object) -> list[str]:
        """Judge the answer to a request of Swagger 2.0."""
        responses = self._document["paths"][path][method]["responses"]
        return self.problems(body, responses.get(str(status), responses["default"])["schema"])

    def _found(self, parameter: dict[str, Any]) -> dict[str, Any]:
        """Return a parameter that may be a reference."""
        if "$ref" not in parameter:
            return parameter
        return dict(self._document["parameters"][parameter["$ref"].removeprefix("#/parameters/")])


def request_body(path: str, method: str = "post") -> dict[str, str]:
    """Return a reference to what OpenAPI 3 says of the body of a request."""
    return {"$ref": f"#/paths/{path.replace('/', '~1')}/{method}/requestBody/content/application~1json/schema"}


def answer_body(path: str, method: str = "get") -> dict[str, str]:
    """Return a reference to what OpenAPI 3 says of the body of a good answer."""
    return {"$ref": f"#/paths/{path.replace('/', '~1')}/{method}/responses/200/content/application~1json/schema"}


def _read(name: str) -> Any:
    folder = os.environ.get("VENDOR_DESCRIPTIONS")
    if folder is not None:
        return json.loads((Path(folder) / f"{name}.json").read_text(encoding="utf-8"))
    return yaml.safe_load((_OURS / f"{name}.yaml").read_text(encoding="utf-8"))


def _bare(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's own part of JSON Schema: its ``required`` means something else."""
    return {key: value for key, value in parameter.items() if key in ("type", "enum", "items")}


def _with_null(schema: Any) -> Any:
    """Say OpenAPI's ``nullable`` in JSON Schema's words."""
    if isinstance(schema, list):
        return [_with_null(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _with_null(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
