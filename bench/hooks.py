"""SMS that a carrier posts, behind a real server: signature checked, read, refused durably, with many at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bench import child, clients, registries, sites
from bench.harness import Row, Scale, in_turns
from bench.links import busy
from consents.brands import companies
from consents.store import Transaction

PATH = "/hooks/twilio/sms"
PUBLIC_URL = "http://127.0.0.1:8000"
NAME, NUMBER = "ORNEK", "+908505550000"
_ACCOUNT, _TOKEN = f"AC{0:032x}", f"{1:032x}"
SETTINGS = {
    "PUBLIC_URL": PUBLIC_URL,
    "OPTOUT_NUMBER": NUMBER,
    "SMS_GATEWAY": f"twilio://{_ACCOUNT}:{_TOKEN}@127.0.0.1:9?from={NUMBER}&scheme=http",  # nothing is sent
}
_A_SECOND = 5000  # more messages than a machine takes in a second: none is posted twice


def run(scale: Scale) -> list[Row]:
    url, path = registries.fresh(scale)
    with registries.open_registry(url) as registry:
        registry.store.write_now(name)
    count = round(_A_SECOND * scale.seconds * scale.rounds)
    posted = (request.encode("latin-1") for request in child.call(messages, count=count))
    with ExitStack() as stack:
        site = stack.enter_context(sites.site(scale.folder, url, settings=SETTINGS)).port
        bare = stack.enter_context(sites.bare(scale.folder, 0)).port
        taken = in_turns(
            scale.rounds,
            {
                "hook": busy(scale, site, posted, scale.clients),
                "hello": busy(scale, bare, itertools.repeat(clients.request("/")), scale.clients),
            },
        )
    registries.remove(path)
    what = f"an SMS hook, signature checked, read and durable, {scale.clients} at once ÷ Starlette's hello"
    note = f"{taken.median('hook'):,.0f} against {taken.median('hello'):,.0f} a second"
    return [Row(what, taken.ratio("hook", "hello"), "", 0.08, 0.15, note=note)]


def messages(count: int) -> list[str]:
    """So many requests as Twilio makes them, each of another number that refuses the brand."""
    validator = RequestValidator(_TOKEN)
    return list(itertools.islice(_messages(validator), count))


def _messages(validator: RequestValidator) -> Iterator[str]:
    for number in itertools.count():
        sid = f"SM{number:032x}"
        form = {
            "AccountSid": _ACCOUNT, "ApiVersion": "2010-04-01", "Body": f"RET {NAME}", "From": f"+90532{number:07}",
            "FromCountry": "TR", "MessageSid": sid, "NumMedia": "0", "NumSegments": "1", "SmsMessageSid": sid,
            "SmsSid": sid, "SmsStatus": "received", "To": NUMBER, "ToCountry": "TR",
        }  # fmt: skip
        body = urlencode(form)
        lines = [
            f"POST {PATH} HTTP/1.1",
            f"host: {clients.HOST}",
            "content-type: application/x-www-form-urlencoded",
            f"content-length: {len(body)}",
            f"x-twilio-signature: {validator.compute_signature(PUBLIC_URL + PATH, form)}",
        ]
        yield "\r\n".join(lines) + f"\r\n\r\n{body}"


def name(transaction: Transaction) -> None:
    """A brand that can be named in an SMS."""
    code = registries.PROVIDER + 99
    companies.add_brand(transaction, registries.PROVIDER, code, "Örnek", names=(NAME,), example=True)
