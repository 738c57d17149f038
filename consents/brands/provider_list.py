"""Providers and their brands as a person picks them: by code, or all."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from consents.brands.companies import KnownBrand
from consents.store import Snapshot, Statement, among, table
from consents.tables.company_tables import Brand, Provider

_provider = table(Provider).c
_brand = table(Brand).c


class KnownProvider(NamedTuple):
    """``id``: internal; ``code``: iysCode."""

    id: int
    code: int
    title: str
    mersis: str | None


_LISTED = select(*(_provider[name] for name in KnownProvider._fields)).order_by(_provider.title, _provider.id)
_NAMED = [_brand[name] for name in KnownBrand._fields]
_ALL = Statement(_LISTED, KnownProvider)
_BY_CODE = Statement(_LISTED.where(_provider.code == bindparam("code")), KnownProvider)
_BY_ID = Statement(_LISTED.where(among(_provider.id, "ids")), KnownProvider)
_BRANDS = Statement(select(*_NAMED).where(_brand.provider == bindparam("provider")).order_by(_brand.code), KnownBrand)
_BRAND = Statement(select(*_NAMED).where(_brand.id == bindparam("brand")), KnownBrand)


def by_code(snapshot: Snapshot, code: int) -> KnownProvider | None:
    return snapshot.one(_BY_CODE, {"code": code})


def by_id(snapshot: Snapshot, ids: list[int]) -> list[KnownProvider]:
    return snapshot.all(_BY_ID, {"ids": snapshot.array(ids)}) if ids else []


def list_all(snapshot: Snapshot) -> list[KnownProvider]:
    return snapshot.all(_ALL)


def brands_of(snapshot: Snapshot, provider: int) -> list[KnownBrand]:
    return snapshot.all(_BRANDS, {"provider": provider})


def brand(snapshot: Snapshot, number: int) -> KnownBrand:
    found = snapshot.one(_BRAND, {"brand": number})
    assert found is not None, f"brand {number} is missing"
    return found
