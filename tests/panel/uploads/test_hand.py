"""One consent written by hand: the rules and codes of the API's single call."""

from __future__ import annotations

import re

import httpx2
import pytest

from consents.rules import ONAY, RET
from panel.rights import Membership, Permission, Role
from tests.panel.brands.forms import error_at
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Colleague
from tests.panel.uploads.test_uploads import brand_of, sms
from tests.providers.uploads.test_load import refuse
from tests.web.client import refused_for

LOADER = Membership(Role.USER, Permission.LOAD)
GOOD = {
    "brand": "600100",
    "address": "0532 000 00 01",
    "channel": "MESAJ",
    "status": "ONAY",
    "identity": "BIREYSEL",
    "source": "HS_WEB",
    "day": "2026-11-23",
    "time": "10:15",
}


def write(browser: Colleague, **changed: str) -> httpx2.Response:
    return browser.shown(f"/panel/{CINAR}/yukle/tek", data=GOOD | changed)


def test_a_consent_and_a_refusal_are_recorded_with_their_numbers(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(LOADER)
    assert "Onay kaydedildi" in write(browser).text
    assert sms(here, "+905320000001") == ONAY
    assert "Ret kaydedildi" in write(browser, status="RET", day="2026-11-24", time="11:00").text
    assert sms(here, "+905320000001") == RET
    assert here.acts() == ["consent-declared", "refusal-recorded"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"address": "0532"}, "H121"),
        ({"channel": "EPOSTA"}, "H120"),
        ({"channel": ""}, "H111"),
        ({"status": ""}, "H110"),
        ({"source": "IYS_WEB"}, "H119"),
        ({"source": ""}, "H113"),
        ({"day": ""}, "H112"),
        ({"day": "2027-01-01"}, "H162"),
        ({"day": "2026-11-02"}, "H467"),
        ({"dealer": "12345"}, "H180"),
        ({"dealer": "on iki"}, "H180"),
    ],
)
def test_what_is_wrong_is_told_with_its_code(office: OpenOffice, changed: dict[str, str], code: str) -> None:
    here = office()
    answer = write(here.somebody(LOADER), **changed)
    assert answer.status_code == 422
    assert f"({code})" in answer.text
    assert here.acts() == []


def test_the_moment_of_a_consent_is_never_filled_in_for_somebody(office: OpenOffice) -> None:
    """Who overlooks it would declare that it was given now."""
    here = office()
    browser = here.somebody(LOADER)
    page = browser.get(f"/panel/{CINAR}/yukle/tek").text
    for name in ("day", "time"):
        (typed,) = re.findall(rf'<input[^>]* id="{name}"[^>]*>', page)
        assert "2026" not in typed
        assert re.search(r'value="[^"]', typed) is None
    assert "Saati yazın." in error_at(write(browser, time=""), "time")
    assert here.acts() == []


def test_a_repeat_is_told_as_at_the_api(office: OpenOffice) -> None:
    here = office()
    browser = here.somebody(LOADER)
    write(browser)
    assert "(H178)" in write(browser).text
    assert len(here.acts()) == 1


def test_a_consent_after_a_persons_refusal_waits_for_him(office: OpenOffice) -> None:
    here = office()
    refuse(here.registry, brand_of(here.registry), "+905320000001")
    here.clock.forward(minutes=20)
    answer = write(here.somebody(LOADER), day="2026-11-24", time="12:10")
    assert "kararını bekliyor" in answer.text


def test_a_brand_that_is_not_ones_own_is_none(office: OpenOffice) -> None:
    here = office()
    refused_for(write(here.somebody(LOADER), brand="600200"), 422, "Markayı seçin.")
    assert here.acts() == []


def test_what_was_recorded_is_shown_again_to_the_same_session_alone(office: OpenOffice) -> None:
    here = office()
    browser, other = here.somebody(LOADER), here.somebody(LOADER)
    at = browser.post(f"/panel/{CINAR}/yukle/tek", data=GOOD).headers["location"]
    first = browser.get(at).text
    assert "Onay kaydedildi" in first
    assert browser.get(at).text == first
    assert "Onay kaydedildi" not in other.get(at).text
    assert here.acts() == ["consent-declared"]


PLACES = [
    ({"brand": ""}, "brand"),
    ({"channel": ""}, "channel-arama"),
    ({"status": ""}, "status-onay"),
    ({"source": ""}, "source"),
    ({"day": ""}, "day"),
]


@pytest.mark.parametrize(("changed", "place"), PLACES)
def test_what_is_missing_is_told_at_its_field_too(office: OpenOffice, changed: dict[str, str], place: str) -> None:
    answer = write(office().somebody(LOADER), **changed)
    assert answer.status_code == 422
    assert f'href="#{place}"' in answer.text
    assert f'id="{place}-error"' in answer.text
    assert re.search(rf'aria-describedby="[^"]*\b{place}-error"', answer.text)


def test_a_file_without_a_brand_is_told_at_the_brand(office: OpenOffice) -> None:
    answer = office().somebody(LOADER).post(f"/panel/{CINAR}/yukle", data={"brand": ""})
    assert (error_at(answer, "brand").strip(), error_at(answer, "file").strip()) == (
        "Markayı seçin.",
        "Bir dosya seçin.",
    )
