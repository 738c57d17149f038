"""The log of acts as a page shows it: who, when, what, to whom, from what to what, why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from consents.brands import provider_list
from consents.keys import Keyring
from consents.people import recipients
from consents.people.recipients import BadAddress
from consents.queries import log_rows
from consents.store import Snapshot
from panel.accounts import account_store, invitations
from panel.audit import audit_log, os_logins
from panel.audit.audit_log import ActSearch, DoneAct


class DeedLine(NamedTuple):
    """A line. ``who``: an e-mail, "" of a command and of a visitor; ``about``: what it was done to; ``at``: µs;
    ``by_command``: whether it was typed; ``by_operator``: by one of the operator's people, not named to a company;
    ``typed``: of a command the names of ``panel.audit.os_logins``, where they are asked for and the line has them."""

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


class DeedPage(NamedTuple):
    """``people``: (number, e-mail) of those who can be looked for; ``earlier``: before which act the next page goes;
    ``brands``: titles by internal id, of the companies on the page; for a company's reader, only their own."""

    lines: list[DeedLine]
    people: list[tuple[int, str]]
    earlier: int
    brands: dict[int, str]


def read(
    snapshot: Snapshot,
    keyring: Keyring,
    wanted: ActSearch,
    logins_too: bool = False,
    sees: Callable[[int], bool] = lambda brand: True,
) -> DeedPage:
    """A page of the log, the newest first; of one provider, or of all.

    ``logins_too``: with the logins that typed the commands, which are the operator's people's own data. ``sees``:
    whether the reader may see a brand (internal id).
    """
    acts = audit_log.find(snapshot, keyring, wanted, audit_log.PAGE + 1)
    emails = {person.id: person.email for person in account_store.everybody(snapshot, keyring)}
    titles = {known.id: known.title for known in provider_list.list_all(snapshot)}
    shown = acts[: audit_log.PAGE]
    commands = [act.id for act in shown if audit_log.by_command(act)] if logins_too else []
    typed = _typed(snapshot, keyring, commands) if commands else {}
    named = emails.keys() - {act.person for act in acts if wanted.for_company and act.by_staff}
    lines = [_line(snapshot, keyring, act, emails, titles, typed.get(act.id, {}), wanted.for_company) for act in shown]
    people = sorted({(act.person, emails[act.person]) for act in acts if act.person in named}, key=lambda one: one[1])
    companies = {act.provider for act in shown if act.provider is not None}
    every = [one for company in companies for one in provider_list.brands_of(snapshot, company)]
    brands = {one.id: one.title for one in every if sees(one.id)}
    return DeedPage(lines, people, shown[-1].id if len(acts) > len(shown) else 0, brands)


def canonical(typed: str) -> str | None:
    """The address somebody typed to look for; "" of none, None of what is no address."""
    if not typed.strip():
        return ""
    try:
        return recipients.parse(typed).address
    except BadAddress:
        return None


def _typed(snapshot: Snapshot, keyring: Keyring, acts: list[int]) -> dict[int, dict[str, str]]:
    """What the evidence of these acts tells of the logins that typed them."""
    opened = {act: keyring.unseal_evidence(sealed) for act, sealed in log_rows.evidence_of(snapshot, acts).items()}
    return {act: {name: one[name] for name in os_logins.NAMES if name in one} for act, one in opened.items()}


def _line(
    snapshot: Snapshot,
    keyring: Keyring,
    act: DoneAct,
    emails: dict[int, str],
    titles: dict[int, str],
    typed: Mapping[str, str],
    for_company: bool,
) -> DeedLine:
    by_operator = for_company and act.by_staff and act.person is not None
    who = "" if act.person is None or by_operator else emails.get(act.person, "")
    company = "" if act.provider is None else titles.get(act.provider, "")
    about = _about(snapshot, keyring, act.object, emails)
    by_command = audit_log.by_command(act)
    words = act.before, act.after, act.why
    return DeedLine(act.id, act.at, who, act.what, company, about, *words, by_command, typed, by_operator)


def _about(snapshot: Snapshot, keyring: Keyring, named: str, emails: dict[int, str]) -> str:
    """What an object is: of a person and an invitation the e-mail."""
    kind, _, number = named.partition(" ")
    if kind == "person" and number.isdecimal():
        return emails.get(int(number), named)
    if kind == "invitation" and number.isdecimal():
        found = invitations.by_number(snapshot, keyring, int(number))
        return found.email if found else named
    return named
