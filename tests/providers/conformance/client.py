"""A client that knows nothing but the regulator's document: operationId -> method, path, parameters, body.

No line of it was written for this registry: what the document names goes where the document says, under the document's
names; an answer whose status the document does not name is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode


class Reply(NamedTuple):
    """What came back: ``told`` is JSON where the answer is, else bytes."""

    status: int
    told: Any


# method, path with query, headers, body -> status, content type, body
Send = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, str, bytes]]


class Unexpected(Exception):
    """An answer that the document does not know."""


class Client:
    """Calls by operationId."""

    def __init__(self, document: Mapping[str, Any], send: Send) -> None:
        self._send, self._token = send, ""
        self._operations = {
            told["operationId"]: (method.upper(), path, told)
            for path, methods in document["paths"].items()
            for method, told in methods.items()
        }

    def sign_in(self, operation: str, username: str, password: str) -> None:
        """Gets a token, which later calls carry."""
        body = {"username": username, "password": password, "grant_type": "password"}
        self._token = self.call(operation, body).told["access_token"]

    def call(self, operation: str, body: Any = None, **given: Any) -> Reply:
        """One call; ``given`` are its parameters, whether of path or query. Errors: TypeError for a wrong one."""
        method, path, told = self._operations[operation]
        query, named = {}, set()
        for parameter in told.get("parameters", []):
            name = parameter["name"]
            named.add(name)
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", quote(str(given[name]), safe=""))
            elif name in given:  # one call names its iysCode in the query too
                query[name] = given[name]
            elif parameter.get("required"):
                raise TypeError(f"{operation} needs {name}")
        if given.keys() - named:
            raise TypeError(f"{operation} has no {', '.join(given.keys() - named)}")
        status, kind, answer = self._send(method, f"{path}?{urlencode(query)}".rstrip("?"), *self._body(told, body))
        if str(status) not in told["responses"]:
            raise Unexpected(f"{operation}: {status} {answer[:300]!r}")
        return Reply(status, json.loads(answer) if answer and kind.startswith("application/json") else answer)

    def _body(self, told: Mapping[str, Any], body: Any) -> tuple[dict[str, str], bytes | None]:
        headers = {"authorization": f"Bearer {self._token}"} if told.get("security") else {}
        if body is None:
            return headers, None
        kind = next(iter(told["requestBody"]["content"]))
        return headers | {"content-type": kind}, json.dumps(body, ensure_ascii=False).encode()
