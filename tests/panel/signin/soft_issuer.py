"""An OpenID issuer in software, that says of somebody what a test wants."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.panel.office import Colleague

Forge = Callable[["SoftIssuer", dict[str, Any]], str]


class SoftIssuer:
    """``asked``: how often each of its paths was. ``forge``: makes the identity from the claims that are right."""

    def __init__(self) -> None:
        self.key, self.asked, self.now = RSAKey.generate_key(2048, {"kid": "one"}), Counter[str](), 0
        self.forge: Forge = lambda here, claims: here.sign(claims)
        self.published = [self.key]
        self.bodies: dict[str, bytes] = {}
        self._nonce = ""
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here._answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                here._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sign(self, claims: dict[str, Any], *, key: Any = None, **header: Any) -> str:
        """The claims with a signature: RS256 by its own key where nothing else is given."""
        return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, key or self.key, algorithms=_ALL)

    def lead_back(self, browser: Colleague, code: str = "code") -> str:
        """The way back after a sign-in that this browser begins: path and query."""
        question = parse_qs(urlsplit(browser.get("/panel/giris/kimlik").headers["location"]).query)
        self._nonce = question["nonce"][0]
        return f"/panel/giris/kimlik/donus?code={code}&state={question['state'][0]}"

    def _claims(self) -> dict[str, Any]:
        seconds = self.now // 1_000_000
        return {
            **{"iss": self.url, "aud": "izin", "sub": "derya", "iat": seconds, "exp": seconds + 300},
            **{"nonce": self._nonce, "email": "derya@example.com", "email_verified": True},
        }

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        self.asked[path] += 1
        made: Any
        if path.endswith("openid-configuration"):
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            made = {"issuer": self.url, **{name: f"{self.url}/{name}" for name in names}}
        elif path == "/jwks_uri":
            made = {"keys": [key.as_dict(private=False) for key in self.published]}
        else:
            made = {"id_token": self.forge(self, self._claims())}
        body = self.bodies.get(path) or json.dumps(made).encode()
        handler.send_response(200)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


_ALL = ["RS256", "HS256", "none", "ES256"]
