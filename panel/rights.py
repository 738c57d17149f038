"""Roles and rights at a company, and of the operator's people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum, IntFlag
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, NamedTuple

from consents.brands.provider_states import ProviderState


class Permission(IntFlag):
    """A right at a company. GIVEN are granted one by one, the others come with a role."""

    MEMBER = 0  # nothing but to work there
    SEE = 1  # consents, one address, queries
    LOAD = 2  # files and single consents
    REPORT = 4  # day reports, counts, exports
    ADMINISTER = 8  # brands, dealers, programs, partners
    DESK = 16  # citizens' declarations on the telephone
    PEOPLE = 32  # who works here, and the log of acts: owners and managers
    OWN = 64  # what only an owner may: the other owners, the rule of the second step
    EVIDENCE = 128  # what was attached to a person's consent, and the document of it


GIVEN = (
    Permission.SEE,
    Permission.LOAD,
    Permission.REPORT,
    Permission.ADMINISTER,
    Permission.DESK,
    Permission.EVIDENCE,
)
EVERY_GIVEN = reduce(or_, GIVEN)


class Role(IntEnum):
    """A role at a company; the store keeps the number."""

    USER = 0
    MANAGER = 1
    OWNER = 2

    @property
    def word(self) -> str:
        """As commands and forms write it."""
        return self.name.lower()


_OF_ROLE = {
    Role.USER: Permission(0),
    Role.MANAGER: EVERY_GIVEN | Permission.PEOPLE,
    Role.OWNER: EVERY_GIVEN | Permission.PEOPLE | Permission.OWN,
}


class Staff(IntEnum):
    """The operator's people; the store keeps the number. An auditor only reads."""

    NONE = 0
    OPERATOR = 1
    AUDITOR = 2


class PartnerSeat(NamedTuple):
    """A person's place at a partner. ``id``: internal; ``code``: integratorCode; ``owner``: invites and ends the
    others."""

    id: int
    code: int
    title: str
    owner: bool


class Audience(Enum):
    """The audience of a page without a company."""

    OPEN = "open"  # nothing
    CODE = "code"  # the code alone, before the second step
    ENROL = "enrol"  # the same where there is no second step yet: else a reader of the mails could add one
    PERSON = "person"  # to be signed in
    OPERATOR = "operator"
    STAFF = "staff"  # the operator or an auditor
    PARTNER = "partner"  # a partner's people
    PARTNER_OWNER = "partner's owner"


class Principal(NamedTuple):
    """Who is signed in. ``session``: its key; ``strong``: second step passed, ``fresh``: minutes ago;
    ``has_factor``: one is set up; ``must_step``: nothing is allowed before it; ``partner``: where they work for an
    open partner."""

    id: int
    email: str
    staff: Staff
    session: bytes
    device: bytes
    strong: bool = False
    has_factor: bool = False
    must_step: bool = False
    fresh: bool = False
    partner: PartnerSeat | None = None

    @property
    def seat(self) -> PartnerSeat:
        assert self.partner is not None
        return self.partner


class Capacity(Enum):
    """A person's capacity at a company. The operator's people act only as STAFF: their membership is suspended until
    they leave the operator."""

    MEMBER = "member"  # one of the company's people, by the rights given there
    STAFF = "staff"  # one of the operator's people


class Company(NamedTuple):
    """A provider. ``id``: internal; ``code``: iysCode."""

    id: int
    code: int
    title: str
    state: ProviderState = ProviderState.ACTIVE


class Membership(NamedTuple):
    """``rights``: those granted one by one; ``brands``: internal ids, None for all."""

    role: Role
    rights: Permission
    brands: frozenset[int] | None = None
    version: int = 0

    @property
    def all_rights(self) -> Permission:
        """With the role's rights."""
        return self.rights | _OF_ROLE[self.role]

    @property
    def only_calls(self) -> bool:
        """Whether they work at the telephone alone."""
        return (
            Permission.DESK in self.all_rights and self.all_rights | Permission.SEE == Permission.DESK | Permission.SEE
        )

    def sees(self, brand: int) -> bool:
        """Whether a brand of the company is visible."""
        return self.brands is None or brand in self.brands

    def covers(self, other: Membership) -> bool:
        """Whether its holder may grant the other: users can only grant permissions they hold."""
        every = self.brands is None or (other.brands is not None and other.brands <= self.brands)
        return self.role >= other.role and other.rights & ~self.all_rights == 0 and every


class Found(NamedTuple):
    """An object of a path's number. ``brand``: its brand, if any (internal id); ``what``: itself."""

    id: int
    brand: int | None = None
    what: Any = None


class MenuItem(NamedTuple):
    path: str
    label: str
    current: bool
    group: int


class Member(NamedTuple):
    """An authorised requester. ``objects``: the path's, by parameter. ``company``: None on pages without one;
    ``membership``: None where the person acts for the operator; ``elsewhere``: they work for other companies too."""

    person: Principal
    company: Company | None = None
    membership: Membership | None = None
    objects: Mapping[str, Found] = MappingProxyType({})
    menu: tuple[MenuItem, ...] = ()
    elsewhere: bool = False

    @property
    def capacity(self) -> Capacity | None:
        """Their capacity at the company; None for none."""
        return capacity(self.person, self.company, self.membership)

    @property
    def is_staff(self) -> bool:
        return self.capacity is Capacity.STAFF

    @property
    def active(self) -> bool:
        return self.at.state is ProviderState.ACTIVE

    @property
    def closed(self) -> bool:
        """Whether the company is closed to anything new."""
        return self.at.state is ProviderState.CLOSED

    @property
    def at(self) -> Company:
        assert self.company is not None
        return self.company

    @property
    def home(self) -> str:
        """The path of the company's pages."""
        return f"/panel/{self.at.code}"

    @property
    def rights(self) -> Permission:
        return self.membership.all_rights if self.membership else Permission(0)

    @property
    def brands(self) -> frozenset[int] | None:
        """Visible brands (internal ids), None for all of the company."""
        return self.membership.brands if self.membership else None

    def may(self, right: Permission) -> bool:
        return right in self.rights

    def sees(self, brand: int) -> bool:
        """Whether a brand of the company is visible; the operator's people see all."""
        return self.is_staff or (self.membership is not None and self.membership.sees(brand))


def capacity(person: Principal, company: Company | None, membership: Membership | None) -> Capacity | None:
    """Their capacity at the company; None for none."""
    if company is None:
        return None
    if person.staff is not Staff.NONE:
        return Capacity.STAFF
    return Capacity.MEMBER if membership is not None else None
