"""Changes of a brand by its company's people: applied at once, or kept as a claim where they concern others. Each
runs in the form's transaction and returns True for an open claim. Errors: BadCompany."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from consents.brands import brand_changes, companies, company_changes, lookalikes
from consents.brands.companies import MOST_NAMES, BadCompany, KnownBrand
from consents.instants import DAY
from consents.people.recipients import AddressKind, found, phone
from consents.store import Snapshot, Transaction
from optout import public as optout
from panel.audit.change import Change
from panel.brands import brand_actions, claim_store
from panel.brands.claim_store import ClaimKind, ClaimState, CompanyClaim
from panel.rights import Company
from trust import limits
from trust.limits import Limit
from trust.pseudonyms import mark

MOST_WAITING = 20  # claims of a company
MOST_NUMBERS = 3  # of a brand's own, those included that wait
MOST_HEADERS = 10
BRANDS_A_DAY = 5


class Wisher(NamedTuple):
    """The change of one of the company's people. ``site``: the site's name, which no company may take."""

    change: Change
    company: Company
    site: str

    @property
    def transaction(self) -> Transaction:
        return self.change.transaction


def brand(by: Wisher, title: str, code: int | None) -> tuple[int, bool]:
    """A new brand: (brandCode, whether a claim waits). A chosen number waits whole; a title like another's starts as
    the company's. ``code``: None for the next free one."""
    title = companies.clean(title)
    daily = Limit(mark(by.change.keyring, "brands-added", str(by.company.id)), BRANDS_A_DAY, DAY)
    if not limits.take(by.transaction, daily):
        raise BadCompany(f"a company adds at most {BRANDS_A_DAY} brands a day", "brands-many", str(BRANDS_A_DAY))
    if code is not None:
        if not 100_000 <= code <= 999_999:
            raise BadCompany("İYS's numbers of brands have six digits", "code-six")
        if companies.known_brand(by.transaction, code) or companies.provider_id(by.transaction, code):
            raise BadCompany(f"brand code {code} is taken", "code-taken", str(code))
        _claim(by, None, ClaimKind.BRAND, str(code), about=title)
        return code, True
    given = companies.free_code(by.transaction)
    waits = is_near(by.transaction, by.company, title, by.site)
    shown = f"{by.company.title[:240]} ({given})" if waits else title
    added = brand_actions.add(by.change, by.company.code, given, shown)
    return given, waits and _claim(by, added, ClaimKind.TITLE, title)


def title(by: Wisher, of: KnownBrand, wanted: str, why: str) -> bool:
    wanted = companies.clean(wanted)
    if is_near(by.transaction, by.company, wanted, by.site) and not _accepted(
        by.transaction, of, ClaimKind.TITLE, wanted
    ):
        return _claim(by, of, ClaimKind.TITLE, wanted, company_changes.checked(why))
    brand_actions.rename(by.change, of.code, wanted, why)
    return False


def names(by: Wisher, of: KnownBrand, wanted: Sequence[str], why: str, *, header: bool = False) -> bool:
    """Replaces short names or registered headers."""
    kind = ClaimKind.HEADER if header else ClaimKind.NAME
    held = brand_changes.names(by.transaction, of.id)[header]
    checked = list(dict.fromkeys(map(companies.checked_name, wanted)))
    waiting = {one.value for one in _of(by.transaction, of, kind)}
    new = [name for name in checked if name not in held]
    looked = [name for name in new if _needs_look(by, of, kind, name)]
    most = MOST_HEADERS if header else MOST_NAMES
    if len({*checked, *waiting}) > most:
        raise BadCompany(f"a brand has at most {most} of these", "header-many" if header else "name-many", str(most))
    now = [name for name in checked if name not in looked]
    if sorted(now) != sorted(held):
        change = brand_actions.set_headers if header else brand_actions.set_names
        change(by.change, of.code, now, why)
    made = [_claim(by, of, kind, name, company_changes.checked(why)) for name in looked]
    return any(made)


def numbers(by: Wisher, of: KnownBrand, wanted: Sequence[str], shared: Collection[str], why: str) -> bool:
    """Replaces the brand's own numbers; each new one waits. ``shared``: the site's numbers."""
    held = optout.own_numbers(by.transaction, of.id)
    checked = list(dict.fromkeys(optout.checked_number(number, shared) for number in wanted if number not in held))
    waiting = {one.value for one in _of(by.transaction, of, ClaimKind.NUMBER)}
    kept = [number for number in held if number in wanted]
    new = [number for number in checked if number not in held]
    kept += [number for number in checked if number in held and number not in kept]
    for number in new:
        if _is_mobile(number):
            raise BadCompany("a mobile number is somebody's: only the operator adds one", "number-mobile", number)
    if new and len({*kept, *new, *waiting}) > MOST_NUMBERS:
        raise BadCompany(f"a brand has at most {MOST_NUMBERS} numbers of its own", "number-many", str(MOST_NUMBERS))
    if len(kept) < len(held):
        brand_actions.set_numbers(by.change, of, kept, shared, why)
    made = [_claim(by, of, ClaimKind.NUMBER, number, " ".join(why.split())) for number in new]
    return any(made)


def is_near(snapshot: Snapshot, company: Company, text: str, site: str, *, sms: bool = False) -> bool:
    """Whether a name or title resembles another company's, or claims authority."""
    return text != company.title and bool(lookalikes.near(snapshot, company.id, text, site=site, sms=sms))


def _needs_look(by: Wisher, of: KnownBrand, kind: ClaimKind, name: str) -> bool:
    return is_near(by.transaction, by.company, name, by.site, sms=True) and not _accepted(
        by.transaction, of, kind, name
    )


def _is_mobile(number: str) -> bool:
    read = found(phone, number)  # None for a short code
    return read is not None and read.kind is AddressKind.MOBILE


def _accepted(snapshot: Snapshot, of: KnownBrand, kind: ClaimKind, value: str) -> bool:
    known = claim_store.of_provider(snapshot, of.provider)
    return any(
        (one.brand, one.kind, one.value, one.state) == (of.id, kind, value, ClaimState.ACCEPTED) for one in known
    )


def _of(snapshot: Snapshot, of: KnownBrand, kind: ClaimKind) -> Iterator[CompanyClaim]:
    known = claim_store.of_provider(snapshot, of.provider)
    return (one for one in known if (one.brand, one.kind, one.state) == (of.id, kind, ClaimState.WAITING))


def _claim(by: Wisher, of: KnownBrand | None, kind: ClaimKind, value: str, why: str = "", *, about: str = "") -> bool:
    """Stores a claim unless an equal one is open; a new title replaces an open one."""
    waiting = [one for one in claim_store.of_provider(by.transaction, by.company.id) if one.state is ClaimState.WAITING]
    brand = of.id if of else None
    if any((one.brand, one.kind, one.value) == (brand, kind, value) for one in waiting):
        return True
    for former in waiting:
        if kind is ClaimKind.TITLE and (former.kind, former.brand) == (kind, brand):
            claim_store.settle(by.change, former.id, ClaimState.WITHDRAWN)
    if len(waiting) >= MOST_WAITING:
        raise BadCompany(f"{MOST_WAITING} claims of the company wait already", "claims-many", str(MOST_WAITING))
    assert by.change.by is not None  # one of the company's people
    number = claim_store.add(by.transaction, by.company.id, brand, by.change.by, kind, value, about)
    by.change.note("claim-made", f"claim {number}", after=value, why=why, provider=by.company.id, brand=brand)
    return True
