"""What an auditor does: one number at all companies with a reason, signatures kept and compared, the log by day and as
a file. A company never sees who looked."""

from __future__ import annotations

import csv
import io

import pytest

from consents.instants import DAY, HOUR
from consents.people import register
from consents.rules import RET
from consents.store import Transaction
from evidence import checkpoints, log, witness_file
from evidence.checkpoints import Checkpoint, LogKey
from panel.accounts import memberships
from panel.audit.change import Change
from panel.operations import audit_pages
from panel.rights import Membership, Permission, Role, Staff
from tests.consents.deeds import onay
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, Office
from tests.panel.seen import FIRST, SECOND, SeenDeeds, number
from tests.web.client import refused_for

LOOK, PROOF, LOG = "/panel/isletmen/ara", "/panel/isletmen/imza", "/panel/isletmen/kutuk"
OWNER = Membership(Role.OWNER, Permission.MEMBER)
WHY = "2026/114 sayılı şikâyet"


def at_two(here: Office) -> SeenDeeds:
    """One person with consents at both companies."""
    deeds = SeenDeeds(here)
    deeds.allowed(1, FIRST)
    deeds.decides(deeds.key(1, FIRST), status=RET)
    deeds.allowed(1, BRANDS[ISIK][0])
    deeds.allowed(2, SECOND)
    return deeds


@pytest.mark.parametrize("staff", [Staff.AUDITOR, Staff.OPERATOR])
def test_a_number_is_looked_up_at_all_companies_with_a_reason(office: OpenOffice, staff: Staff) -> None:
    here = office()
    at_two(here)
    browser = here.somebody(staff)
    page = browser.post(LOOK, data={"address": number(1), "why": WHY}).text
    for shown in (f"Marka {FIRST}", f"Marka {BRANDS[ISIK][0]}", f"Şirket {CINAR}", f"Şirket {ISIK}", "Ret", "Onay"):
        assert shown in page.split('id="bulunan"')[1]
    assert f"Marka {SECOND}" not in page
    assert here.acts() == ["address-looked-at"]
    assert (
        "Hiçbir şirkette bu adres için kayıt yok." in browser.post(LOOK, data={"address": number(9), "why": WHY}).text
    )


def test_without_a_reason_or_a_number_nothing_is_shown_or_noted(office: OpenOffice) -> None:
    here = office()
    at_two(here)
    browser = here.somebody(Staff.AUDITOR)
    refused_for(browser.post(LOOK, data={"address": number(1), "why": "bak"}), 422, "Neden baktığınızı")
    refused_for(browser.post(LOOK, data={"address": "x", "why": WHY}), 422, "okuyamadık")
    refused_for(here.somebody(OWNER).post(LOOK, data={"address": number(1), "why": WHY}), 403, NO_RIGHT)
    assert here.acts() == []


def test_sixty_looks_an_hour_count_together_with_those_at_companies(office: OpenOffice) -> None:
    here = office()
    at_two(here)
    browser = here.somebody(Staff.AUDITOR)
    for turn in range(60):
        path = LOOK if turn % 2 else f"/panel/{CINAR}/adres"
        here.clock.now += 20_000_000
        assert browser.post(path, data={"address": number(1), "why": WHY}).status_code == 200
    refused = browser.post(LOOK, data={"address": number(1), "why": WHY})
    refused_for(refused, 429, "Hiçbir şey gösterilmedi.")
    assert f"Marka {FIRST}" not in refused.text


def test_sixty_looks_in_half_a_second_are_refused_after_five(office: OpenOffice) -> None:
    here = office()
    at_two(here)
    browser = here.somebody(Staff.AUDITOR)
    answers = [browser.post(LOOK, data={"address": number(1), "why": WHY}) for _ in range(60)]
    assert [one.status_code for one in answers[:5]] == [200] * 5
    for one in answers[5:]:
        refused_for(one, 429, "Bir dakikada en çok 5 kişiye")
        assert f"Marka {FIRST}" not in one.text
    assert here.acts() == ["address-looked-at"] * 5 + ["looks-too-fast"]
    here.clock.now += 61_000_000
    assert browser.post(LOOK, data={"address": number(1), "why": WHY}).status_code == 200


def test_no_company_sees_the_look(office: OpenOffice) -> None:
    here = office()
    at_two(here)
    here.somebody(Staff.AUDITOR).post(LOOK, data={"address": number(1), "why": WHY})
    for company in (CINAR, ISIK):
        owner = here.somebody(OWNER, company)
        for page in (
            owner.get(f"/panel/{company}/kutuk").text,
            owner.post(f"/panel/{company}/kutuk", data={"address": number(1)}).text,
            owner.post(f"/panel/{company}/kutuk/indir").text,
        ):
            assert "Bir numara veya e-postaya bakıldı" not in page.split("<tbody>")[-1].split("Nedeni")[-1]
            assert "2026/114" not in page
    assert "2026/114" in here.somebody(Staff.OPERATOR).get(LOG).text


def test_of_an_erased_person_only_the_refusal_is_shown(office: OpenOffice) -> None:
    here = office()
    at_two(here)
    keyring = here.registry.keyring
    here.registry.store.write_now(register.erase, keyring, register.person(keyring, number(1)))
    page = here.somebody(Staff.AUDITOR).post(LOOK, data={"address": number(1), "why": WHY}).text.split("bulunan")[-1]
    assert "silindi" in page
    assert "Kasım" not in page


def test_a_kept_signature_is_found_again_and_a_changed_history_is_seen(office: OpenOffice) -> None:
    here = office()
    at_two(here)
    browser = here.somebody(Staff.AUDITOR)
    assert "Henüz imzalanmış işlem yok." in browser.get(PROOF).text
    log.extend(here.registry)
    page = browser.get(PROOF).text
    kept = page.split("<code>")[1].split("</code>")[0]
    assert kept.startswith("izin-log/")
    assert "geçerli" in page
    here.clock.now += HOUR // 4
    deeds = SeenDeeds(here)
    deeds.declares(onay(deeds.key(3), here.clock.now - HOUR))
    log.extend(here.registry)
    assert "Aynı:" in browser.post(PROOF, data={"line": f"  {kept}\n"}).text
    for strange in ("", "x", kept.replace("izin-log/", "izin-log/0"), kept[:-8] + "AAAAAAA="):
        refused_for(browser.post(PROOF, data={"line": strange}), 422, "imzaladığı bir satır değil")

    keyring = here.registry.keyring
    other = checkpoints.sign(keyring, Checkpoint(3, b"\1" * 32, 0, here.clock.now))
    line = witness_file.line(LogKey.of(keyring), other)
    assert "Farklı:" in browser.post(PROOF, data={"line": line}).text, "signed here, and stands here no more"


def lines(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter=";"))


def noted(here: Office, person: int, times: int) -> None:
    def work(transaction: Transaction) -> None:
        change = Change(transaction, here.registry.keyring, person)
        for turn in range(times):
            memberships.set_rule(change, here.id_of(CINAR), turn % 2 == 0)

    here.registry.store.write_now(work)


def test_the_log_is_read_by_days_and_fetched_as_a_file(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    owner = here.somebody(OWNER)
    noted(here, owner.number, 7)
    first = here.clock.now
    here.clock.now += 3 * DAY
    owner = here.somebody(OWNER, email="=ikinci@example.com")
    noted(here, owner.number, 4)  # the first changes nothing
    monkeypatch.setattr(audit_pages, "AT_ONCE", 2)
    at = f"/panel/{CINAR}/kutuk"
    day = "2026-11-24"
    assert first < here.clock.now
    rows = lines(owner.post(f"{at}/indir", data={"until": day}).text)
    assert [row[4] for row in rows[1:]] == ["İkinci adım kuralı değiştirildi"] * 7
    assert rows[0][:3] == ["No", "Zaman", "Kim"]
    later = lines(owner.post(f"{at}/indir", data={"since": "2026-11-25"}).text)
    assert [row[2] for row in later[1:]] == ["'=ikinci@example.com"] * 5, "the three, and both downloads"
    assert owner.post(at, data={"since": "2026-11-25"}).text.count("İkinci adım kuralı değiştirildi</strong>") == 3
    assert owner.post(at, data={"until": day}).text.count("İkinci adım kuralı değiştirildi</strong>") == 7
    for path in (at, f"{at}/indir"):
        refused_for(
            owner.post(path, data={"since": "2026-11-29", "until": "2026-11-28"}), 422, "Son gün ilk günden önce"
        )
    assert here.acts().count("log-exported") == 2


def test_of_a_file_there_is_an_end(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    owner = here.somebody(OWNER)
    noted(here, owner.number, 9)
    monkeypatch.setattr(audit_pages, "MOST", 5)
    monkeypatch.setattr(audit_pages, "AT_ONCE", 2)
    assert len(lines(owner.post(f"/panel/{CINAR}/kutuk/indir").text)) == 1 + 5


def test_the_operators_people_fetch_a_companys_log_unseen(office: OpenOffice) -> None:
    here = office()
    owner, auditor = here.somebody(OWNER), here.somebody(Staff.AUDITOR)
    noted(here, owner.number, 1)
    assert len(lines(auditor.post(f"/panel/{CINAR}/kutuk/indir").text)) == 2
    assert "İşlem geçmişi indirildi</strong>" not in owner.get(f"/panel/{CINAR}/kutuk").text
    assert "İşlem geçmişi indirildi</strong>" in auditor.get(LOG).text
