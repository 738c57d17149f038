"""The command that finds a call by its record number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner

from consents.brands.companies import BadCompany
from consents.registry import Registry
from izin import cli
from izin.operations import registry as opening
from tests.conftest import Opener
from tests.optout.hooks.conftest import Post
from tests.optout.sms.conftest import CINAR
from tests.optout.voice.conftest import Dial
from tests.optout.voice.telephone import LANDLINE
from trust import record_numbers


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    return open_registry(sqlite_url)


def test_an_operator_finds_a_call_by_its_record_number(
    post: Post, dial: Dial, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened(chosen: Any = None) -> Iterator[Registry]:
        yield registry

    monkeypatch.setattr(opening, "open_registry", opened)
    refused = dial(LANDLINE).press(f"{CINAR}#").press("1")
    nothing_new = dial(LANDLINE).press("*").press("1")
    keyring = registry.keyring
    numbers = (record_numbers.of_act(keyring, 1), record_numbers.of_call(keyring, 2), record_numbers.of_act(keyring, 3))
    told = [CliRunner().invoke(cli.app, ["call", number]) for number in numbers]
    assert told[0].output == f"24.11.2026 12:00\t{refused.call}\t1\n"
    assert told[1].output == f"24.11.2026 12:00\t{nothing_new.call}\t-\n"
    assert isinstance(told[2].exception, BadCompany)
