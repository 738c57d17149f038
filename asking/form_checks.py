"""What the texts of a form may hold (docs/consent-requests.md, “Forms”): checked when a company saves a draft, and
again when it submits it. The operator looks at what no rule can: whether promise and notice are true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from asking import forms, message_texts
from asking.forms import NOTICE, PROMISE, TITLE, FormTexts
from asking.message_texts import Asking, RequestMessage
from asking.request_states import RequestPurpose
from consents.brands import spelling
from consents.brands.book import BrandEntry
from consents.brands.spelling import fold
from consents.channels import OF_CODE
from consents.languages import LANGUAGES, SMS_LETTERS, SOURCE
from consents.terms import Identity
from settings import Settings

SHORTEST_PROMISE, SHORTEST_NOTICE = 10, 100  # letters
LONGEST_ADDRESS = 300
LINK_LETTERS = 12  # of the token in an SMS's link

_ORIGIN = re.compile(r"\Ahttps://[^/?#\s]*", re.IGNORECASE).sub
_WORD = re.compile(r"[^\W_]+").findall
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]").fullmatch
# Hosts that hide where an address leads.
_SHORTENERS = frozenset(
    {"bit.ly", "t.co", "tinyurl.com", "goo.gl", "cutt.ly", "is.gd", "ow.ly", "rebrand.ly", "t.ly", "linktr.ee", "rb.gy"}
)
# A reader's own declaration, in folded letters: a notice informs and asks for none (KVKK decision 2026/347).
_DECLARES = re.compile(
    r"\b(?:OKUDUM|OKUDUGUMU|ANLADIGIMI|"
    r"(?:KABUL|BEYAN|TAAHHUT|MUVAFAKAT) (?:EDIYORUM|EDERIM|ETTIM|ETMIS (?:OLUR|SAYILIR)\w*)|"
    r"(?:ONAY|IZIN|RIZA) (?:VERIYORUM|VERDIM|VERIRIM|GOSTERIYORUM|VERMIS (?:OLUR|SAYILIR)\w*)|"
    r"ONAYLIYORUM|ONAYLARIM|ONAYLADIM|ONAYLAMIS (?:OLUR|SAYILIR)\w*|(?:ACIK )?RIZAM(?:LA|I|IN|DIR)?(?: VARDIR)?|"
    r"I (?:AGREE|ACCEPT|CONSENT|HAVE READ))\b"
).search
# What a command prints.
EXPLANATIONS = {
    "form-title": "a title has 1 to {about} printable characters",
    "title-link": "a title is no link: {about}",
    "form-title-brand": "the title has to hold the brand's title ({about}) or one of its short names",
    "form-channels": "choose calls, SMS or both, or e-mail alone",
    "form-no-name": "the brand has no short name, by which an SMS could name it: izin brand names",
    "form-promise": "a promise has 10 to {about} printable characters: what is sent, and how often",
    "form-promise-link": "a promise holds no link",
    "form-declares": "“{about}” is a declaration of the reader: a form informs, and the site asks (KVKK 2026/347)",
    "form-notice": "a notice is an https address, or a text of 100 to {about} printable characters",
    "form-notice-address": "a notice's address is https, without user and port, of at most {about} ASCII characters",
    "form-notice-short": "{about} hides where the notice is: give the company's own address",
    "form-notice-host": "the notice's host does not fit into an SMS: at most {about} letters",
}


class FormFault(NamedTuple):
    """``field``: of FormTexts; ``why``: a word that the panel translates; ``about``: what is wrong there."""

    field: str
    why: str
    about: str = ""

    def __str__(self) -> str:
        return EXPLANATIONS[self.why].format(about=self.about)


class SmsPreview(NamedTuple):
    """``most``: the letters of one part."""

    text: str
    letters: int
    most: int


def cleaned(texts: FormTexts) -> FormTexts:
    """As stored: title and promise in one line, a notice's paragraphs kept, its address's host in lower case."""
    notice = "\n".join(" ".join(line.split()) for line in texts.notice.strip().splitlines())
    notice = _ORIGIN(lambda found: found[0].lower(), notice)
    return texts._replace(
        title=" ".join(texts.title.split()),
        promise=" ".join(texts.promise.split()),
        notice=re.sub(r"\n{3,}", "\n\n", notice),
    )


def find_faults(settings: Settings, brand: BrandEntry, called: Sequence[str], texts: FormTexts) -> list[FormFault]:
    """What keeps ``texts`` (cleaned) from being submitted, in the order of the form. ``called``: the brand's short
    names and SMS headers."""
    return [
        *_title(brand, called, texts.title),
        *_channels(brand, texts.channels),
        *_promise(texts.promise),
        *_notice(settings, brand, texts),
    ]


def previews(settings: Settings, brand: BrandEntry, texts: FormTexts, now: int) -> list[SmsPreview]:
    """The SMS that ask with these texts, and the one that follows a consent; none for a form about e-mail. ``now``:
    µs."""
    return [
        SmsPreview(one.shown, len(one.text), SMS_LETTERS[SOURCE])
        for one in _messages(settings, brand, texts, now, SOURCE)
    ]


def mail(settings: Settings, brand: BrandEntry, texts: FormTexts) -> RequestMessage:
    """The mail that asks with these texts."""
    asking = _asking(brand, texts, SOURCE)
    return message_texts.link(settings, asking, RequestPurpose.CONSENT, _page(settings), mail=True)


def by_phone(channels: int) -> bool:
    return forms.one_kind(channels) and not any(OF_CODE[one.code].mail for one in forms.channels_in(channels))


def _title(brand: BrandEntry, called: Sequence[str], title: str) -> Iterator[FormFault]:
    if not 1 <= len(title) <= TITLE or not title.isprintable():
        yield FormFault("title", "form-title", str(TITLE))
    elif spelling.is_link(title):
        yield FormFault("title", "title-link", title)
    elif not _names(brand, called, title):
        yield FormFault("title", "form-title-brand", brand.title)


def _names(brand: BrandEntry, called: Sequence[str], title: str) -> bool:
    """Whether the title holds the brand's own title or a short name, word by word; of a title that is too long for a
    form, its first words do."""
    words = _words(title)
    if len(brand.title) > TITLE and _words(brand.title).startswith(words):
        return True
    return any(_words(name) in words for name in (brand.title, *called))


def _words(text: str) -> str:
    """Folded, with a blank around each word."""
    return f" {' '.join(_WORD(fold(text)))} "


def _channels(brand: BrandEntry, channels: int) -> Iterator[FormFault]:
    if not channels or not forms.one_kind(channels):
        yield FormFault("channels", "form-channels")
    elif by_phone(channels) and brand.name == str(brand.code):
        yield FormFault("channels", "form-no-name")


def _promise(promise: str) -> Iterator[FormFault]:
    if not SHORTEST_PROMISE <= len(promise) <= PROMISE or not promise.isprintable():
        yield FormFault("promise", "form-promise", str(PROMISE))
    elif spelling.is_link(promise):
        yield FormFault("promise", "form-promise-link")
    elif declared := _DECLARES(fold(promise)):
        yield FormFault("promise", "form-declares", declared[0])


def _notice(settings: Settings, brand: BrandEntry, texts: FormTexts) -> Iterator[FormFault]:
    notice = texts.notice
    if "://" in notice.partition("\n")[0].partition(" ")[0]:
        yield from _notice_address(settings, brand, texts)
    elif not SHORTEST_NOTICE <= len(notice) <= NOTICE or not notice.replace("\n", "").isprintable():
        yield FormFault("notice", "form-notice", str(NOTICE))
    elif declared := _DECLARES(fold(notice)):
        yield FormFault("notice", "form-declares", declared[0])


def _notice_address(settings: Settings, brand: BrandEntry, texts: FormTexts) -> Iterator[FormFault]:
    try:
        parts = urlsplit(texts.notice)
        host, plain = parts.hostname or "", parts.username is None and parts.port is None
    except ValueError:
        host, plain = "", False
    sound = plain and parts.scheme == "https" and _HOST(host) is not None and " " not in texts.notice
    if not sound or len(texts.notice) > LONGEST_ADDRESS or not texts.notice.isprintable():
        yield FormFault("notice", "form-notice-address", str(LONGEST_ADDRESS))
    elif host.removeprefix("www.") in _SHORTENERS:
        yield FormFault("notice", "form-notice-short", host)
    elif by_phone(texts.channels) and (over := _letters_over(settings, brand, texts)) > 0:
        yield FormFault("notice", "form-notice-host", str(len(host) - over))


def _letters_over(settings: Settings, brand: BrandEntry, texts: FormTexts) -> int:
    """By how many letters the longest SMS that names the notice's host is too long, in any language."""
    return max(
        len(one.text) - SMS_LETTERS[language]
        for language in LANGUAGES
        for one in _messages(settings, brand, texts, 0, language)
    )


def _messages(
    settings: Settings, brand: BrandEntry, texts: FormTexts, now: int, language: str
) -> Iterator[RequestMessage]:
    if not by_phone(texts.channels):
        return
    asking, purpose, page = _asking(brand, texts, language), RequestPurpose.CONSENT, _page(settings)
    yield message_texts.code(settings, asking, purpose, "0" * 6, mail=False)
    yield message_texts.link(settings, asking, purpose, page, mail=False)
    yield message_texts.notice(settings, asking, purpose, now, page, mail=False)


def _asking(brand: BrandEntry, texts: FormTexts, language: str) -> Asking:
    merchant = texts.identity == Identity.TACIR.code
    return Asking(brand, texts.title, texts.promise, texts.notice, texts.channels, language, merchant)


def _page(settings: Settings) -> str:
    return f"{settings.public_url}/o/{'x' * LINK_LETTERS}"
