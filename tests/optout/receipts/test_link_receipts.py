"""The receipt by a link's own token: what this link did, and nothing that its page does not show."""

from __future__ import annotations

import re

import pytest

from consents import ledger
from consents.history import Deed
from consents.ledger import Wish
from consents.rules import RET
from consents.terms import Actor, Door, Source
from evidence import log, receipts
from evidence.checkpoints import LogKey
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MAIL, Town, text
from tests.optout.links import door
from trust import record_numbers


def pressed(here: Town, path: str, **form: str) -> str:
    """Refuses at a link; the path of the receipt that the answer leads to."""
    page = door.posted(here, path, {"status": "RET", **form})
    found = re.search(rf'href="({re.escape(path)}/makbuz/\d{{12}})"', page.text)
    assert found
    return found[1]


def test_a_link_answers_with_the_number_and_its_receipt(here: Town) -> None:
    here.told(AYSE, CINAR)
    path = door.link(here, AYSE)
    receipt = pressed(here, path)
    page = here.client.get(receipt)
    read = text(page.text)
    assert page.status_code == 200
    assert record_numbers.spaced(receipt[-12:]).replace("\u00a0", " ") in read
    assert "Mesajdaki bağlantıyla" in read
    assert "•" in read
    assert "000 00 01" not in read
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "sid=" not in page.headers.get("set-cookie", "")


def test_a_mails_page_answers_with_the_number_too(here: Town) -> None:
    here.told(MAIL, CINAR, "EPOSTA")
    path = door.mail(here)
    door.proved(here, path, "ays")
    answer = door.press(here, path)
    found = re.search(r'href="(/u/[^"]+/makbuz/\d{12})"', answer.text)
    assert found
    read = text(here.client.get(found[1]).text)
    assert "E-postadaki düğmeyle" in read
    assert MAIL not in read


def test_the_file_proves_itself_and_names_nobody(here: Town) -> None:
    here.told(AYSE, CINAR)
    receipt = pressed(here, door.link(here, AYSE))
    assert here.client.get(f"{receipt}.json").status_code == 404
    log.extend(here.registry)
    answer = here.client.get(f"{receipt}.json")
    said = receipts.check(answer.text, LogKey.of(here.registry.keyring))
    assert "address" not in said
    assert "salt" not in said
    assert AYSE not in answer.text


@pytest.mark.parametrize("signed", [False, True])
def test_the_pdf_is_genuine_and_names_nobody(here: Town, *, signed: bool) -> None:
    here.told(AYSE, CINAR)
    receipt = pressed(here, door.link(here, AYSE))
    if signed:
        log.extend(here.registry)
    assert f'href="{receipt}.pdf"' in here.client.get(receipt).text
    answer = here.client.get(f"{receipt}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["referrer-policy"] == "no-referrer"
    checked = here.client.post("/dogrula", files={"file": ("izin.pdf", answer.content)})
    assert checked.status_code == 200
    shown = text(checked.text)
    assert "makbuz gerçek" in shown
    assert ("Çınar" in shown) is signed, "the proof within is read"
    assert ("+90 532 ••• •• 01" in shown) is signed
    assert "000 00 01" not in shown


def test_the_files_of_a_mails_page_are_genuine_too(here: Town) -> None:
    here.told(MAIL, CINAR, "EPOSTA")
    path = door.mail(here)
    door.proved(here, path, "ays")
    found = re.search(r'href="(/u/[^"]+/makbuz/\d{12})"', door.press(here, path).text)
    assert found
    log.extend(here.registry)
    for ending in ("pdf", "json"):
        file = here.client.get(f"{found[1]}.{ending}").content
        checked = here.client.post("/dogrula", files={"file": (f"izin.{ending}", file)})
        assert checked.status_code == 200
        assert "Bu makbuz gerçek" in text(checked.text)
        assert "•" in text(checked.text)
        assert MAIL not in checked.text


def test_a_link_shows_what_it_did_itself_and_no_other_act(here: Town) -> None:
    """The brand holds the link: what the person did by SMS, on his page or at another brand is not its matter."""
    here.told(AYSE, CINAR)
    here.told(AYSE, ISIK)
    path = door.link(here, AYSE)
    store, policy = here.registry.store, here.registry.policy
    numbers = []
    for brand, way, channel in ((CINAR, Door.SMS, 1), (CINAR, Door.LINK, 0), (ISIK, Door.PAGE, 1)):
        wish = Wish(here.brand(brand), channel, 0, RET, Source.IYS_WEB.code)
        done = store.write_now(ledger.decide, policy, here.person(AYSE), [wish], Deed(Actor.CITIZEN, way))
        assert done.act
        numbers.append(record_numbers.of_act(here.registry.keyring, done.act))
    for number in [*numbers, "123456789012", "x"]:
        for ending in ("", ".json", ".pdf"):
            assert here.client.get(f"{path}/makbuz/{number}{ending}").status_code == 404


def test_another_link_of_the_same_person_and_brand_does_not_show_it(here: Town) -> None:
    here.told(AYSE, CINAR)
    receipt = pressed(here, door.link(here, AYSE))
    number = receipt[-12:]
    assert here.client.get(f"{door.link(here, AYSE)}/makbuz/{number}").status_code == 404
    assert here.client.get(f"/k/00000000000000/makbuz/{number}").status_code == 404
    assert here.client.get(f"/u/x/makbuz/{number}").status_code == 404
