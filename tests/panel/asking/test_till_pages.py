"""Tills and posters in the panel: an address that is shown once, and opens nothing once it has ended."""

from __future__ import annotations

import html
import re

import httpx2
import pytest

from asking import forms, tills
from consents.store import Transaction
from panel.asking import asking_actions
from panel.rights import Membership, Permission, Role
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, Colleague, Office
from tests.panel.test_matrix import brand
from tests.panel.things import form
from tests.web.client import refused_for

BRAND, OTHER = BRANDS[CINAR]
VERIFIES = f"0-{BRAND}"


def published(here: Office, code: int = CINAR) -> int:
    number = form(here, code, waits=True)

    def work(transaction: Transaction) -> int:
        assert forms.publish(transaction, number, 1)
        return number

    return here.registry.store.write_now(work)


def add(browser: Colleague, **given: object) -> httpx2.Response:
    return browser.post(f"{AT}/kasalar/yeni", data={"label": "Kadıköy, 2. kasa", "kind": "till", **given})


def key_in(answer: httpx2.Response) -> str:
    found = re.search(r'<code id="address"[^>]*>(.*?)</code>', answer.text)
    assert found, answer.text
    return html.unescape(found[1]).rsplit("/kasa/", 1)[1]


def found_by(here: Office, key: str) -> tills.AskingTill | None:
    return here.registry.store.read_now(tills.by_key, key)


@pytest.mark.parametrize("kind", ["till", "poster"])
def test_its_address_is_shown_once_with_its_qr_and_only_its_hash_is_kept(office: OpenOffice, kind: str) -> None:
    here = office()
    owner, number = here.somebody(OWNER), published(here)
    made = add(owner, kind=kind, form=str(number))
    assert made.status_code == 200
    assert ("<svg viewBox" in made.text) is (kind == "till")
    assert made.headers["cache-control"] == "no-store"
    key = key_in(made)
    till = found_by(here, key)
    assert till is not None
    assert (till.kind, till.form, till.label, till.brand) == (kind, number, "Kadıköy, 2. kasa", brand(here, BRAND))
    page = owner.get(f"{AT}/kasalar")
    assert "Kadıköy, 2. kasa" in page.text
    assert key not in page.text
    assert here.acts() == ["till-added"]


def test_an_old_poster_is_marked_until_it_is_closed(office: OpenOffice) -> None:
    here = office()
    owner, number = here.somebody(OWNER), published(here)
    for kind in ("poster", "till"):
        add(owner, kind=kind, form=str(number))
    mark = "Metni eskidi: yeni afiş ekleyin, bunu kapatın."
    assert mark not in owner.get(f"{AT}/kasalar").text

    def again(transaction: Transaction) -> None:
        stands = forms.published(transaction, number)
        assert stands is not None
        assert forms.draft(transaction, number, stands.texts._replace(promise="Her gün üç haber gönderiyoruz.")) == 2
        assert forms.submit(transaction, number, 2)
        assert forms.publish(transaction, number, 2)

    here.registry.store.write_now(again)
    assert owner.get(f"{AT}/kasalar").text.count(mark) == 1, "a till asks with the newest version"
    (poster,) = (
        one for one in here.registry.store.read_now(tills.of_brand, brand(here, BRAND)) if one.kind == "poster"
    )
    assert here.registry.store.write_now(tills.end, poster.brand, poster.id)
    assert mark not in owner.get(f"{AT}/kasalar").text


def test_an_ended_one_opens_nothing(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    key = key_in(add(owner, form=VERIFIES))
    till = found_by(here, key)
    assert till is not None
    assert till.form is None
    path = f"{AT}/kasalar/{till.id}/kapat"
    assert owner.post(path, data={"seen": seen(owner.get(path))}).headers["location"] == f"{AT}/kasalar?kapandi"
    assert found_by(here, key) is None
    assert owner.get(path).headers["location"] == f"{AT}/kasalar"
    assert here.acts() == ["till-added", "till-ended"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"form": ""}, "form"),
        ({"form": VERIFIES, "kind": "poster"}, "form"),
        ({"form": "987654"}, "form"),
        ({"form": VERIFIES, "label": " "}, "label"),
        ({"form": VERIFIES, "label": "x" * 41}, "label"),
        ({"form": VERIFIES, "label": "ornek.com kasası"}, "label"),
    ],
)
def test_what_it_asks_and_where_it_stands_are_needed(office: OpenOffice, given: dict[str, str], place: str) -> None:
    here = office()
    answer = add(here.somebody(OWNER), **given)
    assert answer.status_code == 422
    assert error_at(answer, place)
    assert here.acts() == []


def test_it_asks_only_with_a_published_form_of_a_brand_that_its_maker_administers(office: OpenOffice) -> None:
    here = office()
    own, foreign, draft = published(here), published(here, ISIK), form(here, CINAR)
    owner = here.somebody(OWNER)
    for other in (foreign, draft):
        refused_for(add(owner, form=str(other)), 422, "Neyi soracağını seçin.")
    assert add(owner, form=str(own)).status_code == 200
    limited = here.somebody(Membership(Role.USER, Permission.ADMINISTER, frozenset({brand(here, OTHER)})))
    for form_of_other in (str(own), VERIFIES):
        refused_for(add(limited, form=form_of_other), 422, "Neyi soracağını seçin.")
    assert "Kadıköy" not in limited.get(f"{AT}/kasalar").text
    for right in (Permission.SEE, Permission.LOAD, Permission.REPORT, Permission.DESK):
        refused_for(add(here.somebody(Membership(Role.USER, right)), form=str(own)), 403, NO_RIGHT)


def test_a_brand_has_at_most_so_many(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_actions, "MOST_TILLS", 1)
    here = office()
    owner = here.somebody(OWNER)
    assert add(owner, form=VERIFIES).status_code == 200
    assert "en çok 1 açık" in error_at(add(owner, form=VERIFIES), "label")
