"""Files as providers send them, made on the spot: the same rows for the same arguments, on every machine.

Of a hundred rows 73 hold a mobile number as İYS writes it, 3 one in another spelling, 21 an e-mail address and 3 are
bad. A number has three or four consents with the brand (calls, SMS; private, merchant), an e-mail address one or two,
three on average. They stand anywhere in the file: the worst case for a store that is clustered by recipient. All
addresses are made up: numbers by steps through the assigned ranges, e-mails under the example domains.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

HEADER = "IZINTURU,ALICI,DURUMU,IZINKAYNAGI,IZINTARIHI,IZNINALINDIGIBAYIKODU,FIRMATIPI\n"

_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_DAYS = [(_NEWEST - timedelta(days=back)).strftime("%Y-%m-%d") for back in range(1, 3 * 365)]
_CHANNELS = ("ARAMA", "MESAJ", "EPOSTA")
_IDENTITIES = ("BIREYSEL", "TACIR")
_STATUSES = ("RET", "RET", "RET", *["ONAY"] * 7)
_SOURCES = ("HS_WEB", "HS_MOBIL", "HS_FIZIKSEL_ORTAM", "HS_CAGRI_MERKEZI", "HS_MESAJ", "HS_EPOSTA", "HS_ISLAK_IMZA")
_PREFIXES = (505, 506, 507, *range(530, 540), *range(541, 547), 552, 553, 554, 555)
_NUMBERS = len(_PREFIXES) * 10**7
_STRIDE = 104_395_301  # a prime, so each step reaches a number of its own
_NAMES = ("ayse", "mehmet", "zeynep", "mustafa", "elif", "ahmet", "fatma", "emre", "merve", "hasan")
_SURNAMES = ("yilmaz", "kaya", "demir", "celik", "sahin", "yildiz", "ozturk", "aydin", "arslan", "dogan")
_DOMAINS = ("example.com", "example.net", "example.org", "posta.example.com")

_PHONE_KEYS = ((1, 0), (0, 0), (0, 1), (1, 1))  # channel, identity
_MAIL_KEYS = ((2, 0), (2, 1))
_PHONES, _MAILS = 22, 11  # people in a block of a hundred rows
_SPELLINGS = ("0{}", "{}", "90{}", "0 {}", "+90 {}", "(0{})")
_BAD = (
    "MESAJ,+9053200001,ONAY,HS_WEB,2026-01-05 10:00:00,,BIREYSEL\n",  # too short
    "ARAMA,+905320000001,ONAY,HS_WEP,2026-01-05 10:00:00,,BIREYSEL\n",  # a slip in a word
    "EPOSTA,ayse.example.com,ONAY,HS_WEB,2026-01-05 10:00:00,,BIREYSEL\n",  # no address
    "MESAJ,+905320000001,RET,HS_WEB,2026-02-30 10:00:00,,BIREYSEL\n",  # no such day
    "EPOSTA,+905320000001,RET,HS_WEB,2026-01-05 10:00:00,,TACIR\n",  # a number for an e-mail
)


class Fact(NamedTuple):
    """What one good row holds, in numbers: the person, then indices into the lists above, the second of the day."""

    person: int
    channel: int
    identity: int
    status: int
    source: int
    day: int
    second: int


class _Slot(NamedTuple):
    """One good row of a block of a hundred; ``person`` counts within the block, numbers first."""

    person: int
    channel: int
    identity: int


def write(path: Path, rows: int, seed: int = 0) -> Path:
    """Writes a file of ``rows`` rows (about 68 bytes each). Files of as many rows hold the same people; another
    ``seed`` gives other words in another order."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        file.writelines(_line(row) for row in _rows(rows, seed))
    return path


def facts(rows: int, seed: int = 0) -> Iterator[Fact]:
    """The good rows of that file, in its order."""
    return (row for row in _rows(rows, seed) if isinstance(row, Fact))


def _slots() -> Iterator[_Slot]:
    for person in range(_PHONES):  # 12 numbers with three consents, 10 with four: 76 rows
        for key in _PHONE_KEYS[: 3 if person < 12 else 4]:
            yield _Slot(person, *key)
    for person in range(_MAILS):  # 10 addresses with two consents, one with one: 21 rows
        for key in _MAIL_KEYS[: 2 if person < 10 else 1]:
            yield _Slot(_PHONES + person, *key)


_GOOD = tuple(_slots())
_BLOCK = len(_GOOD) + 3


def _rows(rows: int, seed: int) -> Iterator[Fact | str]:
    """Facts, and bad rows as they stand in the file."""
    order = array("I", range(rows))
    dice = random.Random(f"{rows}/{seed}")
    dice.shuffle(order)
    for place in order:
        block, within = divmod(place, _BLOCK)
        if within >= len(_GOOD):
            yield _BAD[(block + within) % len(_BAD)]
        else:
            person, channel, identity = _GOOD[within]
            yield _fact(block * (_PHONES + _MAILS) + person, channel, identity, dice.random())


def _fact(person: int, channel: int, identity: int, chance: float) -> Fact:
    """All is drawn with one throw of the dice."""
    day, rest = divmod(chance * len(_DAYS), 1)
    second = int(rest * 86400)
    return Fact(person, channel, identity, second % len(_STATUSES), second % len(_SOURCES), int(day), second)


def _line(row: Fact | str) -> str:
    if isinstance(row, str):
        return row
    _, channel, identity, status, source, day, second = row
    clock = f"{_DAYS[day]} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    words = f"{_STATUSES[status]},{_SOURCES[source]},{clock},,{_IDENTITIES[identity]}"
    return f"{_CHANNELS[channel]},{spelt(row)},{words}\n"


def spelt(row: Fact) -> str:
    """The address of a good row as its file has it."""
    block, within = divmod(row.person, _PHONES + _MAILS)
    if within >= _PHONES:
        return _mail(block * _MAILS + within - _PHONES)
    plain = within % 8 != 1 or (row.channel, row.identity) != _PHONE_KEYS[0]  # 3 of 76 rows are spelt otherwise
    return _phone(block * _PHONES + within, plain)


def spoken(row: Fact, at: str) -> dict[str, str]:
    """A good row as a program sends it (İYS ``Consent``), given at another time."""
    terms = {"type": _CHANNELS[row.channel], "recipientType": _IDENTITIES[row.identity]}
    word = {"status": _STATUSES[row.status], "source": _SOURCES[row.source], "consentDate": at}
    return {"recipient": spelt(row), **terms, **word}


def _phone(number: int, plain: bool) -> str:
    prefix, rest = divmod(number * _STRIDE % _NUMBERS, 10**7)
    digits = f"{_PREFIXES[prefix]}{rest:07}"
    if plain:
        return "+90" + digits
    spelling = _SPELLINGS[number % len(_SPELLINGS)]
    spaced = f"{digits[:3]} {digits[3:6]} {digits[6:8]} {digits[8:]}"
    return spelling.format(spaced if " " in spelling or "(" in spelling else digits)


def _mail(number: int) -> str:
    rest, name = divmod(number * 7919, len(_NAMES))
    rest, surname = divmod(rest, len(_SURNAMES))
    return f"{_NAMES[name]}.{_SURNAMES[surname]}{rest}@{_DOMAINS[number % len(_DOMAINS)]}"
