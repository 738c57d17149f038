"""The operator's page of packages, partners and transition windows; an auditor only reads it."""

from __future__ import annotations

from datetime import timedelta

import httpx2

from consents.brands import packages, transitions
from consents.brands.transitions import ProviderSize
from consents.instants import day_of
from panel.rights import Staff
from tests.panel.brands.forms import error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, NO_RIGHT, STALE
from tests.web.client import refused_for

PAGE, COMPANY = "/panel/isletmen/kurallar", f"/panel/isletmen/saglayicilar/{CINAR}"


def test_a_package_is_given_with_a_reason_and_of_two_the_slower_is_told(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    shown = {"seen": seen(operator.get(COMPANY))}
    bare = operator.post(f"{COMPANY}/paket", data=shown | {"package": "İLETİ-25"})
    assert "Nedenini" in error_at(bare, "why-package")
    wrong = operator.post(f"{COMPANY}/paket", data=shown | {"package": "İLETİ-1", "why-package": "Sözleşme"})
    assert "paket" in error_at(wrong, "package")
    wish = {"package": "İLETİ-25", "why-package": "Sözleşme"}
    assert operator.post(f"{COMPANY}/paket", data=shown | wish).status_code == 303
    assert "İLETİ-25: 0 / 25000" in operator.get(COMPANY).text
    refused_for(operator.post(f"{COMPANY}/paket", data=shown | wish), 409, STALE)
    none = {"package": "-", "why-package": "Bitti", "seen": seen(operator.get(COMPANY))}
    assert operator.post(f"{COMPANY}/paket", data=none).status_code == 303
    assert here.registry.store.read_now(packages.get, here.id_of(CINAR)) is None
    assert here.acts() == ["package-changed", "package-changed"]


def test_the_rule_about_partners_is_set_and_lifted(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    wrong = operator.post(f"{PAGE}/ortak", data={"below": "çok", "seen": seen(operator.get(PAGE))})
    assert "1 ya da daha büyük" in error_at(wrong, "below")
    for below, stands in (("250000", 250_000), ("", None)):
        answer = operator.post(f"{PAGE}/ortak", data={"below": below, "seen": seen(operator.get(PAGE))})
        assert answer.headers["location"] == f"{PAGE}?degisti"
        assert here.registry.store.read_now(packages.through_partners_below) == stands
    assert here.acts() == ["partner-rule-changed", "partner-rule-changed"]


def test_a_window_is_opened_and_changed_and_wrong_days_refused_at_their_field(office: OpenOffice) -> None:
    here = office()
    operator = here.somebody(Staff.OPERATOR)
    today = day_of(here.clock.now)
    days = {"load": str(today + timedelta(days=30)), "check": str(today + timedelta(days=60))}

    def post(path: str, **form: str) -> httpx2.Response:
        return operator.post(f"{PAGE}/{path}", data={"seen": seen(operator.get(PAGE)), **form})

    assert "büyüklüğünü" in error_at(post("donem", **days), "size")
    assert "yıl-ay-gün" in error_at(post("donem", size="small", load="yarın"), "load")
    over = {"load": str(today - timedelta(days=1)), "check": str(today)}
    assert "geçmiş" in error_at(post("donem", size="small", **over), "load")
    far = {"load": str(today), "check": "9999-12-31"}
    assert "beş yıldan uzak" in error_at(post("donem", size="small", **far), "load")
    assert post("donem", size="small", **days).status_code == 303
    assert "açık bir dönem var" in error_at(post("donem", size="small", **days), "load")
    (window,) = here.registry.store.read_now(transitions.listed)
    assert window.size is ProviderSize.SMALL
    new = {f"load-{window.id}": str(today), f"check-{window.id}": str(today - timedelta(days=1))}
    assert "önce olamaz" in error_at(post("gunler", window=str(window.id), **new), f"load-{window.id}")
    new[f"check-{window.id}"] = str(today)
    assert post("gunler", window=str(window.id), **new).status_code == 303
    (window,) = here.registry.store.read_now(transitions.listed)
    assert (window.load_until, window.check_until) == (today, today)
    assert here.acts() == ["window-opened", "window-changed"]


def test_an_auditor_reads_and_changes_nothing(office: OpenOffice) -> None:
    here = office()
    auditor = here.somebody(Staff.AUDITOR)
    page = auditor.get(PAGE)
    assert page.status_code == 200
    assert "İLETİ-150" in page.text
    assert "<button" not in page.text.partition("<main")[2].partition('id="unsent"')[0]
    refused_for(auditor.post(f"{PAGE}/ortak", data={"below": "1"}), 403, NO_RIGHT)
