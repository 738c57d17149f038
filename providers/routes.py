"""The calls of the API, one line each, under the paths of İYS's document (3.2.0); the busiest first."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from providers import batches, brands, changes, days, single, statuses, tokens
from providers.calls import Endpoint

S = "/sps/{iysCode}"
B = S + "/brands/{brandCode}"

BODY = 2_000_000  # bytes: a thousand consents with a hundred dealers each


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"], max_body_size=BODY)


def routes() -> list[BaseRoute]:
    """All calls, for the site map."""
    return [
        _post(f"{B}/consents/status", statuses.one),
        _post(f"{B}/consents/{{recipientType}}/status/{{type}}", statuses.many),
        _post(f"{B}/consents", single.add),
        _post(f"/v2{B}/consents", single.add_again),
        _post(f"{B}/consents/request", batches.add),
        _post(f"/v2{B}/consents/request", batches.add_again),
        Route(f"{B}/consents/request/{{requestId}}", batches.result),
        Route(f"/v2{B}/consents/request/{{requestId}}", batches.result_again),
        Route(f"{B}/consents/changes", changes.listing),
        _post(f"{B}/consents/history", statuses.history),
        Route(f"{B}/changes/{{reportDate}}/recipients/{{recipientType}}", days.totals),
        Route(f"{B}/changes/{{reportDate}}/file", days.file),
        Route(f"{B}/agreements/{{reportDate}}/timestamp", days.stamp),
        Route(f"{B}/agreements/{{reportDate}}", days.digest),
        Route(f"{B}/agreements/{{reportDate}}", days.agree, methods=["PUT"], max_body_size=BODY),
        Route(f"{S}/brands", brands.listing),
        Route("/oauth2/token", tokens.issue, methods=["POST"]),
    ]
