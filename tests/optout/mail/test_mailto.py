"""The second way in a List-Unsubscribe: its form, and when there is one."""

from __future__ import annotations

import re

import pytest

from consents.registry import Registry
from settings import Refused, Settings, load
from tests.conftest import SECRET, Opener
from tests.web.conftest import REAL
from trust import signed_tokens

INBOX = "imaps://ret:s3cret@mail.example/INBOX"


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    return open_registry(sqlite_url)


def settings(address: str | None = None) -> Settings:
    return load({"SECRET_KEY": SECRET, **({"OPTOUT_MAIL": address, "MAIL_INBOX": INBOX} if address else {})})


def field(registry: Registry, address: str | None) -> str:
    return signed_tokens.unsubscribe_headers(settings(address), registry.keyring, 7, 3)["List-Unsubscribe"]


def test_without_a_mailbox_the_field_is_as_it_was(registry: Registry) -> None:
    assert re.fullmatch(r"<http://127\.0\.0\.1:8000/u/[\w-]{43}>", field(registry, None))


def test_the_token_stands_in_the_subject_where_subaddresses_are_not_promised(registry: Registry) -> None:
    found = re.fullmatch(
        r"<http://\S+/u/[\w-]{43}>, <mailto:ret@optout\.example\?subject=RET%20([a-z2-7]{52})>",
        field(registry, "ret@optout.example"),
    )
    assert found
    assert signed_tokens.read_mailed(registry.keyring, f"RET {found[1]}") == (7, 3)


def test_or_in_a_subaddress_that_no_mail_system_finds_too_long(registry: Registry) -> None:
    found = re.search(
        r"<mailto:(ret\+[a-z2-7]{52})@optout\.example\?subject=RET>", field(registry, "ret+@optout.example")
    )
    assert found
    assert len(found[1]) <= 64
    assert signed_tokens.read_mailed(registry.keyring, found[1].upper()) == (7, 3)
    long = field(registry, "refusals-here+@optout.example")
    assert "<mailto:refusals-here@optout.example?subject=RET%20" in long


def test_a_token_says_neither_whom_nor_what_and_is_good_for_its_own_alone(registry: Registry) -> None:
    one, other = (signed_tokens.mailed(registry.keyring, number, 3) for number in (7, 8))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 20
    assert signed_tokens.read_mailed(registry.keyring, one[:-2] + other[-2:]) in (None, (7, 3))
    assert signed_tokens.read_mailed(registry.keyring, other[:26] + one[26:]) is None
    assert signed_tokens.read_mailed(registry.keyring, "a" * 100_000) is None


FAULTS = {
    "one alone": {"OPTOUT_MAIL": "ret@optout.example"},
    "the other alone": {"MAIL_INBOX": INBOX},
    "no account": {"OPTOUT_MAIL": "ret@optout.example", "MAIL_INBOX": "imaps://mail.example/INBOX"},
    "no tls": {"OPTOUT_MAIL": "ret@optout.example", "MAIL_INBOX": "imap://ret:s3cret@mail.example/INBOX"},
    "no tls on a real site": {**REAL, "OPTOUT_MAIL": "ret@optout.example", "MAIL_INBOX": f"{INBOX}?scheme=http"},
    "a folder that is a command": {"OPTOUT_MAIL": "ret@optout.example", "MAIL_INBOX": f'{INBOX}"%0d%0ax'},
    "a field of its own": {"OPTOUT_MAIL": "ret@optout.example>,<x@y.example", "MAIL_INBOX": INBOX},
}


@pytest.mark.parametrize("name", FAULTS)
def test_settings_that_cannot_work_are_named_and_not_repeated(name: str) -> None:
    with pytest.raises(Refused) as refused:
        load({"SECRET_KEY": SECRET, **FAULTS[name]})
    assert any(word in str(refused.value) for word in ("MAIL_INBOX", "OPTOUT_MAIL"))
    assert "s3cret" not in str(refused.value)
