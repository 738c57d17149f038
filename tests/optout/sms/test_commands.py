"""The commands of the SMS door, typed as an operator types them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from consents.brands.companies import BadCompany
from consents.registry import Registry
from izin import cli
from izin.operations import registry as opening
from tests.conftest import Clock
from tests.optout.sms.conftest import CINAR, ISIK, Phone, furnish, settings_of
from tests.web.conftest import REAL

Izin = Callable[..., Result]


@pytest.fixture
def izin(light_phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Izin:
    """Runs a command on the registry of ``light_phone``."""

    @contextmanager
    def open_registry(chosen: Any = None) -> Iterator[Registry]:
        yield light_phone.registry

    monkeypatch.setattr(opening, "open_registry", open_registry)
    monkeypatch.setenv("OPTOUT_NUMBER", "3838")
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    return lambda *words: CliRunner().invoke(cli.app, list(words))


def test_a_brand_gets_a_number_of_its_own(izin: Izin, light_phone: Phone) -> None:
    done = izin("brand", "number", "--brand", str(ISIK), "--number", "0850 000 00 02")
    assert done.stdout == "+908500000002\n"
    assert izin("brand", "number", "--brand", str(ISIK), "--number", "08500000002").exit_code == 0
    light_phone.writes("RET", "908500000002")
    assert light_phone.stands() == {(ISIK, "MESAJ"): "RET"}


@pytest.mark.parametrize(
    ("brand", "number", "why"),
    [
        (CINAR, "3838", "all brands share"),
        (ISIK, "+908500000000", "another brand's"),
        (CINAR, "12", "digits"),
        (999, "4545", "no brand"),
    ],
)
def test_a_number_that_cannot_be_a_brands_own_is_refused(izin: Izin, brand: int, number: str, why: str) -> None:
    done = izin("brand", "number", "--brand", str(brand), "--number", number)
    assert isinstance(done.exception, BadCompany)
    assert why in str(done.exception)


def test_consents_by_sms_are_switched_on_and_off(izin: Izin, light_phone: Phone) -> None:
    for way, answer in (("--on", "gondersin mi"), ("--on", "gondersin mi"), ("--off", "alinmiyor")):
        assert izin("brand", "sms-onay", "--brand", str(CINAR), way).exit_code == 0
        assert answer in light_phone.writes("ONAY CINAR")
    assert isinstance(izin("brand", "sms-onay", "--brand", "999", "--on").exception, BadCompany)


def test_a_person_reads_what_nobody_understood_and_marks_it(izin: Izin, light_phone: Phone) -> None:
    light_phone.writes("Kargom\n\u001b[2Jnerede?\tAli")
    light_phone.writes("RET CINAR")
    assert izin("messages").output == "1\t24.11.2026 12:00\t+90 532 ••• •• 01\tKargom [2Jnerede? Ali\n"
    assert izin("messages", "--done", "1", "--reason", "Arandı").exit_code == 0
    assert light_phone.rows("SELECT what, person, object FROM panel_act") == [("text-settled", None, "text 1")]
    assert izin("acts").output.strip().endswith("\tArandı")
    assert izin("messages").output == ""
    for number in ("1", "2", "77"):
        assert isinstance(izin("messages", "--done", number).exception, BadCompany)
    assert light_phone.rows("SELECT state, sealed IS NULL FROM inbound_message") == [("done", 1), ("done", 1)]


def test_the_door_can_be_tried_on_a_development_site_only(
    izin: Izin, light_phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = izin("sms", "RET CINAR", "--sender", "05320000009")
    assert "CINAR" in done.output
    assert "reddinizi yine de kaydettik" in done.output
    for name, value in REAL.items():
        monkeypatch.setenv(name, value)
    assert isinstance(izin("sms", "RET CINAR", "--sender", "05320000009").exception, BadCompany)


@pytest.mark.parametrize(
    "written",
    [
        "VERILERIM",
        "verilerim",
        "Verilerim?",
        "KAYDIMI SIL",
        "kaydımı sil",
        "Kaydımı silin lütfen!",
        "KAYITLARIMI SILIN",
    ],
)
def test_ones_own_data_are_neither_refused_nor_allowed(phone: Phone, written: str) -> None:
    phone.told(CINAR)
    before = phone.stands()
    reply = phone.writes(written)
    assert "/verilerim (giris kodu gerekir). Hicbir sey degismedi." in reply
    assert phone.stands() == before
    assert phone.rows("SELECT count(*) FROM data_request") == [(0,)], "a sender can be forged"


def test_a_long_host_leaves_the_menu_to_name_the_page(registry: Registry, clock: Clock) -> None:
    phone = Phone(registry, clock, settings_of(PUBLIC_URL=f"http://{'a' * 60}.example.com"))
    registry.store.write_now(furnish)
    assert "menuden Verilerim'i secin" in phone.writes("VERILERIM")


def test_a_refusal_that_asks_for_deletion_stays_a_refusal(phone: Phone) -> None:
    phone.told(CINAR)
    phone.writes("RET CINAR kaydımı sil")
    assert "RET" in phone.stands().values()
