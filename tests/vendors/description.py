"""What a vendor itself publishes about its API: the judge of our requests and of the local vendor's answers.

Each file in ``descriptions`` is a part of a published OpenAPI or Swagger document and says which.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

_FOLDER = Path(__file__).parent / "descriptions"


class Description:
    """A published description; every method returns what is wrong, in words, and nothing where all is well."""

    def __init__(self, name: str) -> None:
        self._document = _with_null(json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8")))

    def problems(self, value: object, schema: dict[str, Any]) -> list[str]:
        """Judge a value by a schema, whose references are to this document."""
        judge = Draft7Validator({**self._document, "allOf": [schema]})
        return [f"{error.json_path}: {error.message}" for error in judge.iter_errors(value)]

    def request_problems(self, method: str, path: str, query: dict[str, Any], body: object = None) -> list[str]:
        """Judge a request of Swagger 2.0, whose query has a list where a parameter may come several times."""
        parameters = self._operation(method, path)["parameters"]
        known = {each["name"]: each for each in parameters if each["in"] == "query"}
        found = [f"{name}: not known" for name in query.keys() - known.keys()]
        found += [f"{name}: missing" for name, each in known.items() if each["required"] and name not in query]
        for name in query.keys() & known.keys():
            found += [f"{name}: {problem}" for problem in self.problems(query[name], _bare(known[name]))]
        for each in parameters:
            if each["in"] == "body":
                found += self.problems(body, each["schema"])
        return found

    def answer_problems(self, method: str, path: str, status: int, body: object) -> list[str]:
        """Judge the answer to a request of Swagger 2.0."""
        responses = self._operation(method, path)["responses"]
        return self.problems(body, responses.get(str(status), responses["default"])["schema"])

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        return dict(self._document["paths"][path][method])


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
