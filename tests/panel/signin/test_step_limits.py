"""Who reads somebody's mails tries codes of the second step; who has a cookie changes the sign-in of another."""

from __future__ import annotations

import re

import pytest

from panel.accounts import sessions
from panel.panel_routes import ROUTES
from panel.people import panel_user_commands
from panel.rights import Membership, Permission, Role, Staff
from panel.signin import second_step_limits
from tests.panel.changes import changed
from tests.panel.conftest import OpenOffice
from tests.panel.office import Colleague, Office, app_code, give_app
from tests.web.client import refused_for
from web import cookies

OWNER = Membership(Role.OWNER, Permission.MEMBER)
STEP, ACCOUNT = "/panel/giris/ikinci", "/panel/hesap"
ENROL = f"{ACCOUNT}/ikinci-adim"
WRONG, MANY, CLOSED = "Bu olmadı.", "Çok fazla deneme yapıldı.", "uygulama kodları kabul edilmiyor"


def half(here: Office, owner: Colleague) -> Colleague:
    """Somebody who reads the owner's mails."""
    return here.somebody(OWNER, strong=False, email=owner.email)


def guesses(here: Office, owner: Colleague, many: int) -> None:
    """So many wrong codes of somebody who reads the mails, over as many hours as the limit of tries makes it."""
    for number in range(many):
        if number % second_step_limits.TRIES == 0:
            here.clock.forward(minutes=16)
            browser = half(here, owner)
        answer = browser.post(STEP, data={"code": "000000"})
        closed = here.registry.store.read_now(second_step_limits.closed, owner.number)
        refused_for(answer, 422, CLOSED if closed else WRONG)


def furnished(here: Office) -> tuple[Colleague, str, str]:
    """An owner with an app, its secret and a recovery code."""
    owner = here.somebody(OWNER)
    secret = give_app(here, owner.number)
    shown = owner.post(f"{ACCOUNT}/kurtarma").text
    return owner, secret, re.findall(r"<code>([0-9A-Z-]{14})</code>", shown)[0]


def test_thirty_wrong_codes_in_a_row_close_the_second_step_to_codes(
    office: OpenOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    here = office()
    owner, secret, recovery = furnished(here)
    here.clock.forward(minutes=20)
    before = len(here.sent)
    guesses(here, owner, second_step_limits.CLOSED_AFTER)
    assert re.findall(r'"event": "(second_step_\w+)"', capsys.readouterr().out) == [
        "second_step_guessed",
        "second_step_closed",
    ]
    notice, last = here.sent[before:]
    assert (notice["to"], last["to"]) == (owner.email, owner.email)
    assert "art arda 5 yanlış kod" in notice["text"]
    assert "Uygulama kodları artık kabul edilmiyor" in last["text"]
    here.clock.forward(minutes=16)
    browser = half(here, owner)
    refused_for(browser.post(STEP, data={"code": app_code(here, secret)}), 422, CLOSED)
    here.clock.forward(days=300)
    browser = half(here, owner)
    refused_for(browser.post(STEP, data={"code": app_code(here, secret)}), 422, CLOSED)
    assert browser.post(STEP, data={"code": recovery}).headers["location"] == "/panel"
    here.clock.forward(minutes=16)
    again = half(here, owner)
    assert again.post(STEP, data={"code": app_code(here, secret)}).headers["location"] == "/panel"
    assert here.acts() == ["recovery-made", "second-step-closed", "recovery-used"]


def test_a_right_code_ends_the_row(office: OpenOffice) -> None:
    here = office()
    owner, secret, _ = furnished(here)
    for _ in range(3):
        guesses(here, owner, second_step_limits.CLOSED_AFTER - 1)
        here.clock.forward(minutes=16)
        assert half(here, owner).post(STEP, data={"code": app_code(here, secret)}).status_code == 303


def test_sessions_that_have_passed_it_go_on(office: OpenOffice) -> None:
    here = office()
    owner, _, _ = furnished(here)
    for _ in range(4):
        guesses(here, owner, 10)
        assert owner.get(ACCOUNT).status_code == 200
    assert here.registry.store.read_now(second_step_limits.closed, owner.number)


def test_the_operator_opens_it_again(office: OpenOffice) -> None:
    here = office()
    owner, _, _ = furnished(here)
    guesses(here, owner, 30)
    store = here.registry.store
    assert store.read_now(second_step_limits.closed, owner.number)
    changed(here.registry, panel_user_commands._end, owner.email, None, True)
    assert not store.read_now(second_step_limits.closed, owner.number)
    assert here.browser().sign_in(owner.email).headers["location"] == "/panel"


def test_the_first_code_of_an_app_has_as_many_tries(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(f"{ENROL}/uygulama")
    for _ in range(second_step_limits.TRIES):
        refused_for(owner.post(f"{ENROL}/uygulama/kod", data={"code": "000000"}), 422, "Kod doğru değil.")
    refused_for(owner.post(f"{ENROL}/uygulama/kod", data={"code": "000000"}), 429, MANY)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', owner.get(f"{ENROL}/uygulama").text)
    assert secret
    code = app_code(here, secret[1].replace(" ", ""))
    refused_for(owner.post(f"{ENROL}/uygulama/kod", data={"code": code}), 429, MANY)


# -- changes of one's own sign-in --------------------------------------------------------------------------------------

CHANGES = [line for line in ROUTES if line.path.startswith((f"{ACCOUNT}/kurtarma", ENROL))]


@pytest.mark.parametrize("line", CHANGES, ids=lambda line: f"{line.method} {line.path}")
def test_who_has_a_second_step_passes_it_again_before_a_change(office: OpenOffice, line: object) -> None:
    here = office()
    owner, secret, _ = furnished(here)
    number = re.search(r"ikinci-adim/(\d+)/kaldir", owner.get(ACCOUNT).text)
    assert number
    path = line.path.replace("{factor:number}", number[1])  # type: ignore[attr-defined]
    acts, sent = here.acts(), len(here.sent)
    here.clock.forward(minutes=6)
    data = {"code": app_code(here, secret), "answer": "{}"} if line.method == "POST" else None  # type: ignore[attr-defined]
    answer = owner.request(line.method, path, data=data)  # type: ignore[attr-defined]
    where = path if line.method == "GET" else ACCOUNT  # type: ignore[attr-defined]
    assert answer.headers["location"] == f"{STEP}?git={where}"
    assert (here.acts(), len(here.sent)) == (acts, sent), "nothing was changed"
    assert "Girişinizi değiştirmek için ikinci adımı yeniden geçin." in owner.get(STEP).text
    passed = owner.post(f"{STEP}?git={where}", data={"code": app_code(here, secret)})
    assert passed.headers["location"] == where
    after = owner.request(line.method, path, data=data)  # type: ignore[attr-defined]
    assert not after.headers.get("location", "").startswith(STEP)


def test_every_change_of_the_sign_in_is_on_the_table(office: OpenOffice) -> None:
    """A new one of the account's factors cannot be forgotten: it has to be fresh, or to be none of them."""
    assert len(CHANGES) > 7
    assert [line.path for line in ROUTES if line.path.startswith(ACCOUNT) and not line.fresh] == [
        ACCOUNT,
        f"{ACCOUNT}/bildirimler",
        f"{ACCOUNT}/cikis-hepsi",
    ]


def test_each_change_is_told_to_the_person_by_mail(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(f"{ENROL}/uygulama")
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', owner.get(f"{ENROL}/uygulama").text)
    assert secret
    owner.post(f"{ENROL}/uygulama/kod", data={"code": app_code(here, secret[1].replace(" ", ""))})
    owner.post(f"{ACCOUNT}/kurtarma")
    number = re.search(r"ikinci-adim/(\d+)/kaldir", owner.get(ACCOUNT).text)
    assert number
    owner.post(f"{ENROL}/{number[1]}/kaldir")
    assert [mail["to"] for mail in here.sent] == [owner.email] * 3
    for mail, sentence in zip(
        here.sent,
        ("bir kod uygulaması eklendi", "yeni kurtarma kodları alındı", "bir ikinci adım kaldırıldı"),
        strict=True,
    ):
        assert sentence in mail["text"]
    for mail, code in ((mail, secret[1].strip()) for mail in here.sent):
        assert code not in mail["text"]


def test_with_the_last_second_step_go_the_recovery_codes(office: OpenOffice) -> None:
    here = office()
    owner, _, recovery = furnished(here)
    number = re.search(r"ikinci-adim/(\d+)/kaldir", owner.get(ACCOUNT).text)
    assert number
    owner.post(f"{ENROL}/{number[1]}/kaldir")
    secret = give_app(here, owner.number)
    here.clock.forward(minutes=2)
    browser = half(here, owner)
    refused_for(browser.post(STEP, data={"code": recovery}), 422, WRONG)
    assert browser.post(STEP, data={"code": app_code(here, secret)}).status_code == 303


def test_a_new_second_step_ends_the_other_sessions(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    thief = here.somebody(OWNER, email=owner.email)
    assert thief.signed_in
    owner.post(f"{ENROL}/uygulama")
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', owner.get(f"{ENROL}/uygulama").text)
    assert secret
    owner.post(f"{ENROL}/uygulama/kod", data={"code": app_code(here, secret[1].replace(" ", ""))})
    assert owner.signed_in
    assert thief.get(ACCOUNT).headers["location"].startswith("/panel/giris")
    assert len(here.registry.store.read_now(sessions.sessions_of, owner.number, here.clock.now)) == 1


# -- the code by e-mail ------------------------------------------------------------------------------------------------


def test_a_code_to_apply_with_signs_nobody_in(office: OpenOffice) -> None:
    here = office()
    email = "derya@example.com"
    here.person(email, OWNER)
    browser = here.browser()
    browser.post("/panel/basvuru", data={"email": email})
    assert browser.get("/panel/giris/kod").headers["location"] == "/panel/giris"
    assert browser.type(here.code).headers["location"] == "/panel/giris"
    assert browser.post("/panel/giris/kod/yeniden").headers["location"] == "/panel/giris"
    assert len(here.sent) == 1
    assert not browser.signed_in


@pytest.mark.parametrize("kind", [OWNER, Staff.OPERATOR], ids=["owner", "operator"])
def test_signed_out_everywhere_no_browser_is_known_any_more(office: OpenOffice, kind: Membership | Staff) -> None:
    """A known browser has messages and tries of its own, and no notice goes out about it."""
    here = office(CODES_SENT_PER_DAY="2")
    email = "derya@example.com"
    here.person(email, kind)
    first, other = here.browser(), here.browser()
    first.sign_in(email)
    for many in (2, 2):
        here.clock.forward(minutes=2)
        other.ask(email)
        assert len(here.sent) == many, "strangers have two"
    first.ask(email)
    first.type(here.code)
    assert len(here.sent) == 3, "who is known has two of his own"
    here.registry.store.write_now(_strong, first)
    first.post("/panel/hesap/cikis-hepsi")
    here.clock.forward(minutes=2)
    first.ask(email)
    assert len(here.sent) == 3, "this browser is a stranger now"


def _strong(transaction: object, browser: Colleague) -> None:
    key = cookies.key(browser.cookies[cookies.PANEL])
    sessions.pass_step(transaction, key, key)  # type: ignore[arg-type]
