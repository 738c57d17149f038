"""The page of push connections: an address is tried before it is kept; refused at its field; tried, removed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from providers.push import push_connections, pusher
from providers.push.push_connections import PushTarget
from providers.push.pusher import NotTaken
from tests.panel.brands.forms import AT, OWNER, error_at
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Office
from tests.panel.test_matrix import brand

PAGE = f"{AT}/programlar/bildirim"
WISH = {
    "brand": str(CINAR),
    "channel": "MESAJ",
    "url": "https://crm.example/izin?k=gizli",
    "username": "izin",
    "password": "cok-gizli",
}


class Program:
    """The other side: takes what is posted, or fails with ``fault``."""

    def __init__(self) -> None:
        self.fault: NotTaken | None = None
        self.taken: list[PushTarget] = []

    async def post(self, target: PushTarget, body: object, **more: object) -> None:
        if self.fault:
            raise self.fault
        self.taken.append(target)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Program:
    made = Program()
    monkeypatch.setattr(pusher, "post", made.post)
    return made


def made(here: Office) -> list[PushTarget]:
    read: Callable[..., list[push_connections.MadeConnection]] = push_connections.of_brand
    return [one.target for one in here.registry.store.read_now(read, here.registry.keyring, brand(here, CINAR))]


def test_made_tried_and_removed(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    assert owner.post(PAGE, data=WISH).headers["location"] == f"{PAGE}?eklendi"
    assert made(here) == program.taken
    page = owner.get(PAGE).text
    assert "crm.example/izin" in page
    assert not [secret for secret in ("k=gizli", "cok-gizli") if secret in page], "nor the query, nor the password"
    number = re.search(rf'action="{PAGE}/(\d+)/dene"', page)
    assert number
    assert owner.post(f"{PAGE}/{number[1]}/dene").headers["location"] == f"{PAGE}?alindi"
    program.fault = NotTaken("status 503")
    assert owner.post(f"{PAGE}/{number[1]}/dene").headers["location"] == f"{PAGE}?alinmadi"
    assert owner.post(f"{PAGE}/{number[1]}/kaldir").headers["location"] == f"{PAGE}?kaldirildi"
    assert made(here) == []
    assert here.acts() == ["push-registered", "push-tried", "push-tried", "push-removed"]


REFUSED = [
    ({"brand": "600200"}, "brand", "marka"),
    ({"channel": ""}, "channel", "Kanalı"),
    ({"url": "http://crm.example"}, "url", "https://"),
    ({"url": "https://127.0.0.1/x"}, "url", "internete"),
    ({"username": "a:b"}, "username", "İki nokta"),
    ({"password": ""}, "password", "parola"),
]


@pytest.mark.parametrize(("changed", "place", "said"), REFUSED, ids=[f"{at} {said}" for _, at, said in REFUSED])
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_posted(
    office: OpenOffice, program: Program, changed: dict[str, str], place: str, said: str
) -> None:
    here = office()
    answer = here.somebody(OWNER).post(PAGE, data=WISH | changed)
    assert answer.status_code == 422
    assert said in error_at(answer, place)
    assert "cok-gizli" not in answer.text
    assert program.taken == []
    assert made(here) == []


FAULTS = [
    (NotTaken("TimeoutError", late=True), "beş saniye"),
    (NotTaken("status 401"), "status 401"),
    (NotTaken("address private"), "internete"),
]


@pytest.mark.parametrize(("fault", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_an_address_that_does_not_take_the_record_is_not_kept(
    office: OpenOffice, program: Program, fault: NotTaken, said: str
) -> None:
    here = office()
    program.fault = fault
    assert said in error_at(here.somebody(OWNER).post(PAGE, data=WISH), "url")
    assert made(here) == []
    assert here.acts() == []


def test_a_third_connection_of_a_channel_is_refused(office: OpenOffice, program: Program) -> None:
    here = office()
    owner = here.somebody(OWNER)
    for number in range(2):
        assert owner.post(PAGE, data=WISH | {"url": f"https://crm{number}.example/"}).status_code == 303
    assert "en çok iki" in error_at(owner.post(PAGE, data=WISH), "channel")
    assert len(made(here)) == 2
