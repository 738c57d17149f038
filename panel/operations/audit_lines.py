"""The audit log as a page: who, when, what, to whom, from what to what, why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from consents.brands import provider_list
from consents.keys import Keyring
from consents.queries import log_rows
from consents.store import Snapshot
from panel.accounts import account_store, invitations
from panel.audit import audit_log, os_logins
from panel.audit.audit_log import AuditEntry, AuditSearch


class AuditLine(NamedTuple):
    """``who``: an e-mail, "" for a command or visitor; ``about``: the object; ``at``: µs; ``by_operator``: not named
    to a company; ``typed``: a command's names (``panel.audit.os_logins``), if requested and present."""

    id: int
    at: int
    who: str
    what: str
    company: str
    about: str
    before: str
    after: str
    why: str
    by_command: bool
    typed: Mapping[str, str]
    by_operator: bool = False


class AuditPage(NamedTuple):
    """``people``: (number, e-mail) to search for; ``earlier``: the act before which the next page ends; ``brands``:
    titles by internal id of the page's companies; for a company, its visible ones."""

    lines: list[AuditLine]
    people: list[tuple[int, str]]
    earlier: int
    brands: dict[int, str]


def read(
    snapshot: Snapshot,
    keyring: Keyring,
    wanted: AuditSearch,
    logins_too: bool = False,
    sees: Callable[[int], bool] = lambda brand: True,
    most: int = audit_log.PAGE,
) -> AuditPage:
    """A page of the log, the newest first; of one provider, or of all. ``logins_too``: with commands' logins, which
    are personal data of the operator's people. ``sees``: whether a brand (internal id) is visible."""
    acts = audit_log.find(snapshot, keyring, wanted, most + 1)
    emails = {person.id: person.email for person in account_store.everybody(snapshot, keyring)}
    titles = {known.id: known.title for known in provider_list.list_all(snapshot)}
    shown = acts[:most]
    commands = [act.id for act in shown if audit_log.by_command(act.person, act.what)] if logins_too else []
    typed = _typed(snapshot, keyring, commands) if commands else {}
    named = emails.keys() - {act.person for act in acts if wanted.for_company and act.by_staff}
    lines = [_line(snapshot, keyring, act, emails, titles, typed.get(act.id, {}), wanted.for_company) for act in shown]
    people = sorted({(act.person, emails[act.person]) for act in acts if act.person in named}, key=lambda one: one[1])
    companies = {act.provider for act in shown if act.provider is not None}
    every = [one for company in companies for one in provider_list.brands_of(snapshot, company)]
    brands = {one.id: one.title for one in every if sees(one.id)}
    return AuditPage(lines, people, shown[-1].id if len(acts) > len(shown) else 0, brands)


def _typed(snapshot: Snapshot, keyring: Keyring, acts: list[int]) -> dict[int, dict[str, str]]:
    """The logins in the evidence of these acts."""
    opened = {act: keyring.unseal_evidence(sealed) for act, sealed in log_rows.evidence_of(snapshot, acts).items()}
    return {act: {name: one[name] for name in os_logins.NAMES if name in one} for act, one in opened.items()}


def _line(
    snapshot: Snapshot,
    keyring: Keyring,
    act: AuditEntry,
    emails: dict[int, str],
    titles: dict[int, str],
    typed: Mapping[str, str],
    for_company: bool,
) -> AuditLine:
    by_operator = for_company and act.by_staff and act.person is not None
    who = "" if act.person is None or by_operator else emails.get(act.person, "")
    company = "" if act.provider is None else titles.get(act.provider, "")
    about = _about(snapshot, keyring, act.object, emails)
    by_command = audit_log.by_command(act.person, act.what)
    words = act.before, act.after, act.why
    return AuditLine(act.id, act.at, who, act.what, company, about, *words, by_command, typed, by_operator)


def _about(snapshot: Snapshot, keyring: Keyring, named: str, emails: dict[int, str]) -> str:
    """An object's name; for a person or invitation the e-mail."""
    partner, comma, rest = named.partition(", ")
    if comma and partner.startswith("partner "):
        return f"{partner}, {_about(snapshot, keyring, rest, emails)}"
    kind, _, number = named.partition(" ")
    if kind == "person" and number.isdecimal():
        return emails.get(int(number), named)
    if kind == "invitation" and number.isdecimal():
        found = invitations.by_number(snapshot, keyring, int(number))
        return found.email if found else named
    return named
