"""Who may do what in the panel: roles and rights at a company, and what the operator's people may."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum, IntFlag
from types import MappingProxyType
from typing import Any, NamedTuple

from consents.brands.provider_states import ProviderState


class Permission(IntFlag):
    """What a person may do at a company. The first five are given one by one, the others come with a role."""

    MEMBER = 0  # nothing but to work there
    SEE = 1  # consents, one address, queries
    LOAD = 2  # files and single consents
    REPORT = 4  # day reports, counts, exports
    ADMINISTER = 8  # brands, dealers, programs, partners
    DESK = 16  # what a citizen says on the telephone
    PEOPLE = 32  # who works here, and the log of acts: owners and managers
    OWN = 64  # what only an owner may: the other owners, the rule of the second step


GIVEN = (Permission.SEE, Permission.LOAD, Permission.REPORT, Permission.ADMINISTER, Permission.DESK)
EVERY_GIVEN = Permission.SEE | Permission.LOAD | Permission.REPORT | Permission.ADMINISTER | Permission.DESK


class Role(IntEnum):
    """What somebody is at a company; the store keeps the number."""

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


class Audience(Enum):
    """What a page asks for that is about no company."""

    OPEN = "open"  # nothing
    CODE = "code"  # the code alone, before the second step
    ENROL = "enrol"  # the same where there is no second step yet: else whoever reads the mails could add one
    PERSON = "person"  # to be signed in
    OPERATOR = "operator"
    STAFF = "staff"  # the operator or an auditor


class Principal(NamedTuple):
    """Who is signed in. ``session``: its key; ``strong``: the second step was passed; ``has_factor``: they have one.

    ``must_step``: they may do nothing before the second step. ``fresh``: it was passed minutes ago.
    """

    id: int
    email: str
    staff: Staff
    session: bytes
    device: bytes
    strong: bool = False
    has_factor: bool = False
    must_step: bool = False
    fresh: bool = False


class Capacity(Enum):
    """The capacity in which a person acts at a company.

    The operator's people act only as STAFF: their membership of a company is suspended until they leave the
    operator, so that no person does both.
    """

    MEMBER = "member"  # one of the company's people, by the rights given there
    STAFF = "staff"  # one of the operator's people


class Company(NamedTuple):
    """A provider. ``id``: internal; ``code``: iysCode."""

    id: int
    code: int
    title: str
    state: ProviderState = ProviderState.ACTIVE


class Membership(NamedTuple):
    """What somebody is at a company. ``rights``: those given one by one; ``brands``: internal ids, None for all."""

    role: Role
    rights: Permission
    brands: frozenset[int] | None = None
    version: int = 0

    @property
    def all_rights(self) -> Permission:
        """With those of the role."""
        return self.rights | _OF_ROLE[self.role]

    def sees(self, brand: int) -> bool:
        """Whether a brand of the company is among his."""
        return self.brands is None or brand in self.brands

    def covers(self, other: Membership) -> bool:
        """Whether whoever has this may give the other: nobody gives more than he has."""
        every = self.brands is None or (other.brands is not None and other.brands <= self.brands)
        return self.role >= other.role and other.rights & ~self.all_rights == 0 and every


class Found(NamedTuple):
    """What a number in a path names. ``brand``: whose it is, where one brand's (internal id); ``what``: itself."""

    id: int
    brand: int | None = None
    what: Any = None


class MenuItem(NamedTuple):
    """A link of the panel's menu."""

    path: str
    label: str
    current: bool


class Member(NamedTuple):
    """Who asks, already checked, for a handler. ``objects``: what the path names, by parameter.

    ``company`` is None on pages about none; ``membership`` is None where the person acts for the operator.
    """

    person: Principal
    company: Company | None = None
    membership: Membership | None = None
    objects: Mapping[str, Found] = MappingProxyType({})
    menu: tuple[MenuItem, ...] = ()

    @property
    def capacity(self) -> Capacity | None:
        """The capacity in which this person acts at the company; None on pages about none."""
        return capacity(self.person, self.company, self.membership)

    @property
    def is_staff(self) -> bool:
        """Whether this person acts at the company as one of the operator's people."""
        return self.capacity is Capacity.STAFF

    @property
    def active(self) -> bool:
        """Whether the company is neither paused nor closed."""
        return self.at.state is ProviderState.ACTIVE

    @property
    def closed(self) -> bool:
        """Whether the company is closed: nothing new begins there."""
        return self.at.state is ProviderState.CLOSED

    @property
    def at(self) -> Company:
        """The company; only on pages about one."""
        assert self.company is not None
        return self.company

    @property
    def rights(self) -> Permission:
        """All rights here."""
        return self.membership.all_rights if self.membership else Permission(0)

    @property
    def brands(self) -> frozenset[int] | None:
        """The brands he may see (internal ids), None for all of the company."""
        return self.membership.brands if self.membership else None

    def may(self, right: Permission) -> bool:
        """Whether he has this right here."""
        return right in self.rights

    def sees(self, brand: int) -> bool:
        """Whether a brand of the company is among those this person may see; the operator's people see all."""
        return self.is_staff or (self.membership is not None and self.membership.sees(brand))


def capacity(person: Principal, company: Company | None, membership: Membership | None) -> Capacity | None:
    """The capacity in which a person may act at a company; None where they may not."""
    if company is None:
        return None
    if person.staff is not Staff.NONE:
        return Capacity.STAFF
    return Capacity.MEMBER if membership is not None else None
