"""The notice of an undo by a link, sent to the address that it is about: a link lies also with who sent it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from consents.brands.book import Listed
from consents.instants import DAY
from consents.keys import Keyring
from consents.store import Transaction
from consents.terms import Channel
from gateways.outbox import outbox
from web.rendering.when import moment, stamp

_CALL, _TEXT = (Channel.ARAMA.code,), (Channel.MESAJ.code,)

# Under the rules of optout/sms/replies.py.
_SMS = "{M} icin reddiniz baglantidan geri alindi, onceki durum gecerli. Kayit: {DT}. Siz yapmadiysaniz {HOW}."
_HOW: dict[tuple[int, ...], str] = {_TEXT: "RET {M} yazin", _CALL: "RET {M} ARAMA yazin"}
_HOW_BOTH = "RET {M} HEPSI yazin"
_ON_THE_SITE = "sitemizde yeniden reddedin"

# Nobody knows in which language the reader of an e-mail reads; so it has both.
_SUBJECT = "Reddiniz geri alındı: {brand}"
_MAIL = """Merhaba,

{brand} markasının reklam e-postaları için reddiniz, bir e-postadaki bağlantının sayfasından geri alındı. Önceki durum \
geçerli.

Kayıt: {at}

Bunu siz yapmadıysanız aynı bağlantıdan ya da sitemizden yeniden reddedin: {url}

Your refusal of the advertising e-mails of {brand} was taken back from the page of a link in an e-mail, and what stood \
before stands again. Recorded: {at_en}. If you did not do this, refuse again by the same link or on our site: {url}
"""


class Notice(NamedTuple):
    """What a notice says beside the moment. ``by_sms``: an SMS can be answered with RET.

    ``fields``: the header fields of a mail by which its reader refuses again with one click.
    """

    brand: Listed
    by_sms: bool
    url: str
    fields: Callable[[], Mapping[str, str]]


def post(transaction: Transaction, keyring: Keyring, notice: Notice, address: str, channels: Sequence[int]) -> None:
    """Puts it into the outbox, in the transaction of the undo. ``channels``: those that are no longer refused."""
    at, expires_at = transaction.now, transaction.now + DAY
    if "@" in address:
        subject, text = mail(notice, at)
        outbox.post(
            transaction, keyring, kind="mail", to=address, subject=subject, text=text, expires_at=expires_at,
            headers=notice.fields(),
        )  # fmt: skip
    else:
        text = sms(notice, channels, at)
        outbox.post(transaction, keyring, kind="sms", to=address, text=text, expires_at=expires_at)


def sms(notice: Notice, channels: Sequence[int], at: int) -> str:
    """The text for a number; ``at`` in µs."""
    name = notice.brand.name
    how = _HOW.get(tuple(channels), _HOW_BOTH).format(M=name) if notice.by_sms else _ON_THE_SITE
    return _SMS.format(M=name, DT=stamp(at), HOW=how)


def mail(notice: Notice, at: int) -> tuple[str, str]:
    """(subject, text) for an e-mail; ``at`` in µs."""
    values = {"brand": notice.brand.title, "at": moment("tr", at), "at_en": moment("en", at), "url": notice.url}
    return _SUBJECT.format(**values), _MAIL.format(**values)
