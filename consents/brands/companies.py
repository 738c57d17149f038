"""Providers, their brands, the names a brand goes by in an SMS, and its dealers."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, insert, literal_column, select

from consents.brands import sms_words, spelling
from consents.brands.spelling import fold
from consents.store import Snapshot, Statement, Transaction, Value, among, table
from consents.tables.company_tables import Brand, BrandName, Provider
from consents.tables.dealer_tables import Dealer, DealerDetail

MOST_NAMES = 3
LONGEST_NAME = 11
LONGEST_GIVEN = 64

_provider = table(Provider)
_brand = table(Brand)
_name = table(BrandName)
_dealer = table(Dealer)


class KnownBrand(NamedTuple):
    """``code``: brandCode."""

    id: int
    provider: int
    code: int
    title: str


_PROVIDER: Value[int] = Statement(select(_provider.c.id).where(_provider.c.code == bindparam("code")))
_MERSIS = Statement(select(_provider.c.id).where(_provider.c.mersis == bindparam("mersis")))
_named = select(*(_brand.c[name] for name in KnownBrand._fields))
_BRAND = Statement(_named.where(_brand.c.code == bindparam("code")), KnownBrand)
_BRANDS_OF = Statement(_named.where(_brand.c.provider == bindparam("provider")).order_by(_brand.c.id), KnownBrand)
_PROVIDER_CODE: Value[int] = Statement(select(_provider.c.code).where(_provider.c.id == bindparam("provider")))
_NAMES = Statement(select(_name.c.name, _name.c.brand))
_detail = table(DealerDetail)
DEALER_IS_HERE = ~exists().where(_detail.c.dealer == _dealer.c.id, _detail.c.gone_at.is_not(None))
_DEALERS = Statement(
    select(_dealer.c.external, _dealer.c.code, _dealer.c.id).where(
        _dealer.c.brand == bindparam("brand"), DEALER_IS_HERE
    )
)
_CODED = Statement(  # brand + 0: else SQLite, which has no counts, would go through all dealers of the brand
    select(_dealer.c.code, _dealer.c.id).where(
        among(_dealer.c.code, "codes"), _dealer.c.brand + 0 == bindparam("brand"), DEALER_IS_HERE
    )
)
_EXTERNAL: Value[int] = Statement(
    select(_dealer.c.id).where(_dealer.c.brand == bindparam("brand"), _dealer.c.external == bindparam("external"))
)
_DEALER_CODE = Statement(select(_dealer.c.id).where(_dealer.c.code == bindparam("code")))
_COUNT = Statement(select(func.count()).select_from(_brand).where(_brand.c.provider == bindparam("provider")))
_ANY_COMPANY = Statement(select(_provider.c.id).limit(literal_column("1")))
_ANY_EXAMPLE = Statement(select(_brand.c.id).where(_brand.c.example).limit(literal_column("1")))
# What a query joins that knows brands by their internal ids: brand, code (brandCode), company (iysCode), and the state
# of that (consents/brands/provider_states.py).
CODES = (
    select(_brand.c.id.label("brand"), _brand.c.code, _provider.c.code.label("company"), _provider.c.state)
    .join(_provider, _provider.c.id == _brand.c.provider)
    .subquery("codes")
)
_INSERTS = {
    table.name: Statement(insert(table).values({name: bindparam(name) for name in names}))
    for table, names in (
        (_provider, ("code", "title", "mersis")),
        (_brand, ("provider", "code", "title", "folded", "example")),
        (_name, ("name", "brand", "header")),
        (_dealer, ("brand", "code", "title", "external")),
    )
}


class BadCompany(ValueError):
    """What cannot be recorded; the text gives reason and correction in English. ``why``: the reason as a word that
    pages translate; ``about``: the name or number concerned."""

    def __init__(self, text: str, why: str = "", about: str = "") -> None:
        super().__init__(text)
        self.why, self.about = why, about


class NewDealer(NamedTuple):
    """``id``: internal; ``code``: retailerCode."""

    id: int
    code: int


def add_provider(transaction: Transaction, code: int, title: str, mersis: str | None = None) -> None:
    """``code``: iysCode. Errors: BadCompany."""
    check_code(code, "provider")
    if transaction.one(_PROVIDER, {"code": code}) or transaction.one(_BRAND, {"code": code}):
        raise BadCompany(f"code {code} is taken: choose another, or use the provider that has it")
    if mersis is not None:
        if len(mersis) != 16 or not mersis.isascii() or not mersis.isdigit():
            raise BadCompany("a MERSİS number has 16 digits")
        if transaction.one(_MERSIS, {"mersis": mersis}):
            raise BadCompany("this MERSİS number belongs to another provider")
    _insert(transaction, "provider", code=code, title=clean(title), mersis=mersis)


def add_brand(
    transaction: Transaction,
    provider: int,
    code: int,
    title: str,
    *,
    names: tuple[str, ...] = (),
    headers: tuple[str, ...] = (),
    example: bool = False,
) -> None:
    """Adds a brand to the provider with this iysCode; its master brand is the one with the same code. Errors:
    BadCompany."""
    check_code(code, "brand")
    if (owner := transaction.one(_PROVIDER, {"code": provider})) is None:
        raise BadCompany(
            f"there is no provider {provider}: add it first (izin provider add --code {provider} --title …)"
        )
    if transaction.one(_BRAND, {"code": code}):
        raise BadCompany(f"brand code {code} is taken", "code-taken", str(code))
    if len(names) > MOST_NAMES:
        raise BadCompany(f"a brand has at most {MOST_NAMES} short names", "name-many")
    title = clean(title)
    _insert(transaction, "brand", provider=owner[0], code=code, title=title, folded=fold(title), example=example)
    brand = known_brand(transaction, code)
    assert brand is not None
    for text, header in [*((name, False) for name in names), *((name, True) for name in headers)]:
        add_name(transaction, brand.id, text, header=header)


def add_dealer(transaction: Transaction, brand: int, title: str, external: str | None = None) -> NewDealer:
    """Adds a dealer to the brand with this brandCode, under a new code of eight digits. Errors: BadCompany."""
    owner = known_brand(transaction, brand)
    if owner is None:
        raise BadCompany(f"there is no brand {brand}")
    if external and (external := own_code(external)) in dealers(transaction, owner.id):
        raise BadCompany(f"the brand has a dealer with the code {external} already", "external-taken", external)
    code = _free_dealer_code(transaction)
    _insert(transaction, "dealer", brand=owner.id, code=code, title=clean(title), external=external or None)
    added = transaction.one(_DEALER_CODE, {"code": code})
    assert added is not None
    return NewDealer(added[0], code)


def add_dealers(transaction: Transaction, brand: int, wanted: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Adds dealers to the brand (internal id) by title and own code, "" for none; returns those whose code no dealer of
    the brand has yet. Errors: BadCompany."""
    taken, added = {*dealers(transaction, brand)}, list[tuple[str, str]]()
    for title, external in wanted:
        external = own_code(external)
        if external and external in taken:
            continue
        title = clean(title)
        _insert(
            transaction,
            "dealer",
            brand=brand,
            code=_free_dealer_code(transaction),
            title=title,
            external=external or None,
        )
        taken.add(external)
        added.append((title, external))
    return added


def _free_dealer_code(snapshot: Snapshot) -> int:
    while True:
        code = secrets.randbelow(90_000_000) + 10_000_000
        if snapshot.one(_DEALER_CODE, {"code": code}) is None:
            return code


def free_code(snapshot: Snapshot) -> int:
    while True:
        code = secrets.randbelow(900_000) + 100_000
        if provider_id(snapshot, code) is None and known_brand(snapshot, code) is None:
            return code


def provider_id(snapshot: Snapshot, code: int) -> int | None:
    return snapshot.value(_PROVIDER, {"code": code})


def provider_code(snapshot: Snapshot, provider: int) -> int | None:
    return snapshot.value(_PROVIDER_CODE, {"provider": provider})


def brands_of(snapshot: Snapshot, provider: int) -> list[KnownBrand]:
    return snapshot.all(_BRANDS_OF, {"provider": provider})


def known_brand(snapshot: Snapshot, code: int) -> KnownBrand | None:
    return snapshot.one(_BRAND, {"code": code})


def any_company(snapshot: Snapshot) -> bool:
    return snapshot.one(_ANY_COMPANY) is not None


def any_example(snapshot: Snapshot) -> bool:
    return snapshot.one(_ANY_EXAMPLE) is not None


def dealers_coded(snapshot: Snapshot, brand: int, codes: Collection[int]) -> dict[int, int]:
    """Dealers of a brand by retailerCode, for these codes only; some µs a code."""
    if not codes:
        return {}
    return dict(snapshot.all(_CODED, {"brand": brand, "codes": snapshot.array(codes)}))


def dealer_of(snapshot: Snapshot, brand: int, code: str) -> int | None:
    """A brand's dealer by the provider's own code or by retailerCode."""
    own = snapshot.value(_EXTERNAL, {"brand": brand, "external": code})
    if own is not None or not (code.isascii() and code.isdecimal() and len(code) <= 15):
        return own
    return dealers_coded(snapshot, brand, [int(code)]).get(int(code))


def dealers(snapshot: Snapshot, brand: int) -> dict[str, int]:
    """Dealers of a brand by the provider's own code and by retailerCode."""
    found: dict[str, int] = {}
    for external, code, number in snapshot.all(_DEALERS, {"brand": brand}):
        found[str(code)] = number
        if external is not None:
            found[external] = number
    return found


def checked_name(text: str) -> str:
    """A short name or header as stored: folded. Errors: BadCompany where an SMS with it means something else."""
    name = fold(text)
    if not name or len(name) > LONGEST_NAME or not all(c.isascii() and (c.isalnum() or c in " .-&") for c in name):
        message = f"a name has 1 to {LONGEST_NAME} letters or digits; this one reads as {name!r}"
        raise BadCompany(message, "name-form", text)
    if sms_words.collision(name):
        message = f"an SMS that says {name} means something else: a name is no such word and no bare number"
        raise BadCompany(message, "name-word", name)
    if sms_words.is_asked_word(name):
        message = f"{name} has the form of the words that tills and posters show: a name is no letter and digit in turn"
        raise BadCompany(message, "name-asked", name)
    if spelling.is_link(name):
        raise BadCompany("a name is no link: leave out the dot", "name-link", name)
    return name


def add_name(transaction: Transaction, brand: int, text: str, *, header: bool) -> None:
    """Adds a folded short name or registered header. Errors: BadCompany where an SMS with it would be ambiguous."""
    name = checked_name(text)
    known = dict(row[:2] for row in transaction.all(_NAMES))
    others = {sms_words.squeezed(other) for other, owner in known.items() if owner != brand}
    if sms_words.squeezed(name) in others:
        message = f"the name {name} belongs to another brand: an SMS with it could not tell them apart"
        raise BadCompany(message, "name-taken", name)
    if clash := sms_words.glued_alike(sms_words.squeezed(name), others):
        message = f"an SMS that says {clash} could not tell this brand from another: choose another name"
        raise BadCompany(message, "name-alike", clash)
    if name not in known:
        _insert(transaction, "brand_name", name=name, brand=brand, header=header)


def _insert(transaction: Transaction, table: str, **values: Any) -> None:
    transaction.run(_INSERTS[table], values)


def check_code(code: int, what: str) -> None:
    """Errors: BadCompany."""
    if not 1 <= code <= 999_999_999:
        raise BadCompany(f"a {what} code is a whole number of one to nine digits (İYS gives six)", "code")


def given_name(text: str, what: str, why: str, most: int = LONGEST_GIVEN) -> str:
    """A typed name or code as stored; ``what`` it is, and its word. Errors: BadCompany."""
    given = text.strip()
    if not 1 <= len(given) <= most or not given.isprintable():
        raise BadCompany(f"{what} has 1 to {most} printable characters", why)
    return given


def own_code(text: str) -> str:
    """A provider's own code for a dealer as stored, "" for none. Errors: BadCompany."""
    if not text.strip():
        return ""
    return given_name(text, "a provider's own code for a dealer", "external")


def clean(title: str) -> str:
    """A title as stored. Errors: BadCompany."""
    cleaned = " ".join(title.split())
    if not cleaned or len(cleaned) > 255 or not cleaned.isprintable():
        raise BadCompany("a title has 1 to 255 printable characters", "title")
    if spelling.is_link(cleaned):
        raise BadCompany("a title is no link: write a blank after each dot, and no address", "title-link", cleaned)
    return cleaned
