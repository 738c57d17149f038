"""Messages of approvals: within one SMS, whatever the values."""

from __future__ import annotations

import pytest

from citizen.alerts.approval_notices import MOST, Approved, mail, post, sms
from citizen.session.holder import Holder
from consents.brands.book import BrandEntry
from consents.people import register
from consents.registry import Registry
from gateways.outbox import outbox
from tests.conftest import NOON, Clock
from tests.consents.test_store import held
from tests.consents.works import submit

# GSM 03.38 without what costs two septets, and without the national letters.
PLAIN = set(" !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_\n")
BRAND = BrandEntry(1, 999_999_999, "Ş" * 255, 1, "x", 1, None, "WWWWWWWWWWW", 0, "")


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize("by_sms", [True, False])
@pytest.mark.parametrize("name", ["WWWWWWWWWWW", "999999999"])
def test_a_notice_fits_one_message(language: str, channel: int, by_sms: bool, name: str) -> None:
    approved = Approved(BRAND._replace(name=name), channel, language, "https://izin.example", by_sms)
    said = sms(approved, NOON)
    assert len(said) <= 155  # operators add five characters of their own
    assert set(said) <= PLAIN
    assert (f"RET {name}" in said) == by_sms
    assert "24.11.2026 12:00" in said


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_mail_names_the_brand_the_time_and_the_way_back(language: str) -> None:
    approved = Approved(BRAND._replace(title="Çınar"), 2, language, "https://izin.example", False)
    subject, said = mail(approved, NOON)
    assert "Çınar" in subject
    assert "\n" not in subject
    assert "https://izin.example" in said
    assert ("24 Kasım 2026" if language == "tr" else "24 November 2026") in said


def test_who_changes_his_mind_all_day_gets_a_bounded_number_of_notices(registry: Registry, clock: Clock) -> None:
    number = "+905320000001"
    holder = Holder(number, "", "", 0, (0, 1), register.person(registry.keyring, number))
    approved = Approved(BRAND, 1, "tr", "https://izin.example", True)

    def waiting() -> int:
        return registry.store.read_now(outbox.tally).get(("sms", "waiting"), 0)

    for _ in range(MOST + 5):
        registry.store.write_now(post, registry, holder, 1, approved)
        clock.forward(seconds=1)
    assert waiting() == 30
    clock.forward(days=1)
    registry.store.write_now(post, registry, holder, 1, approved)
    assert waiting() == 31
    with held(registry.store):  # in one transaction
        together = [submit(registry.store, post, registry, holder, 1, approved) for _ in range(MOST + 5)]
    assert [one.result(60) for one in together] == [None] * len(together)
    assert waiting() == 60
