"""People invite people: nobody gives more than he has, the last owner stays, of two the slower sees what stands."""

from __future__ import annotations

import re

import pytest

from panel.accounts import memberships
from panel.rights import Membership, Permission, Role
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, Office
from tests.panel.test_matrix import brand
from tests.web.client import refused_for

OWNER = Membership(Role.OWNER, Permission.MEMBER)
MANAGER = Membership(Role.MANAGER, Permission.MEMBER)
SEES = Membership(Role.USER, Permission.SEE)
AT = f"/panel/{CINAR}/kullanicilar"


def standing(here: Office, person: int) -> Membership | None:
    found: Membership | None = here.registry.store.read_now(memberships.find, person, here.id_of(CINAR))
    return found


def form(role: str, *rights: str, brands: tuple[int, ...] = (), **more: str) -> dict[str, object]:
    scope = "some" if brands else "all"
    return {"role": role, "right": list(rights), "scope": scope, "brand": list(map(str, brands)), **more}


def test_invited_accepted_signed_in(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    wish = form("user", "see", "desk", brands=(600101,), email="Yeni@example.com ")
    assert owner.post(f"{AT}/davet", data=wish).headers["location"] == f"{AT}?davet"
    mail = here.sent[-1]
    assert mail["to"] == "yeni@example.com"
    link = re.search(r"(/panel/davet\?d=\S+)", mail["text"])
    assert link
    new = here.browser()
    assert "kabul" in new.get(link[1]).text
    assert standing(here, owner.number + 1) is None, "looking takes nothing"
    token = link[1].partition("=")[2]
    assert new.shown("/panel/davet", data={"d": token}).status_code == 200
    assert new.shown("/panel/davet", data={"d": token}).status_code == 410
    assert not new.signed_in, "the link alone signs nobody in"
    new.sign_in("yeni@example.com")
    assert new.get(f"/panel/{CINAR}/genel").status_code == 200
    found = standing(here, owner.number + 1)
    assert found is not None
    assert found[:3] == (Role.USER, Permission.SEE | Permission.DESK, frozenset({brand(here, 600101)}))
    assert here.acts() == ["person-invited", "person-joined", "signed-in"]


def test_clicked_twice_one_mail_goes_and_invited_anew_the_older_ends(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    for wish in (form("user", "see"), form("user", "see"), form("user", "see", "load")):
        assert owner.post(f"{AT}/davet", data={**wish, "email": "yeni@example.com"}).status_code == 303
    here.clock.forward(minutes=2)
    assert owner.post(f"{AT}/davet", data=form("user", "see", "load", email="yeni@example.com")).status_code == 303
    assert here.acts() == ["person-invited", *["invitation-withdrawn", "person-invited"] * 2]
    tokens = [re.search(r"\?d=(\S+)", mail["text"]) for mail in here.sent]
    answers = [here.browser().shown("/panel/davet", data={"d": token[1]}).status_code for token in tokens if token]
    assert answers == [410, 410, 200]


@pytest.mark.parametrize("how", ["withdrawn", "old", "wrong"])
def test_an_invitation_that_is_over_lets_nobody_in(office: OpenOffice, how: str) -> None:
    here = office()
    owner = here.somebody(OWNER)
    owner.post(f"{AT}/davet", data=form("manager", email="yeni@example.com"))
    token = re.search(r"\?d=(\S+)", here.sent[-1]["text"])
    assert token
    if how == "withdrawn":
        number = re.search(r"davetler/(\d+)/geri-al", owner.get(AT).text)
        assert number
        answer = owner.post(f"/panel/{CINAR}/davetler/{number[1]}/geri-al")
        assert "artık geçmez" in owner.get(answer.headers["location"]).text
    elif how == "old":
        here.clock.forward(days=7)
    given = token[1] if how != "wrong" else token[1][:-1] + ("a" if token[1][-1] != "a" else "b")
    assert here.browser().shown("/panel/davet", data={"d": given}).status_code == 410
    assert "person-joined" not in here.acts()


BEYOND = [
    (MANAGER, form("owner"), "Kendinizde olmayan"),
    (Membership(Role.MANAGER, Permission.MEMBER, frozenset({0})), form("user", "see"), "Kendinizde olmayan"),
    (
        Membership(Role.MANAGER, Permission.MEMBER, frozenset({0})),
        form("manager", brands=(600101,)),
        "En az bir marka seçin",  # that one is not on the list, and so not in the form either
    ),
]


@pytest.mark.parametrize(("own", "wish", "said"), BEYOND, ids=["owner by manager", "every brand", "a brand of others"])
def test_nobody_gives_more_than_he_has(office: OpenOffice, own: Membership, wish: dict[str, object], said: str) -> None:
    here = office()
    if own.brands is not None:
        own = own._replace(brands=frozenset({brand(here, 600100)}))
    one = here.somebody(own)
    answer = one.post(f"{AT}/davet", data={**wish, "email": "yeni@example.com"})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert here.sent == []
    target = here.person("calisan@example.com", SEES._replace(brands=own.brands))
    answer = one.post(f"{AT}/{target}", data={**wish, "version": "1"})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert standing(here, target) == SEES._replace(brands=own.brands, version=1)


def test_nobody_changes_or_ends_who_has_more(office: OpenOffice) -> None:
    here = office()
    manager, owner = here.somebody(MANAGER), here.person("sahip@example.com", OWNER)
    here.person("ikinci@example.com", OWNER)  # else the company would keep its last owner anyway
    for answer in (
        manager.post(f"{AT}/{owner}", data=form("user", "see", version="1")),
        manager.post(f"{AT}/{owner}/kapat"),
    ):
        assert answer.status_code == 422
        assert "sizden yetkili birini değiştiremezsiniz" in answer.text
        assert "Son hesap sahibi" not in answer.text
    assert standing(here, owner) == OWNER._replace(version=1)
    assert "sizden yetkili" in manager.get(f"{AT}/{owner}").text


def test_the_last_owner_cannot_go(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    mine = f"{AT}/{owner.number}"
    assert "Son hesap sahibi" in owner.post(f"{mine}/kapat").text
    assert "Son hesap sahibi" in owner.post(mine, data=form("manager", version="1")).text
    second = here.person("ikinci@example.com", OWNER)
    assert owner.post(f"{AT}/{second}", data=form("manager", version="1")).status_code == 303
    assert "Son hesap sahibi" in owner.post(f"{mine}/kapat").text
    here.person("ucuncu@example.com", OWNER)
    assert owner.post(f"{mine}/kapat").status_code == 303
    assert owner.get(AT).status_code == 404


def test_of_two_owners_the_slower_sees_what_stands(office: OpenOffice) -> None:
    here = office()
    first, second, target = here.somebody(OWNER), here.somebody(OWNER), here.person("calisan@example.com", SEES)
    assert first.post(f"{AT}/{target}", data=form("user", "load", version="1")).status_code == 303
    answer = second.post(f"{AT}/{target}", data=form("manager", version="1"))
    assert answer.status_code == 409
    assert "başka biri bunu değiştirdi" in answer.text
    assert re.search(r'value="load" id="right-load" checked', answer.text)
    assert 'name="version" value="2"' in answer.text
    assert standing(here, target) == Membership(Role.USER, Permission.LOAD, None, 2)
    assert second.post(f"{AT}/{target}", data=form("manager", version="2")).status_code == 303


FAULTS = [
    (form("user", email="a@example.com"), "yetki"),
    (form("user", "see", email="kimse"), "e-posta"),
    ({**form("user", "see", email="a@example.com"), "scope": "some"}, "marka"),
    ({"email": "a@example.com"}, "seçin"),
]


@pytest.mark.parametrize(("wish", "word"), FAULTS)
def test_a_form_that_is_not_whole_invites_nobody(office: OpenOffice, wish: dict[str, object], word: str) -> None:
    here = office()
    answer = here.somebody(OWNER).post(f"{AT}/davet", data=wish)
    assert answer.status_code == 422
    assert word in answer.text.replace("‑", "-")
    assert here.sent == []


def test_a_brand_of_another_company_is_not_given(office: OpenOffice) -> None:
    here = office()
    owner = here.somebody(OWNER)
    wish = form("user", "see", brands=(BRANDS[ISIK][0],), email="yeni@example.com")
    refused_for(owner.post(f"{AT}/davet", data=wish), 422, "En az bir marka seçin ya da bütün markaları verin.")


def test_where_the_owner_asks_for_it_everybody_sets_up_a_second_step(office: OpenOffice) -> None:
    here = office()
    owner, user, other = (
        here.somebody(OWNER),
        here.somebody(SEES, strong=False),
        here.somebody(SEES, ISIK, strong=False),
    )
    assert user.get(f"/panel/{CINAR}/genel").status_code == 200
    assert owner.post(f"{AT}/kural", data={"second_step": "1"}).status_code == 303
    assert user.get(f"/panel/{CINAR}/genel").headers["location"] == "/panel/hesap/ikinci-adim"
    assert other.get(f"/panel/{ISIK}/genel").status_code == 200
    owner.post(f"{AT}/kural", data={"second_step": "0"})
    assert user.get(f"/panel/{CINAR}/genel").status_code == 200
    assert here.acts() == ["rule-changed", "rule-changed"]
