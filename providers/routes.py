"""The calls of the API, one line each, under the paths of İYS's document (3.2.0); the busiest first."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from providers.about import brand_counts, integrators, link_calls, places, subscriptions
from providers.api import endpoint as calls
from providers.api import oauth
from providers.api.answers import Answer, Fault, Refusal
from providers.api.endpoint import Call, Endpoint, Right
from providers.consents import batches, changes, single, statuses
from providers.days import days
from providers.dealers import dealer_access, dealers
from providers.deliveries import delivery_proofs
from providers.disputes import evidence_calls
from providers.push import push_calls
from providers.via import pass_calls, via_calls

S = "/sps/{iysCode}"
B = S + "/brands/{brandCode}"

OTP = "/otp-management/api/v1"
VIA = "/via/sps/{iysCode}"
# ViA Frame puts a form into pages of strangers, whose scripts could read, fill and press it; a link to a page of ours
# does the same for people. It has a code of its own (Z501), so that no path of the document looks like a typing error.
NOT_OFFERED = {
    "POST": (
        "/widget/process/start/{widgetUUID}",
        "/widget/process/complete/{widgetUUID}",
    ),
    "GET": (
        "/widget/load-widgetloader/{widgetUUID}",
        "/widget/publicKey/{widgetUUID}",
        "/widget/load-widget/{widgetUUID}",
    ),
}

LIST = 2_000_000  # bytes: a thousand consents with a hundred dealers each, ten thousand links
ADDRESSES = 300_000  # bytes: a thousand of the longest e-mails
BODY = 64_000  # bytes: a hundred of the longest e-mails and as many dealers, which is the most of any other call


def _post(path: str, endpoint: Endpoint, most: int = BODY) -> Route:
    return Route(path, endpoint, methods=["POST"], max_body_size=most)


def _noted(path: str, endpoint: Endpoint) -> Route:
    """A GET whose handout is recorded; HEAD hands out nothing, so it is no call (405)."""
    route = Route(path, endpoint)
    route.methods = {"GET"}
    return route


def _put(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["PUT"], max_body_size=BODY)


@calls.requires(Right.ANYBODY)
async def not_offered(_: Call) -> Answer:
    raise Refusal(501, Fault("Z501"))


def routes() -> list[BaseRoute]:
    return [
        _post(f"{B}/consents/status", statuses.detail),
        _post(f"{B}/consents/{{recipientType}}/status/{{type}}", statuses.many, ADDRESSES),
        _post(f"{B}/consents", single.add),
        _post(f"/v2{B}/consents", single.add_again),
        _post(f"{B}/consents/request", batches.add, LIST),
        _post(f"/v2{B}/consents/request", batches.add_again, LIST),
        Route(f"{B}/consents/request/{{requestId}}", batches.result),
        Route(f"/v2{B}/consents/request/{{requestId}}", batches.result_again),
        _noted(f"{B}/consents/changes", changes.listing),
        _post(f"{B}/consents/history", statuses.history),
        _post(f"{B}/consents/evidence", evidence_calls.attach),
        Route(f"{B}/changes/{{reportDate}}/recipients/{{recipientType}}", days.totals),
        _noted(f"{B}/changes/{{reportDate}}/file", days.file),
        Route(f"{B}/agreements/{{reportDate}}/timestamp", days.stamp),
        Route(f"{B}/agreements/{{reportDate}}", days.digest),
        Route(f"{B}/agreements/{{reportDate}}", days.agree, methods=["PUT"], max_body_size=BODY),
        Route(f"{B}/deliveries/{{transactionId}}", delivery_proofs.detail),
        _post(f"{B}/push/registration", push_calls.register),
        Route(f"{B}/push/registration", push_calls.listing),
        _post(f"{B}/push/unregistration", push_calls.unregister),
        _post(f"{B}/short-links", link_calls.short, LIST),
        _post(f"{B}/via-hash-links", link_calls.for_mails),
        _post(f"{VIA}/consent", via_calls.start),
        _post(f"{VIA}/confirmation", via_calls.confirm),
        _post(f"{VIA}/consent/status", via_calls.search),
        Route(f"{VIA}/consent/request/{{requestId}}", via_calls.detail),
        Route(f"{VIA}/consent/{{requestId}}", via_calls.notice),
        Route(f"{VIA}/via/clarification/{{requestId}}/file", via_calls.file),
        _post(f"{OTP}/{{iysCode}}/sms/start", pass_calls.sms_start),
        _post(f"{OTP}/{{iysCode}}/email/start", pass_calls.email_start),
        _post(f"{OTP}/{{iysCode}}/sms/start/short-url", pass_calls.sms_link),
        _post(f"{OTP}/{{iysCode}}/email/start/short-url", pass_calls.email_link),
        _post(f"{OTP}/sms/complete", pass_calls.sms_complete),
        _post(f"{OTP}/email/complete", pass_calls.email_complete),
        _post(f"{OTP}/request-history", pass_calls.history),
        Route(f"{OTP}/subscription/{{iysCode}}", pass_calls.subscription),
        Route(f"{OTP}/get-clarification-file/{{iysCode}}/{{requestId}}", pass_calls.file),
        _post(f"{B}/consents/retailers/access", dealer_access.give),
        _put(f"{B}/consents/retailers/access", dealer_access.replace),
        _post(f"{B}/consent/retailers/access/list", dealer_access.listing),
        _post(f"{B}/consents/retailers/access/remove", dealer_access.remove),
        _post(f"{B}/consents/retailers/access/remove/all", dealer_access.remove_all),
        _post(f"{B}/retailers", dealers.add),
        Route(f"{B}/retailers", dealers.listing),
        Route(f"{B}/retailers/{{retailerCode}}", dealers.detail),
        Route(f"{B}/retailers/{{retailerCode}}", dealers.delete, methods=["DELETE"]),
        Route(f"{S}/brands", brand_counts.listing),
        Route(f"{S}/subscription", subscriptions.of_provider),
        Route("/integrator/{integratorCode}/sps", integrators.listing),
        Route("/integrator/{integratorCode}/sps/{iysCode}", integrators.of_provider),
        Route("/integrator/{integratorCode}/subscription", subscriptions.of_partner),
        Route("/info/city", places.cities),
        Route("/info/cities", places.cities),  # what some programs for İYS call
        Route("/info/city/{code}", places.city),
        Route("/info/cities/{code}", places.city),
        Route("/info/town", places.towns),
        Route("/info/town/{code}", places.town),
        Route("/oauth2/token", oauth.issue, methods=["POST"]),
        *(Route(path, not_offered, methods=[method]) for method, paths in NOT_OFFERED.items() for path in paths),
    ]
