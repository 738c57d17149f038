"""Canonical addresses. Only what can be read in one way is read, the rest is refused with a reason. Phones follow
libphonenumber as at İYS, e-mails İYS's seven rules (API 3.2.0, "İzin Türleri"); one expression recognises the usual
forms faster than the libraries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple
from unicodedata import category

import email_validator
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult
from phonenumbers.data.region_TR import PHONE_METADATA_TR

# A refusal is kept for any well-formed address, under .test or .local too: mail may reach it from somewhere.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


class AddressKind(StrEnum):
    """What an address is, as far as it matters to what may be sent there."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"  # 0850, 444, 0800 …: reached by a call only
    PREMIUM = "premium"  # the called side earns: never call it, never send a code
    FOREIGN = "foreign"
    EMAIL = "email"


class Recipient(NamedTuple):
    """``address``: E.164, or the e-mail in lower case; ``sms``: may take MESAJ and a code; ``assigned`` False: a number
    in no assigned range, which may refuse but not consent (İYS H121)."""

    address: str
    kind: AddressKind
    sms: bool
    assigned: bool


class BadAddress(ValueError):
    """``reason``, also the text, for logs: empty, form, length, control; of phones range, short, country, letters,
    masked, extension, spreadsheet; of e-mails nonascii, space, special. ``value``: what was given, cut to
    ``LONGEST``."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value


LONGEST = 320  # characters that are looked at: 64 before an @ and 255 after it (RFC 5321); more is no address

_MAIL_WITHIN = re.compile(r"[^\s@]{1,64}@[^\s@.]{1,63}\.[^\s@]")
_DIGITS_WITHIN = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){9,14}")
_PERSONS_PHONE = re.compile(r"(?:00)?(?:90)?0?5\d{9}|(?:0|(?:00)?90)[234]\d{9}")
_MOBILE, _EMAIL = AddressKind.MOBILE, AddressKind.EMAIL  # looking a member up on its class costs as much as a match
_new = tuple.__new__  # half the cost of Recipient(…)


def _mobile_pattern() -> str:
    """libphonenumber's expression of the assigned Turkish mobile ranges; up to six digits deep."""
    mobile = PHONE_METADATA_TR.mobile
    assert mobile is not None  # a country without mobiles
    return str(mobile.national_number_pattern)


_E164_MOBILE = re.compile(rf"\+90(?:{_mobile_pattern()})", re.ASCII).fullmatch  # else \d takes ٣ for 3
_ANY_MOBILE = re.compile(rf"(?:\+?90|0090)?0?({_mobile_pattern()})", re.ASCII).fullmatch

# Small letters, no two marks in a row, the domain at least bb.cc. The rest, however right, takes the long way.
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_]++(?:[.+-][a-z0-9_]++)*+@(?!.\.[a-z]+\Z)(?:[a-z0-9]++(?:-[a-z0-9]++)*+\.)+[a-z]{2,}"
).fullmatch


def phone(text: str) -> Recipient:
    """A phone, read as from Türkiye if it names no country. Errors: BadAddress."""
    if _E164_MOBILE(text):
        return _new(Recipient, (text, _MOBILE, True, True))
    _check_length(text)
    return _phone(text)


def email(text: str) -> Recipient:
    """An e-mail address in lower case. Errors: BadAddress by İYS's rules (H120)."""
    if len(text) <= 64 and _PLAIN_EMAIL(text):  # so short, no part of it can be too long
        return _new(Recipient, (text, _EMAIL, False, True))
    _check_length(text)
    return _email(text)


def parse(text: str) -> Recipient:
    """An address of either kind. Errors: BadAddress as of the kind it resembles more."""
    if "@" in text:
        return email(text)
    try:
        return phone(text)
    except BadAddress as bad:
        if bad.reason == "letters" and not any(map(str.isdecimal, text)):
            raise BadAddress("form", text) from None
        raise


def found(read: Callable[[str], Recipient], text: str) -> Recipient | None:
    """What ``phone``, ``email`` or ``parse`` reads; None for no address."""
    try:
        return read(text)
    except BadAddress:
        return None


def country(number: str) -> str:
    """The country (ISO 3166) of a canonical phone number; "" for one of none."""
    if _E164_MOBILE(number):
        return "TR"
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""


def mask(address: str) -> str:
    """``address`` for a page or a log: "+90 532 ••• •• 01", "a•••@e•••.com". Takes anything, raises nothing."""
    local, at, domain = address.partition("@")
    if at:
        return f"{local[:1]}•••@{domain[:1]}•••{domain[domain.rfind('.') :]}"
    if len(address) == 13 and address.startswith("+90"):
        return f"+90 {address[3:6]} ••• •• {address[-2:]}"
    return f"{address[:3]} ••• •• {address[-2:]}" if len(address) > 7 else "•••"


_DIALLED = re.compile(r"\+?[0-9]+").fullmatch
_BEFORE_A_NUMBER = re.compile(r"'*\s*(?:tel:)?\s*", re.IGNORECASE)  # Excel's apostrophe, RFC 3966
# Between a phone's digits, as a character class; spaces that are control characters are refused.
_PHONE_MARKS = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000./·()\[\]\-−\u2010-\u2015"
_PHONE_FAULTS = (
    (re.compile(r"[*•●∙…?_]|##"), "masked"),
    # what a spreadsheet makes of a number kept as a number: -5320000001, 5.32E+09, 5320000001.0
    (re.compile(r"^[-−–][0-9]|^[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+$|^[0-9]{7,}[.,]0{1,2}$"), "spreadsheet"),
    (re.compile(r";[A-Za-z-]+=|[;,#]\s*[0-9]{1,6}$"), "extension"),
    (re.compile(r"[^\W\d_]"), "letters"),
    (re.compile(r"^="), "spreadsheet"),  # a formula
    (re.compile(r"[\x00-\x1f\x7f-\x9f]"), "control"),
    (re.compile(rf"[^+0-9{_PHONE_MARKS}]"), "form"),
)
_EMAIL_FAULTS = (
    (re.compile(r"\A\Z"), "empty"),
    (re.compile(r"[\x00-\x1f\x7f]"), "control"),
    (re.compile(r"[^\x00-\x7f]"), "nonascii"),  # rule 2; before lower(), which makes a k of the Kelvin sign
    (re.compile(r"[^A-Za-z0-9@ ._+-]"), "special"),  # rule 3, less the + of rule 6
    (re.compile(r" "), "space"),  # rule 7
    # Rule 4, at least a@bb.cc. A dot in front is against RFC 5321, but İYS takes it (since 1.0.4).
    (re.compile(r"\A(?!(?!.*\.[.@])[^@]+@(?!.\.[^.]*\Z)[^@]+\.[^.@]{2,}\Z)"), "form"),
)
_UNREADABLE = {NumberParseException.INVALID_COUNTRY_CODE: "country", NumberParseException.TOO_LONG: "length"}
_TURKISH_KINDS = {
    PhoneNumberType.MOBILE: AddressKind.MOBILE,
    PhoneNumberType.FIXED_LINE: AddressKind.LANDLINE,
    PhoneNumberType.UNKNOWN: AddressKind.MOBILE,  # no other passes _unassigned_fault
}


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise BadAddress("length", text[:LONGEST])


def _phone(text: str) -> Recipient:
    dialled = text if _DIALLED(text) else _dialled(text)
    if mobile := _ANY_MOBILE(dialled):
        return Recipient("+90" + mobile[1], AddressKind.MOBILE, sms=True, assigned=True)
    try:
        number = phonenumbers.parse(dialled, "TR")
    except NumberParseException as bad:
        raise BadAddress(_UNREADABLE.get(bad.error_type, "short"), text) from None
    line = phonenumbers.number_type(number)
    if line == PhoneNumberType.UNKNOWN and (reason := _unassigned_fault(number, dialled)):
        raise BadAddress(reason, text)
    return _described(number, line)


def _dialled(text: str) -> str:
    value = _BEFORE_A_NUMBER.sub("", (text if text.isascii() else _ascii_digits(text)).strip(), count=1)
    _refuse(_PHONE_FAULTS, value, text)
    dialled = "".join(re.findall(r"[+0-9]", value))
    if dialled.strip("+") and dialled.rfind("+") <= 0:
        return dialled
    raise BadAddress("country" if dialled else "empty", text)


def _ascii_digits(text: str) -> str:
    """Converts to ASCII digits and removes direction marks and the like from pasted numbers."""
    visible = (c for c in text if category(c) != "Cf")
    return "".join(str(int(c)) if c.isdecimal() else "+" if c == "＋" else c for c in visible)


def _refuse(faults: tuple[tuple[re.Pattern[str], str], ...], value: str, text: str) -> None:
    for fault, reason in faults:
        if fault.search(value):
            raise BadAddress(reason, text)


def _unassigned_fault(number: PhoneNumber, dialled: str) -> str | None:
    """Why a number in no assigned range is invalid; None if it may be assigned some day."""
    if number.country_code != 90:
        if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
            return "length"
        # +532… and 00532… are Turkish mobiles without their 90 rather than unassigned numbers in Cuba
        return "country" if re.fullmatch(r"(?:\+|00)5[0-9]{9}", dialled) else None
    national = phonenumbers.national_significant_number(number)
    subscriber = national.lstrip("0") or national
    if len(subscriber) != 10:
        return "short" if len(subscriber) < 7 else "length"
    return None if national.startswith("5") else "range"  # mobile ranges open yearly, area codes do not


def _described(number: PhoneNumber, line: int) -> Recipient:
    kind = _TURKISH_KINDS.get(line, AddressKind.OTHER) if number.country_code == 90 else AddressKind.FOREIGN
    return Recipient(
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        AddressKind.PREMIUM if line == PhoneNumberType.PREMIUM_RATE else kind,
        sms=kind is AddressKind.MOBILE or line in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE),
        assigned=line != PhoneNumberType.UNKNOWN,
    )


def _email(text: str) -> Recipient:
    value = text.strip()
    _refuse(_EMAIL_FAULTS, value, text)
    value = value.lower()
    if not (len(value) <= 64 and _PLAIN_EMAIL(value)) and (reason := _domain_fault(value)):
        raise BadAddress(reason, text)
    return Recipient(value, AddressKind.EMAIL, sms=False, assigned=True)


def _domain_fault(value: str) -> str | None:
    """Rule 5, RFC 5321 4.5.3.1, RFC 1035 2.3.4, IDNA."""
    local, _, domain = value.partition("@")
    if len(value) > 265 or len(local) > 64 or len(domain) > 253 or any(len(x) > 63 for x in domain.split(".")):
        return "length"
    try:  # the domain alone, because the library ends at 254 characters and İYS at 265
        email_validator.validate_email("a@" + domain, check_deliverability=False)
    except email_validator.EmailNotValidError:
        return "form"
    return None


# Each begins at few places and is bounded, or possessive: else a long word takes quadratic time.
_NUMBER_RUN = re.compile(rf"[+0-9][+0-9{_PHONE_MARKS}]{{6,}}+")
_NATIONAL = re.compile(r"(?=([1-9][0-9]{9}))")  # also within digits that were written together with it
_SHEET_NUMBER = re.compile(r"(?<![0-9.])[0-9]{1,16}(?:\.[0-9]{1,17}(?:[eE]\+?[0-9]{1,2})?|[eE]\+?[0-9]{1,2})(?![0-9])")
_MAIL_RUN = re.compile(r"(?<![A-Za-z0-9._+-])([A-Za-z0-9._+-]{1,64})@(?=([A-Za-z0-9.-]{1,253}))")
_LETTERED_DOMAIN = re.compile(r"[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LARGEST_NUMBER = 1e15  # E.164 has at most 15 digits


def within(text: str) -> Iterator[str]:
    """Every canonical address that a text may hold, and more that are nobody's: for a search by digest. It has each
    that ``parse`` reads from a cell of the text, and a number as a workbook stores it. In linear time."""
    text = _NOT_ASCII.sub(lambda other: _ascii_digits(other[0]), text)
    for run in _NUMBER_RUN.finditer(text):
        yield from _phones_within(run[0])
    for stored in _SHEET_NUMBER.finditer(text):
        if (value := float(stored[0])).is_integer() and value < _LARGEST_NUMBER:
            yield from _phones_within(str(int(value)))
    for mail in _MAIL_RUN.finditer(text):
        lettered = _LETTERED_DOMAIN.match(mail[2])
        for local in {mail[1], mail[1].lstrip("._+-")}:
            for domain in {mail[2].rstrip(".-"), lettered[0] if lettered else ""}:
                yield f"{local}@{domain}".lower()


def _phones_within(run: str) -> Iterator[str]:
    digits = re.sub(r"[^0-9]", "", run)
    yield from (f"+90{national[1]}" for national in _NATIONAL.finditer(digits))
    short = digits.lstrip("0")
    if 7 <= len(short) <= 15:
        yield from (f"+{short}", f"+90{short}")
    for part in run.split("+")[1:] or [digits[2:]] * digits.startswith("00"):
        number = re.sub(r"[^0-9]", "", part[:LONGEST])
        read = found(phone, f"+{part}") if len(number) >= 7 else None
        if read is not None:
            yield read.address
        if read is None or read.kind is AddressKind.FOREIGN:
            yield from (f"+{number[:length]}" for length in range(7, min(len(number), 15) + 1))


def names_somebody(text: str) -> bool:
    """Whether a note holds what looks like a phone number of a person, an e-mail or a TCKN. Numbers of records, loads
    and companies (0850, 444) are none."""
    written = (part for found in _DIGITS_WITHIN.findall(text) for part in (found, *found.split()))
    return _MAIL_WITHIN.search(text) is not None or any(map(_is_somebodys, written))


def _is_somebodys(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    abroad = written.startswith("+") and not digits.startswith("90") and len(digits) > 7
    return abroad or _PERSONS_PHONE.fullmatch(digits) is not None or is_identity_number(digits)


def is_identity_number(text: str) -> bool:
    """Whether 11 digits can be a TCKN (General Directorate of Civil Registration): no leading 0; the tenth is 7 times
    the sum of the odd places less that of the even ones to the eighth, modulo 10; the eleventh the sum of the first
    ten, modulo 10."""
    if len(text) != 11 or not (text.isascii() and text.isdigit()) or text[0] == "0":
        return False
    digits = [int(digit) for digit in text]
    tenth = (7 * sum(digits[0:9:2]) - sum(digits[1:8:2])) % 10
    return digits[9] == tenth and digits[10] == sum(digits[:10]) % 10
