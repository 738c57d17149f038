"""The closed lists of the registry, in the regulator's spelling (İYS API document 3.2.0; docs/glossary.md). The store
keeps the small ``code``, which is never reused."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple, Self

from consents.instants import DAY, MINUTE
from consents.languages import mark

_OF_CODE: dict[tuple[type, int], Any] = {}


class Term(str, Enum):
    """A word of a closed list: equal to its spelling as text, stored as ``code``."""

    code: int

    def __new__(cls, spelling: str, code: int, *facts: object) -> Self:
        member = str.__new__(cls, spelling)
        member._value_ = spelling
        member.code = code
        _OF_CODE[cls, code] = member
        return member

    def __str__(self) -> str:
        return str.__str__(self)

    @classmethod
    def of(cls, code: int) -> Self:
        """Errors: ValueError."""
        try:
            member: Self = _OF_CODE[cls, code]
        except KeyError:
            raise ValueError(f"{code} is no code of {cls.__name__}") from None
        return member


class Status(Term):
    """What stands. BEKLIYOR results from two contrary words and is never a word itself (rule L1)."""

    RET = "RET", 0
    ONAY = "ONAY", 1
    BEKLIYOR = "BEKLIYOR", 2


class Channel(Term):
    """How the brand reaches the recipient: call, SMS, e-mail (İYS ``type``)."""

    ARAMA = "ARAMA", 0
    MESAJ = "MESAJ", 1
    EPOSTA = "EPOSTA", 2


class Identity(Term):
    """As whom the recipient is addressed: private person, or business or trader (İYS ``recipientType``)."""

    BIREYSEL = "BIREYSEL", 0
    TACIR = "TACIR", 1


class Source(Term):
    """Where a word was given. HS_*: to the provider, by its own account. IYS_*: through the registry itself."""

    HS_2015 = "HS_2015", 1
    HS_KARAR = "HS_KARAR", 2
    HS_FIZIKSEL_ORTAM = "HS_FIZIKSEL_ORTAM", 3
    HS_ISLAK_IMZA = "HS_ISLAK_IMZA", 4
    HS_ETKINLIK = "HS_ETKINLIK", 5
    HS_ATM = "HS_ATM", 6
    HS_EORTAM = "HS_EORTAM", 7
    HS_WEB = "HS_WEB", 8
    HS_MOBIL = "HS_MOBIL", 9
    HS_MESAJ = "HS_MESAJ", 10
    HS_EPOSTA = "HS_EPOSTA", 11
    HS_CAGRI_MERKEZI = "HS_CAGRI_MERKEZI", 12
    HS_SOSYAL_MEDYA = "HS_SOSYAL_MEDYA", 13
    IYS_KISAMESAJ = "IYS_KISAMESAJ", 32
    IYS_CM = "IYS_CM", 33
    IYS_WEB = "IYS_WEB", 34
    IYS_WEB_YENI = "IYS_WEB_YENI", 35
    IYS_MOBIL = "IYS_MOBIL", 36
    IYS_EPOSTA = "IYS_EPOSTA", 37
    IYS_AHS_HAT_KAPATMA = "IYS_AHS_HAT_KAPATMA", 38
    IYS_FRAME_SMS = "IYS_FRAME_SMS", 39
    IYS_FRAME_EPOSTA = "IYS_FRAME_EPOSTA", 40

    @property
    def providers(self) -> bool:
        """Whether a provider may claim the source; the others are the registry's own (H119)."""
        return str(self.value).startswith("HS_")


class Actor(Term):
    """Whose word an act is; the citizen's where they gave it to the registry, here or at the national one."""

    CITIZEN = "citizen", 1
    PROVIDER = "provider", 2
    STAFF = "staff", 3
    REGISTRY = "registry", 4


class CitizenDoor(NamedTuple):
    """A door that citizens use. ``source``: İYS's name for words through it; ``name``: its marked name in the history;
    ``handed_out``: its key is also held by the brand, its carriers, the programs of a mailbox; ``both``: a refusal
    covers both identities."""

    source: Source
    name: str
    handed_out: bool = False
    both: bool = True

    @property
    def undo(self) -> int:
        """For how long (µs) an act can be undone there (rule L11)."""
        return 10 * MINUTE if self.handed_out else DAY


class Door(Term):
    """The way an act came in; a door for citizens is one line here."""

    def __init__(self, spelling: str, code: int, citizen: CitizenDoor | None = None) -> None:
        self.citizen = citizen

    PAGE = "page", 1, CitizenDoor(Source.IYS_WEB, mark("Siz, bu sitede"), both=False)
    LINK = "link", 2, CitizenDoor(Source.IYS_WEB, mark("Siz, mesajdaki bağlantıyla"), handed_out=True)
    QR = "qr", 3, CitizenDoor(Source.IYS_WEB, mark("Siz, QR kodla"), handed_out=True)
    SMS = "sms", 4, CitizenDoor(Source.IYS_KISAMESAJ, mark("Siz, SMS göndererek"))
    VOICE = "voice", 5, CitizenDoor(Source.IYS_CM, mark("Siz, telefonla arayarak"))
    MAIL = "mail", 6, CitizenDoor(Source.IYS_EPOSTA, mark("Siz, e-postadaki düğmeyle"), handed_out=True)
    FILE = "file", 7
    API = "api", 8
    SYNC = "sync", 9
    DESK = "desk", 10
    MAILBOX = "mailbox", 11, CitizenDoor(Source.IYS_EPOSTA, mark("Siz, e-posta göndererek"), handed_out=True)
    BUSINESS = "business", 12, CitizenDoor(Source.IYS_WEB, mark("İşletmeniz, bu sitede"), both=False)
    # An answer to what a company asked: by a code that the company types, a word that a till shows, a link.
    REQUEST = (
        "request",
        13,
        CitizenDoor(Source.IYS_WEB, mark("Siz, bir markanın sorusuna cevap vererek"), handed_out=True, both=False),
    )
    # The registry's refusal for a citizen whose company showed no evidence in time (providers/disputes).
    DISPUTE = "dispute", 14
