"""One consent written by hand: judged and recorded as a program's single call would be, with its codes."""

from __future__ import annotations

from typing import NamedTuple

from consents import business_days, history, ledger
from consents.brands import companies
from consents.brands.companies import KnownBrand
from consents.history import Deed
from consents.ledger import PENDING, RECORDED, UNCHANGED, Claim
from consents.people import register
from consents.registry import Registry
from consents.rules import RET
from consents.store import Transaction
from consents.terms import Actor, Door
from panel.deeds import panel_acts
from panel.deeds.panel_acts import NewAct
from panel.rights import Member
from providers.cases import judge
from providers.cases.case import Case, Flaw, Frame
from providers.cases.meanings import CHANNELS
from providers.refused import refused_counts
from trust import record_numbers
from web.iys_fields import Field


class HandResult(NamedTuple):
    """What came of it. ``flaws``: what the rules find wrong; ``code``: the ledger's code of refusal.

    ``number``: the record number; ``pending``: the person is asked first.
    """

    flaws: tuple[Flaw, ...] = ()
    code: str = ""
    number: str = ""
    pending: bool = False


def declare(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, case: Case, dealer: int | None
) -> HandResult:
    """Records what a company declares of one person, or says why not; a repeat is H174 or H178, as at the API.

    ``dealer``: the retailerCode that the case names, where it is a number.
    """
    result = _declare(transaction, registry, member, brand, case, dealer)
    codes = {flaw.code for flaw in result.flaws} | ({result.code} if result.code else set())
    channel = CHANNELS.get(case.get(Field.TYPE, ""))
    refused_counts.add_by_hand(transaction, brand.id, channel.code if channel else None, codes)
    return result


def _declare(
    transaction: Transaction, registry: Registry, member: Member, brand: KnownBrand, case: Case, dealer: int | None
) -> HandResult:
    dealers = companies.dealers_coded(transaction, brand.id, [dealer]) if dealer is not None else {}
    item, flaws, _ = judge.judge(case, Frame(transaction.now, dealers))
    if item is None:
        return HandResult(tuple(flaws))
    (recipient,) = register.enrol_all(transaction, registry.keyring, [register.person(registry.keyring, item.address)])
    claim = Claim(recipient, brand.id, *item[1:7])
    deed = Deed(Actor.PROVIDER, Door.DESK, evidence=registry.keyring.seal_evidence({"person": member.person.id}))
    oldest = business_days.oldest_reportable(transaction.now)
    (answer,) = ledger.declare(transaction, registry.policy, brand.id, [claim], deed, oldest=oldest)
    if answer == UNCHANGED:
        return HandResult(code="H174" if item.status == RET else "H178")
    if answer not in (RECORDED, PENDING):
        return HandResult(code=answer)
    act = history.act_of_last(transaction)
    what = "refusal-recorded" if item.status == RET else "consent-declared"
    said = " ".join(str(case[field]) for field in (Field.TYPE, Field.STATUS, Field.SOURCE) if field in case)
    names = member.person.id, member.at.id, brand.id, f"act {act}", "", said, "", item.address
    panel_acts.record(transaction, registry.keyring, NewAct(what, *names))
    return HandResult(number=record_numbers.of(registry.keyring, act), pending=answer == PENDING)
