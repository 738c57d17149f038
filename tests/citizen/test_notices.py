"""Messages of approvals: within one SMS, whatever the values."""

from __future__ import annotations

import pytest

from citizen.notices import Approved, mail, sms
from consents.book import Listed
from tests.conftest import NOON

# GSM 03.38 without what costs two septets, and without the national letters.
PLAIN = set(" !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_\n")
BRAND = Listed(1, 999_999_999, "Ş" * 255, 1, "x", 1, None, "WWWWWWWWWWW", 0, "")


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("channel", [0, 1])
@pytest.mark.parametrize("by_sms", [True, False])
@pytest.mark.parametrize("name", ["WWWWWWWWWWW", "999999999"])
def test_a_notice_fits_one_message(language: str, channel: int, by_sms: bool, name: str) -> None:
    approved = Approved(BRAND._replace(name=name), channel, language, "https://izin.example", by_sms)
    said = sms(approved, NOON)
    assert len(said) <= 160
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
