"""Addresses at the door: the corpus, the rules behind it, and that the quick way never differs from the libraries."""

from __future__ import annotations

import json
import pickle
from itertools import product
from typing import Any

import email_validator
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from consents.people.recipients import LONGEST, AddressKind, BadAddress, Recipient, email, mask, parse, phone
from tests import CORPUS, case

MOBILE = Recipient("+905320000001", AddressKind.MOBILE, sms=True, assigned=True)

unhurried = settings(deadline=None)  # the first number of a country loads its ranges


def rows(name: str) -> list[Any]:
    return list(map(json.loads, (CORPUS / name).read_text(encoding="utf-8").splitlines()))


def reason(text: str, reader: Any = phone, *, cut: bool = False) -> str:
    with pytest.raises(BadAddress) as refusal:
        reader(text)
    assert refusal.value.value == (text[:LONGEST] if cut else text)
    assert not text or text not in repr(refusal.value)
    assert refusal.value.__cause__ is None
    return refusal.value.reason


def verdict(text: str, reader: Any = phone) -> Recipient | str:
    """What ``text`` is read as, or the reason why it is not."""
    try:
        got = reader(text)
    except BadAddress as bad:
        return bad.reason
    assert isinstance(got, Recipient)
    return got


def test_phones_of_the_corpus() -> None:
    for row in rows("phones.jsonl"):
        with case(row):
            wanted = row["expect"]
            if "reject" in wanted:
                assert reason(row["input"]) == wanted["reject"], row["why"]
            else:
                assigned = wanted.get("assigned", True)
                assert phone(row["input"]) == (wanted["e164"], wanted["kind"], wanted["sms"], assigned), row["why"]


def test_emails_of_the_corpus() -> None:
    for row in rows("emails.jsonl"):
        with case(row):
            wanted = row["expect"]
            if "reject" in wanted:
                assert reason(row["input"], email) == wanted["reject"], row["why"]
            else:
                assert email(row["input"]) == (wanted["email"], AddressKind.EMAIL, False, True), row["why"]


def test_an_address_is_a_plain_tuple_of_the_right_type_whichever_way_it_took() -> None:
    quick, slow = phone("+905320000001"), phone("0532 000 00 01")
    assert quick == slow == MOBILE
    assert type(quick) is type(slow) is type(email("ali@example.com")) is Recipient
    assert pickle.loads(pickle.dumps(quick)) == quick


# --- phones ---------------------------------------------------------------------------------------------------


def library_line(national: int) -> int:
    return phonenumbers.number_type(PhoneNumber(country_code=90, national_number=national))


def test_every_range_that_begins_with_5_is_judged_as_the_library_judges_it() -> None:
    """Ranges are given out down to six digits (561 011, 561 61x), so every six digits are asked for."""
    for prefix in range(500_000, 600_000):
        national = prefix * 10_000 + 1
        line, text = library_line(national), f"+90{national}"
        if line == PhoneNumberType.MOBILE:
            assert phone(text) == (text, AddressKind.MOBILE, True, True)
        elif prefix % 7 == 0 or line != PhoneNumberType.UNKNOWN:  # the long way is long: one in seven
            assigned = line != PhoneNumberType.UNKNOWN
            kind = AddressKind.OTHER if assigned else AddressKind.MOBILE
            assert phone(text) == (text, kind, not assigned, assigned)


@unhurried
@given(st.integers(5_000_000_000, 5_999_999_999))
def test_a_mobile_number_is_judged_as_the_library_judges_it_to_the_last_digit(national: int) -> None:
    got = phone(f"+90{national}")
    assert (got.kind is AddressKind.MOBILE and got.assigned) == (library_line(national) == PhoneNumberType.MOBILE)


@unhurried
@given(
    st.sampled_from(["", "0", "90", "+90", "0090", "+900", "900", "00900", "+", "00", "09", "+0"]),
    st.sampled_from(["5", "53", "532", "5320000", "561", "444", "850", "21", ""]),
    st.text("0123456789", max_size=12),
)
def test_digits_alone_mean_what_the_library_takes_them_for(trunk: str, start: str, rest: str) -> None:
    text = trunk + start + rest
    try:
        number = phonenumbers.parse(text, "TR")
        valid = phonenumbers.is_valid_number(number)
    except phonenumbers.NumberParseException:
        valid = False
    got = verdict(text)
    if valid:
        assert isinstance(got, Recipient)
        assert got.address == phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert got.assigned
    elif isinstance(got, Recipient):
        assert not got.assigned
    else:
        assert got in {"length", "range", "short", "country", "empty"}


@pytest.mark.parametrize(
    "text",
    [
        "5320000001",
        "0090 532 000 00 01",
        "+9005320000001",
        "0532/000 00 01",
        "(0532) 000-00-01",
        "(+90) 532 000 00 01",
        "0532–000–00–01",
        "\u202a+90 532 000 00 01\u202c",
        "\ufeff05320000001",
        "+9053200000٠١",
        "＋９０ ５３２ ０００ ００ ０１",
        "TEL:0532 000 00 01",
        "\t0532\u202f000\u200900 01\r\n",
    ],
)
def test_other_spellings_of_one_number(text: str) -> None:
    assert phone(text) == MOBILE


@pytest.mark.parametrize(
    ("text", "address", "kind", "sms", "assigned"),
    [
        ("0212 000 00 01", "+902120000001", "landline", False, True),
        ("0392 000 00 01", "+903920000001", "landline", False, True),  # Northern Cyprus
        ("0800 000 00 01", "+908000000001", "other", False, True),
        ("0888 000 00 01", "+908880000001", "premium", False, True),
        ("0512 000 00 01", "+905120000001", "other", False, True),  # a pager
        ("0561 000 00 01", "+905610000001", "mobile", True, False),
        ("+1 900 555 0100", "+19005550100", "premium", False, True),
        ("+49 30 00000001", "+493000000001", "foreign", False, True),  # a landline abroad takes no code
        ("+1 200 555 0100", "+12005550100", "foreign", False, False),
        ("+39 06 0000 0001", "+390600000001", "foreign", False, True),  # keeps its 0
    ],
)
def test_what_an_address_is(text: str, address: str, kind: str, sms: bool, assigned: bool) -> None:
    assert phone(text) == (address, kind, sms, assigned)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("—", "empty"),
        ("112", "short"),
        ("+90 3338", "short"),
        ("212 00 01", "length"),  # without its area code
        ("0905320000001", "length"),
        ("05320000001 / 05320000002", "length"),
        ("+1 555 0100", "length"),
        ("0299 000 00 01", "range"),
        ("+90005992000000", "range"),  # never +9005…: stored so, no citizen finds it again
        ("5320000001+", "country"),
        ("+999 123456789", "country"),
        ("+5320000001", "country"),  # Cuba has no such range; the 90 was left out
        ("005320000001", "country"),
        ("05320000001;05320000002", "form"),
        ("0532 000 00 01 #5", "extension"),
        ("tel:+905320000001;isub=1", "extension"),
        ("5,32E+09", "spreadsheet"),
        ("5.32e9", "spreadsheet"),
        ("905320000001,00", "spreadsheet"),
        ("−5320000001", "spreadsheet"),
        ('="05320000001"', "spreadsheet"),
        ("0532 ••• •• 01", "masked"),
        ("0532___0001", "masked"),
        ("5²20000001", "letters"),
        ("0532 000\n00 01", "control"),
        ("0532 000 00 01\x00", "control"),
    ],
)
def test_what_is_no_phone(text: str, wanted: str) -> None:
    assert reason(text) == wanted


@unhurried
@given(st.text("+0123456789 -()./'\u200b\u0660\u0661aE,;#*\n", max_size=24) | st.text(max_size=24))
def test_a_phone_is_refused_or_canonical(text: str) -> None:
    got = verdict(text)
    if isinstance(got, str):
        return
    assert got.address[0] == "+"
    assert got.address[1:].isascii()
    assert got.address[1:].isdecimal()
    assert len(got.address) <= 16
    assert not got.address.startswith("+900")
    assert phone(got.address) == got


# --- e-mails --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a@bb.cc", "a@bb.cc"),
        (".ali@example.com", ".ali@example.com"),  # against RFC 5321, but İYS stores it
        ("-ali@example.com", "-ali@example.com"),
        ("ali+-x@example.com", "ali+-x@example.com"),
        ("ALI@SUB.EXAMPLE.COM", "ali@sub.example.com"),
        ("ali@example.test", "ali@example.test"),
        ("ali@printer.local", "ali@printer.local"),
        ("ali@example.invalid", "ali@example.invalid"),
        (".ali@example.invalid", ".ali@example.invalid"),
        ("ali@XN--RNEK-4QA.com", "ali@xn--rnek-4qa.com"),
        ("ali@1example.com", "ali@1example.com"),
    ],
)
def test_emails_that_are_taken(text: str, address: str) -> None:
    assert email(text) == (address, AddressKind.EMAIL, False, True)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" \n", "empty"),
        ("ali..veli@example.com", "form"),
        ("ali.@example.com", "form"),
        ("a@b.com", "form"),  # İYS asks for bb.cc at least
        ("ali@example", "form"),
        ("ali@192.0.2.1", "form"),
        ("ali@exam_ple.com", "form"),
        ("ali@exam+ple.com", "form"),
        ("ali@ab--cd.com", "form"),  # a label that looks like an A-label and is none
        ("ali@xn--zzzzzz.com", "form"),
        ("ali@example.com,veli@example.com", "special"),
        ("ali'x@example.com", "special"),
        ("\u212aali@example.com", "nonascii"),  # the Kelvin sign, whose small letter is a k
        ("İ@example.com", "nonascii"),
        ("ali@example.com\tx", "control"),
        ("ali@" + "b" * 64 + ".com", "length"),
    ],
)
def test_what_is_no_email(text: str, wanted: str) -> None:
    assert reason(text, email) == wanted


def test_an_email_may_have_265_characters_and_no_more() -> None:
    def of(length: int) -> str:
        labels = ".".join(["b" * 63] * 3)
        return "a" * 64 + "@" + labels + "." + "c" * (length - 64 - 1 - len(labels) - 1 - 3) + ".cc"

    assert len(of(265)) == 265
    assert email(of(265)).address == of(265)
    assert reason(of(266), email) == "length"


def library_takes(text: str) -> bool:
    """The verdict of email-validator on a short address without a leading dot, with İYS's bb.cc added."""
    stem, _, top = text.rpartition("@")[2].rpartition(".")
    try:
        email_validator.validate_email(text, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return False
    return len(stem) >= 2 and len(top) >= 2


LABEL = st.text("ab1-_", min_size=1, max_size=4)


@unhurried
@given(st.lists(LABEL, min_size=1, max_size=4), st.sampled_from(".+"), st.lists(LABEL, min_size=1, max_size=4))
def test_an_email_is_judged_as_the_library_judges_it(names: list[str], mark: str, labels: list[str]) -> None:
    text = mark.join(names) + "@" + ".".join(labels)
    assert takes(text) == library_takes(text)


@unhurried
@given(st.text("abz09._+-@A", max_size=24).map(lambda text: text.lstrip(".")))
def test_a_jumble_of_the_right_characters_is_judged_as_the_library_judges_it(text: str) -> None:
    assert takes(text) == library_takes(text)
    assert takes(text + "@bb.cc") == library_takes(text + "@bb.cc")


def takes(text: str) -> bool:
    got = verdict(text, email)
    if isinstance(got, str):
        return False
    assert got.address == text.lower()
    assert email(got.address) == got
    return True


# --- either ---------------------------------------------------------------------------------------------------


def test_parse_takes_either_kind() -> None:
    assert parse("0532 000 00 01") == MOBILE
    assert parse("Ali@example.com").address == "ali@example.com"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("ali.example.com", "form"), ("null", "form"), ("O532 000 00 01", "letters"), ("3338", "short"), ("", "empty")],
)
def test_parse_complains_as_of_the_likelier_kind(text: str, wanted: str) -> None:
    assert reason(text, parse) == wanted


def test_a_very_long_value_is_refused_without_delay() -> None:
    for end, middle, start in product(
        ["!", "@b", ".c"], ["a", "1", ".", "a.", "-", " ", ";"], ["a", "+", "a@", "1.", "="]
    ):
        with case(end, middle, start), pytest.raises(BadAddress):
            parse(start + middle * 20_000 + end)


class Characters(str):
    """A text that may not be looked at as a whole: only its length and its beginning may."""

    __slots__ = ()

    def __iter__(self) -> Any:
        raise AssertionError

    def strip(self, chars: str | None = None, /) -> str:
        raise AssertionError(chars)


@pytest.mark.parametrize("reader", [phone, email, parse])
@pytest.mark.parametrize("piece", ["(0)", "\u202a+905320000001", "+905320000001;ext=1", "a@bb.cc", "x"])
def test_what_is_too_long_for_an_address_is_neither_read_nor_repeated(reader: Any, piece: str) -> None:
    text = Characters(piece * 321)
    with pytest.raises(BadAddress) as refusal:
        reader(text)
    assert refusal.value.reason == "length"
    assert len(refusal.value.value) == LONGEST


def test_the_longest_that_is_looked_at() -> None:
    assert phone("+905320000001".ljust(LONGEST)) == MOBILE
    assert reason("+905320000001".ljust(LONGEST) + " ", cut=True) == "length"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("+905320000001", "+90 532 ••• •• 01"),
        ("+902120000001", "+90 212 ••• •• 01"),
        ("+904440001", "+90 ••• •• 01"),
        ("+14155550100", "+14 ••• •• 00"),
        ("ali@example.com", "a•••@e•••.com"),
        ("a@sub.example.com.tr", "a•••@s•••.tr"),
        ("3338", "•••"),
        ("", "•••"),
        ("@", "•••@•••"),
    ],
)
def test_a_masked_address_shows_enough_to_its_owner_only(address: str, shown: str) -> None:
    assert mask(address) == shown


@unhurried
@given(st.text())
def test_masking_takes_anything(text: str) -> None:
    assert "•••" in mask(text)
