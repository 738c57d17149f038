"""Links for refusing, made for programs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from consents.store import Snapshot, Statement
from consents.terms import Channel
from providers.about import link_calls
from providers.api.answers import Fault, Refusal
from tests.providers.api.desk import CINAR, ISIK, Desk, Program, asked, brand, codes, consent
from trust import minting

B = brand(CINAR)
MAILS, SHORT = f"{B}/via-hash-links", f"{B}/short-links"
_OWNER = Statement(
    text("SELECT sealed, channel FROM short_link JOIN recipient ON recipient.id = recipient WHERE digest = :digest")
)
_LINKS = Statement(text("SELECT count(*) FROM short_link"))


def mail(name: str, **other: Any) -> dict[str, Any]:
    return {"recipient": f"{name}@example.com", "recipientType": "BIREYSEL"} | other


def link(number: int = 1, **other: Any) -> dict[str, Any]:
    return {"recipient": f"+9053200000{number:02}", "type": "MESAJ"} | other


def links(here: Desk) -> int:
    row = here.registry.store.read_now(Snapshot.one, _LINKS)
    return int(row[0]) if row else 0


def press(here: Desk, url: str) -> None:
    """What the recipient does: opens the link and refuses."""
    path = url.removeprefix(here.settings.public_url)
    client = here.client()
    assert client.get(path).status_code == 200
    assert client.post(path, data={"status": "RET"}, follow_redirects=True).status_code == 200


# -- İYS's, for e-mails ------------------------------------------------------------------------------------------------


def test_a_link_is_made_for_approved_mails_alone_and_refuses(here: Desk, cinar: Program) -> None:
    for name in ("ayse", "mehmet"):
        cinar.post(f"{B}/consents", consent(type="EPOSTA", recipient=f"{name}@example.com"))
    cinar.post(f"{B}/consents", consent(type="EPOSTA", recipient="can@example.com", status="RET"))
    given = [mail("Ayse"), mail("can"), mail("mehmet", recipientType="TACIR"), mail("nobody")]
    answer = cinar.post(MAILS, {"recipients": given})
    assert answer.status_code == 200
    told = answer.json()
    assert [one["recipient"] for one in told] == [one["recipient"] for one in given]
    assert set(told[0]) == {"url", "recipient"}
    assert [one.get("code") for one in told] == [None, "H568", "H568", "H568"]
    assert links(here) == 1
    press(here, told[0]["url"])
    status = cinar.post(f"{B}/consents/status", asked(type="EPOSTA", recipient="ayse@example.com")).json()
    assert (status["status"], status["source"]) == ("RET", "IYS_WEB")


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ([], 400, [("H097", None)]),
        ({}, 422, [("H168", None)]),
        ({"recipients": "x"}, 422, [("H478", None)]),
        ({"recipients": []}, 422, [("H164", None)]),
        ({"recipients": [mail("a")], "type": "EPOSTA"}, 422, [("H118", None)]),
        ({"recipients": [mail(f"m{n}") for n in range(101)]}, 422, [("H127", None)]),
        ({"recipients": [mail("a"), "a@example.com", {}]}, 422, [("H114", 1), ("H114", 2), ("H170", 2)]),
        ({"recipients": [mail("a", recipientType="X"), mail("a", type="EPOSTA")]}, 422, [("H116", 0), ("H118", 1)]),
        (
            {"recipients": [mail("a", recipient="+905320000001"), mail("a", recipient=5)]},
            422,
            [("H120", 0), ("H120", 1)],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    here: Desk, cinar: Program, body: Any, status: int, told: list[tuple[str, int | None]]
) -> None:
    answer = cinar.post(MAILS, body)
    assert answer.status_code == status
    assert [(one["code"], one.get("index")) for one in answer.json()["errors"]] == told
    assert links(here) == 0


# -- our own, short ----------------------------------------------------------------------------------------------------


def test_short_links_are_made_for_anybody_in_order_and_refuse(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent())
    given = [link(1), link(1, type="ARAMA"), mail("ayse", type="EPOSTA"), link(2), link(1)]
    given[2].pop("recipientType")
    told = cinar.post(SHORT, {"links": given}).json()["list"]
    assert [one["recipient"] for one in told] == [one["recipient"] for one in given]
    assert len({one["url"] for one in told}) == 5
    assert all(one["url"].startswith(f"{here.settings.public_url}/k/") for one in told)
    press(here, told[0]["url"])
    assert cinar.post(f"{B}/consents/status", asked()).json()["status"] == "RET"
    press(here, told[1]["url"])
    assert cinar.post(f"{B}/consents/status", asked(type="ARAMA")).json()["status"] == "RET", "also the first record"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"links": []}, 422, [("H164", None)]),
        ({"recipients": [link()]}, 422, [("H118", None)]),
        ({"links": [link()] * 10_001}, 422, [("Z413", None)]),
        ({"links": [link(), link(type="SMS"), link(type=None)]}, 422, [("H117", 1), ("H117", 2)]),
        ({"links": [{"recipient": "+905320000001"}, {"type": "MESAJ"}]}, 422, [("H111", 0), ("H114", 1)]),
        ({"links": [link(recipient="a@example.com"), link(recipient="12")]}, 422, [("H464", 0), ("H121", 1)]),
    ],
)
def test_what_is_wrong_with_short_links_is_told_with_its_place(
    here: Desk, cinar: Program, body: Any, status: int, told: list[tuple[str, int | None]]
) -> None:
    answer = cinar.post(SHORT, body)
    assert answer.status_code == status
    assert [(one["code"], one.get("index")) for one in answer.json()["errors"]] == told
    assert links(here) == 0


def test_ten_thousand_links_are_made_in_one_call(here: Desk, cinar: Program) -> None:
    given = [{"recipient": f"m{number}@example.com", "type": "EPOSTA"} for number in range(10_000)]
    told = cinar.post(SHORT, {"links": given}).json()["list"]
    assert [one["recipient"] for one in told] == [one["recipient"] for one in given]
    assert links(here) == 10_000


def on_the_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def test_many_links_are_read_and_written_beside_the_loop_and_few_mails_read_so(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    for name in ("_read", "_mint", "_mint_mails"):
        work = getattr(link_calls, name)

        def watched(*arguments: Any, name: str = name, work: Any = work) -> Any:
            seen.append((name, on_the_loop()))
            return work(*arguments)

        monkeypatch.setattr(link_calls, name, watched)
    inline = here.registry.store.dialect == "sqlite"
    for path, body in (
        (SHORT, {"links": [link()] * 500}),
        (SHORT, {"links": [link()] * 501}),
        (MAILS, {"recipients": [mail("ayse")]}),
    ):
        assert cinar.post(path, body).status_code == 200
    read = "_read", False
    assert seen == [read, ("_mint", inline), read, ("_mint", False), read, ("_mint_mails", inline)]


def test_many_links_are_made_once_for_a_key_and_all_or_none(
    here: Desk, cinar: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"links": [link(type="MESAJ"), link(type="ARAMA")] * 300}
    write = minting.write

    def failing(transaction: Any, keyring: Any, order: Any, some: Any) -> Any:
        write(transaction, keyring, order, some)
        if order.channel is Channel.MESAJ:  # the second
            raise Refusal(503, Fault("H123"))

    monkeypatch.setattr(minting, "write", failing)
    assert cinar.post(SHORT, body, Idempotency_Key="a").status_code == 503
    assert links(here) == 0
    monkeypatch.setattr(minting, "write", write)
    first = cinar.post(SHORT, body, Idempotency_Key="a")
    assert (first.status_code, links(here)) == (200, 600)
    assert cinar.post(SHORT, body, Idempotency_Key="a").json() == first.json()
    assert links(here) == 600


# -- once, rights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"), [(MAILS, {"recipients": [mail("ayse")]}), (SHORT, {"links": [link()]})], ids=["mails", "short"]
)
def test_a_key_makes_links_once_and_other_brands_are_out_of_reach(
    here: Desk, cinar: Program, path: str, body: Any
) -> None:
    cinar.post(f"{B}/consents", consent(type="EPOSTA", recipient="ayse@example.com"))
    first = cinar.post(path, body, Idempotency_Key="k")
    assert first.status_code == 200
    assert cinar.post(path, body, Idempotency_Key="k").json() == first.json()
    assert links(here) == 1
    answer = here.program("isik").post(path, body)
    assert (answer.status_code, codes(answer)) == (403, ["H353"])
    own = here.program("isik").post(path.replace(B, brand(ISIK)), body).json()
    assert "H568" in str(own) or path == SHORT, "another provider's consent is none of this one's"


def test_a_partner_makes_links_for_its_channels(here: Desk, cinar: Program) -> None:
    partner = here.program("partner")
    here.grant(CINAR, (0, 2, 1))
    assert partner.post(SHORT, {"links": [link()]}).status_code == 200
    assert codes(partner.post(SHORT, {"links": [link(), link(type="ARAMA")]})) == ["H353"]
    assert codes(partner.post(MAILS, {"recipients": [mail("ayse")]})) == ["H353"]
    here.grant(CINAR, (0, 0, 2))
    assert partner.post(MAILS, {"recipients": [mail("ayse")]}).status_code == 200


def test_a_link_of_a_refused_mail_is_not_made(here: Desk, cinar: Program) -> None:
    cinar.post(f"{B}/consents", consent(type="EPOSTA", recipient="ayse@example.com"))
    assert "url" in cinar.post(MAILS, {"recipients": [mail("ayse")]}).json()[0]
    cinar.post(
        f"{B}/consents",
        consent(type="EPOSTA", recipient="ayse@example.com", status="RET", consentDate="2026-11-24 11:00:00"),
    )
    assert "url" not in cinar.post(MAILS, {"recipients": [mail("ayse")]}).json()[0]


def test_each_of_a_hundred_links_leads_to_the_one_it_is_told_for(here: Desk, cinar: Program) -> None:
    """In no order of numbers, calls and SMS mixed."""
    wanted = [link(number * 37 % 100, type=("MESAJ", "ARAMA")[number % 2]) for number in range(100)]
    told = cinar.post(SHORT, {"links": wanted}).json()["list"]
    assert [one["recipient"] for one in told] == [one["recipient"] for one in wanted]
    keyring = here.registry.keyring
    for asked_for, one in zip(wanted, told, strict=True):
        digest = minting.digest(keyring, one["url"][-minting.LENGTH :])
        sealed, channel = here.registry.store.read_now(Snapshot.one, _OWNER, {"digest": digest}) or (b"", 0)
        assert (keyring.unseal(bytes(sealed)), str(Channel.of(channel))) == (asked_for["recipient"], asked_for["type"])
