"""What is wrong with the programs of a company: of each key by its last calls, of its receivers by the last posts, and
for the operator what claims to be the company's and proves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from consents import dates
from consents.brands import provider_list
from consents.keys import Keyring
from consents.store import Snapshot
from providers.callers import api_users, call_log, stray_calls
from providers.callers.api_users import Owner, User
from providers.callers.call_log import DoneCall
from providers.callers.stray_calls import Stray
from providers.doctor import client_rules, push_rules
from providers.doctor.findings import STRAYS, Finding
from providers.push import push_connections, push_deliveries


class KeyReport(NamedTuple):
    """``calls``: how many were read; ``since``: of the first of them, µs."""

    username: str
    id: int
    calls: int
    since: int | None
    findings: Sequence[Finding]


class Diagnosis(NamedTuple):
    """``pushes``: of the company's receivers; ``strays``: each with its finding, for the operator alone."""

    code: int
    title: str
    keys: Sequence[KeyReport]
    pushes: Sequence[Finding]
    strays: Sequence[tuple[Stray, Finding]]

    @property
    def healthy(self) -> bool:
        return not (self.pushes or self.strays or any(one.findings for one in self.keys))


def of_key(snapshot: Snapshot, user: int, username: str, now: int) -> KeyReport:
    """``user``: internal id; ``now``: µs."""
    calls = call_log.of_user(snapshot, user)
    findings = client_rules.examine(calls, now, call_log.results_by_others(snapshot, user))
    return KeyReport(username, user, len(calls), calls[0].at if calls else None, findings)


def of_company(snapshot: Snapshot, keyring: Keyring, provider: int, now: int, *, strays: bool) -> Diagnosis:
    """``provider``: internal id; ``strays``: whether the reader is the operator. Keys that have ended are left out."""
    (company,) = provider_list.by_id(snapshot, [provider])
    users: list[User] = api_users.listed(snapshot, Owner.PROVIDER, company.code, now)
    keys = [of_key(snapshot, one.id, one.username, now) for one in users if one.ended_at is None]
    brands = provider_list.brands_of(snapshot, provider)
    connections = [made.id for brand in brands for made in push_connections.of_brand(snapshot, keyring, brand.id)]
    pushes = push_rules.examine(keyring, push_deliveries.listed(snapshot, connections)) if connections else []
    claimed = stray_calls.listed(snapshot, provider) if strays else []
    found = [(one, Finding(one.kind, one.calls)) for one in claimed if one.kind in STRAYS]
    return Diagnosis(company.code, company.title, keys, pushes, found)


def as_json(found: Diagnosis) -> dict[str, Any]:
    return {
        "company": found.code,
        "keys": [key_as_json(one) for one in found.keys],
        "receivers": [_as_json(one) for one in found.pushes],
        "unproved": [_as_json(one) | {"last": dates.wire(stray.at)} for stray, one in found.strays],
    }


def key_as_json(found: KeyReport) -> dict[str, Any]:
    since = None if found.since is None else dates.wire(found.since)
    findings = [_as_json(one) for one in found.findings]
    return {"key": found.username, "calls": found.calls, "since": since, "findings": findings}


def _as_json(one: Finding) -> dict[str, Any]:
    shown = [_call(call) for call in one.calls]
    texts = {"tr": one.text("tr"), "en": one.text("en")}
    posts = {"posts": list(one.posts)} if one.posts else {}
    head = {"finding": one.word, "count": one.times, "loses": one.kind.loses, **texts, "guide": one.guide}
    return head | ({"calls": shown} if shown else {}) | posts


def _call(call: DoneCall) -> dict[str, Any]:
    head = {"time": dates.wire(call.at), "method": call.method, "path": call.path, "status": call.status}
    more = {"code": call.code, "items": call.items, "note": call.note}
    return head | {name: value for name, value in more.items() if value not in ("", None)}
