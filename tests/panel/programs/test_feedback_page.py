"""The page of addresses for events: a secret is shown once, what cannot be is refused at its field, an end is final."""

from __future__ import annotations

import re

import pytest

from providers.feedback import feedback_hooks
from providers.feedback.events import EventForm
from providers.feedback.feedback_hooks import OpenHook
from tests.panel.brands.forms import AT, OWNER, error_at
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Office
from tests.panel.test_matrix import brand

PAGE, KEY = f"{AT}/programlar/olaylar", "a-key-of-the-service"
WISH = {"brand": str(CINAR), "form": "mailgun", "key": KEY, "bounces": "1"}


def hooks(here: Office) -> list[OpenHook]:
    of_brand = feedback_hooks.of_brand
    return here.registry.store.read_now(of_brand, here.registry.keyring, brand(here, CINAR))


def test_its_secret_is_shown_once_and_its_key_never(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    shown = owner.post(PAGE, data=WISH)
    found = re.search(r"/events/([\w-]{43})", shown.text)
    assert found
    assert "no-store" in shown.headers["cache-control"]
    assert [(one.form, one.key, one.bounces) for one in hooks(here)] == [(EventForm.MAILGUN, KEY, True)]
    assert KEY not in shown.text
    for path in (PAGE, f"{AT}/kutuk"):
        assert not {one for one in (found[1], KEY) if one in owner.get(path).text}
    owner.post(PAGE, data={"brand": str(CINAR), "form": "json", "key": KEY})
    assert [(one.form, one.key, one.bounces) for one in hooks(here)][1:] == [(EventForm.JSON, "", False)]
    assert here.acts() == ["feedback-opened"] * 2


def test_what_cannot_be_is_refused_at_its_field(office: OpenOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    here = office()
    owner = here.somebody(OWNER)
    wrong = [("brand", {"brand": "1"}), ("form", {"form": "fax"})]
    wrong += [("key", {"key": key}) for key in ("", "short", "ç" * 8, "a" * 201)]
    for field, given in wrong:
        answer = owner.post(PAGE, data=WISH | given)
        assert error_at(answer, field), given
        assert KEY not in answer.text
    assert hooks(here) == []
    monkeypatch.setattr(feedback_hooks, "MOST", 1)
    owner.post(PAGE, data=WISH)
    assert error_at(owner.post(PAGE, data=WISH), "brand")
    assert len(hooks(here)) == 1
    assert here.acts() == ["feedback-opened"]


def test_an_end_is_final_and_one_persons(office: OpenOffice) -> None:
    here = office()
    owner, other = here.somebody(OWNER), here.somebody(OWNER)
    found = re.search(r"/events/[\w-]{43}", owner.post(PAGE, data=WISH).text)
    assert found
    answer = owner.post(found[0], content=b"{}")
    assert (answer.status_code, answer.text) == (400, "form")
    (hook,) = hooks(here)
    assert owner.post(f"{PAGE}/{hook.id}/kapat").headers["location"] == f"{PAGE}?kaldirildi"
    assert owner.post(found[0], content=b"{}").status_code == 404
    assert other.post(f"{PAGE}/{hook.id}/kapat").status_code == 404
    assert hooks(here) == []
    assert here.acts() == ["feedback-opened", "feedback-ended"]
