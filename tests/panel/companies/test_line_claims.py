"""The operator's pages of lines that businesses claim: what is shown to whom, and what a decision does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from consents.people import business_lines
from consents.people.business_lines import LineClaimState
from panel.rights import Staff
from tests.conftest import SECRET, Run
from tests.panel.conftest import OpenOffice
from tests.panel.things import THINGS
from tests.web.client import refused_for

PAGE = "/panel/isletmen/hatlar"


def test_an_operator_sees_numbers_and_letter_and_decides_with_a_reason(office: OpenOffice) -> None:
    here = office()
    operator, number = here.somebody(Staff.OPERATOR), THINGS["lineclaim"](here, 0)
    assert "Örnek Ltd." in operator.get(PAGE).text
    assert "Hat istekleri" in operator.get("/panel/isletmen").text
    page = operator.get(f"{PAGE}/{number}").text
    assert "+905320000098" in page
    letter = operator.get(f"{PAGE}/{number}/yazi")
    assert letter.content == b"%PDF-1.7"
    assert letter.headers["content-disposition"].startswith("attachment;")
    assert letter.headers["x-content-type-options"] == "nosniff"
    refused_for(operator.post(f"{PAGE}/{number}/karar", data={"deed": "onayla"}), 422, "Nedenini yazın.")
    reasoned = {"deed": "onayla", "why": "Fatura gördüm"}
    assert operator.post(f"{PAGE}/{number}/karar", data=reasoned).headers["location"] == f"{PAGE}?karar"
    again = operator.post(f"{PAGE}/{number}/karar", data={"deed": "reddet", "why": "Yanlışlık"})
    refused_for(again, 409, "Bu istek bu arada karara bağlandı.")
    assert here.acts() == ["lines-accepted"]
    found = here.registry.store.read_now(business_lines.find_claim, here.registry.keyring, number)
    assert found is not None
    assert found.state is LineClaimState.ACCEPTED


def test_a_refused_claim_loses_numbers_and_letter_at_once(office: OpenOffice) -> None:
    here = office()
    operator, number = here.somebody(Staff.OPERATOR), THINGS["lineclaim"](here, 0)
    done = operator.post(f"{PAGE}/{number}/karar", data={"deed": "reddet", "why": "Yazı başkasının"})
    assert done.headers["location"] == f"{PAGE}?karar"
    assert "Yazı başkasının" in operator.get(PAGE).text
    assert "+905320000098" not in operator.get(f"{PAGE}/{number}").text
    assert operator.get(f"{PAGE}/{number}/yazi").status_code == 404
    assert here.acts() == ["lines-refused"]


def test_an_auditor_sees_who_waits_and_no_number(office: OpenOffice) -> None:
    here = office()
    auditor, number = here.somebody(Staff.AUDITOR), THINGS["lineclaim"](here, 0)
    page = auditor.get(PAGE).text
    assert "Örnek Ltd." in page
    assert f"{PAGE}/{number}" not in page
    assert auditor.get(f"{PAGE}/{number}").status_code == 403
    assert auditor.get(f"{PAGE}/{number}/yazi").status_code == 403


def test_commands_do_the_same(office: OpenOffice, run: Run, sqlite_url: str, tmp_path: Path) -> None:
    here = office()
    number = str(THINGS["lineclaim"](here, 0))
    izin = partial(run, DATABASE_URL=sqlite_url, SECRET_KEY=SECRET)
    (line,) = izin("lines", "list").stdout.splitlines()
    assert line.split("\t")[2:] == ["1", "Örnek Ltd.", "1111111111"]
    letter = tmp_path / "yazi.pdf"
    assert izin("lines", "show", number, "--letter", str(letter)).stdout == "+905320000098\n"
    assert letter.read_bytes() == b"%PDF-1.7"
    assert "reason" in izin("lines", "accept", number, "--reason", " ").stderr
    assert izin("lines", "accept", number, "--reason", "Fatura gördüm").returncode == 0
    again = izin("lines", "refuse", number, "--reason", "Yanlışlık")
    assert (again.returncode, f"no claim {number} of lines waits" in again.stderr) == (1, True)
    assert here.acts() == ["lines-accepted"]
