"""The calls of the API, one line each, under the paths of İYS's document (3.2.0); the busiest first."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from providers import brands, tokens

S = "/sps/{iysCode}"
B = S + "/brands/{brandCode}"

BODY = 2_000_000  # bytes: a thousand consents with a hundred dealers each


def routes() -> list[BaseRoute]:
    """All calls, for the site map."""
    return [
        Route("/oauth2/token", tokens.issue, methods=["POST"]),
        Route(f"{S}/brands", brands.listing),
    ]
