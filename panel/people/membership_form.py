"""Reads the form of a role, its rights and brands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from consents.brands.companies import BadCompany, KnownBrand
from panel.accounts import account_store
from panel.rights import GIVEN, Membership, Permission, Role
from web.rendering.texts import mark

Pairs = Sequence[tuple[str, str]]

NO_EMAIL = mark("Bir e-posta adresi yazın. Örnek: ad@sirket.example")
NO_ROLE = mark("Ne olacağını seçin.")
NO_RIGHT = mark("En az bir yetki seçin.")
NO_BRAND = mark("En az bir marka seçin ya da bütün markaları verin.")


class MembershipForm(NamedTuple):
    """``faults``: (input's id, sentence); ``membership``: as far as it is valid."""

    email: str
    membership: Membership
    version: int
    faults: list[tuple[str, str]]


def read(pairs: Pairs, brands: Sequence[KnownBrand], *, email: bool) -> MembershipForm:
    """``brands``: those that may be granted; ``email``: whether one is needed."""
    given = dict(pairs)
    faults = []
    address = given.get("email", "")
    if email:
        try:
            address = account_store.canonical(address)
        except BadCompany:
            faults.append(("email", NO_EMAIL))
    role = next((one for one in Role if one.word == given.get("role")), None)
    if role is None:
        faults.append(("role-user", NO_ROLE))
    rights = _rights(pairs) if role in (None, Role.USER) else Permission.MEMBER
    if role is Role.USER and not rights:
        faults.append(("right-see", NO_RIGHT))
    chosen = _brands(pairs, brands) if given.get("scope") == "some" else None
    if chosen is not None and not chosen:
        faults.append(("scope-some", NO_BRAND))
    version = given.get("version", "")
    number = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
    if role is Role.OWNER:
        chosen = None
    return MembershipForm(address, Membership(role or Role.USER, rights, chosen), number, faults)


def _rights(pairs: Pairs) -> Permission:
    ticked = {value for name, value in pairs if name == "right"}
    found = Permission.MEMBER
    for one in GIVEN:
        if str(one.name).lower() in ticked:
            found |= one
    return found


def _brands(pairs: Pairs, brands: Sequence[KnownBrand]) -> frozenset[int]:
    ticked = {value for name, value in pairs if name == "brand"}
    return frozenset(brand.id for brand in brands if str(brand.code) in ticked)
