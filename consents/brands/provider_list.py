"""Providers and their brands as a person picks them: by code, or all."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from consents.brands.companies import KnownBrand
from consents.store import Snapshot, Statement, among, table
from consents.tables.company_tables import Brand, Provider

_provider = table(Provider).c
_brand = table(Brand).c

_LISTED = select(_provider.id, _provider.code, _provider.title, _provider.mersis).order_by(
    _provider.title, _provider.id
)
_ALL = Statement(_LISTED)
_BY_CODE = Statement(_LISTED.where(_provider.code == bindparam("code")))
_BY_ID = Statement(_LISTED.where(among(_provider.id, "ids")))
_BRANDS = Statement(
    select(_brand.id, _brand.provider, _brand.code, _brand.title)
    .where(_brand.provider == bindparam("provider"))
    .order_by(_brand.code)
)
_BRAND = Statement(select(_brand.id, _brand.provider, _brand.code, _brand.title).where(_brand.id == bindparam("brand")))


class KnownProvider(NamedTuple):
    """``id``: internal; ``code``: iysCode."""

    id: int
    code: int
    title: str
    mersis: str | None


def by_code(snapshot: Snapshot, code: int) -> KnownProvider | None:
    row = snapshot.one(_BY_CODE, {"code": code})
    return None if row is None else KnownProvider(*row)


def by_id(snapshot: Snapshot, ids: list[int]) -> list[KnownProvider]:
    return [KnownProvider(*row) for row in snapshot.all(_BY_ID, {"ids": snapshot.array(ids)})] if ids else []


def list_all(snapshot: Snapshot) -> list[KnownProvider]:
    return [KnownProvider(*row) for row in snapshot.all(_ALL)]


def brands_of(snapshot: Snapshot, provider: int) -> list[KnownBrand]:
    return [KnownBrand(*row) for row in snapshot.all(_BRANDS, {"provider": provider})]


def brand(snapshot: Snapshot, number: int) -> KnownBrand:
    row = snapshot.one(_BRAND, {"brand": number})
    assert row is not None, f"brand {number} is missing"
    return KnownBrand(*row)
