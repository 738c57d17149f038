"""A day at the panel on each database: every statement of the panel runs on both."""

from __future__ import annotations

import asyncio
import re

from consents.brands import companies
from consents.queries import loads
from consents.registry import Registry
from consents.rules import RET
from evidence import log
from panel import notice_job
from panel.audit import audit_log
from panel.rights import Membership, Permission, Role, Staff
from tests.conftest import Clock
from tests.consents.deeds import DAY
from tests.panel.audit.test_acts import ADDRESS, invite
from tests.panel.companies.test_joining import EMAIL, apply
from tests.panel.office import CINAR, Office, app_code, give_app
from tests.panel.seen import FIRST, SeenDeeds, number

OWNER = Membership(Role.OWNER, Permission.MEMBER)


def test_a_day_at_the_panel(registry: Registry, clock: Clock) -> None:
    here = Office(registry, clock)
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    invite(here, owner, "yeni@example.com")
    token = re.search(r"\?d=(\S+)", here.sent[-1]["text"])
    assert token
    new = here.browser()
    assert new.shown("/panel/davet", data={"d": token[1]}).status_code == 200
    clock.forward(minutes=2)
    new.sign_in("yeni@example.com")
    assert new.signed_in
    secret = give_app(here, owner.number)
    clock.forward(minutes=2)
    again = here.somebody(OWNER, email=owner.email, strong=False)
    assert again.post("/panel/giris/ikinci", data={"code": app_code(here, secret)}).status_code == 303
    assert again.get("/panel/hesap").status_code == 200
    people = f"/panel/{CINAR}/kullanicilar"
    colleague = re.search(rf"{people}/(\d+)\"[^>]*>yeni@example.com", owner.get(people).text)
    assert colleague
    limited = {"role": "user", "right": "desk", "scope": "some", "brand": "600101", "version": "1"}
    assert owner.post(f"{people}/{colleague[1]}", data=limited).status_code == 303
    desk = {"address": ADDRESS, "key": "600101 ARAMA", "status": "RET", "why": "Aradı"}
    assert new.shown(f"/panel/{CINAR}/masa", data=desk).status_code == 200
    found = owner.post(f"/panel/{CINAR}/kutuk", data={"address": ADDRESS, "what": "refusal-recorded"})
    assert found.text.count("<strong>Ret kaydedildi</strong>") == 1
    assert owner.post(f"{people}/kural", data={"second_step": "1"}).status_code == 303
    assert owner.post(f"{people}/{colleague[1]}/kapat").status_code == 303
    assert apply(here).status_code == 200
    assert operator.post("/panel/isletmen/basvurular/1/onayla").status_code == 303
    assert operator.get("/panel/isletmen").status_code == 200
    assert operator.get("/panel/isletmen/kutuk").status_code == 200
    clock.forward(minutes=2)
    founder = here.browser()
    founder.sign_in(EMAIL)
    assert founder.get("/panel").status_code == 303
    owner.post("/panel/hesap/cikis-hepsi")
    assert not again.signed_in
    log.extend(registry)
    assert registry.store.read_now(log.verify, registry.keyring) is None
    assert registry.store.read_now(audit_log.verify, registry.keyring) is None
    here.close()


def test_a_day_of_refusals(registry: Registry, clock: Clock) -> None:
    here = Office(registry, clock)
    deeds = SeenDeeds(here)
    for place in (1, 2):
        deeds.decides(deeds.allowed(place), status=RET)
    clock.now += DAY
    owner = here.somebody(OWNER)
    page = owner.get(f"/panel/{CINAR}/genel?sirala=-onay").text
    assert "2 ret alınmadı" in page
    assert "+90 532 ••• •• 02" in owner.get(f"/panel/{CINAR}/reddedenler").text
    asyncio.run(notice_job.send(registry, here.settings))
    assert [mail["to"] for mail in here.sent] == [owner.email]
    last = re.findall(r'name="last" value="(\d+)"', page)[0]
    listed = owner.post(f"/panel/{CINAR}/reddedenler/indir", data={"last": last}).text
    assert listed.count("\n") == 3
    assert "ret alınmadı" not in owner.get(f"/panel/{CINAR}/genel/{FIRST}").text
    owner.post("/panel/hesap/bildirimler", data={})
    deeds.decides(deeds.allowed(3), status=RET)
    clock.now += DAY
    asyncio.run(notice_job.send(registry, here.settings))
    assert len(here.sent) == 1
    here.close()


def test_a_day_of_lists_and_loads(registry: Registry, clock: Clock) -> None:
    """A list is checked, a load is looked up by its number, and a caller's refusal is taken back."""
    here = Office(registry, clock)
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    SeenDeeds(here).allowed(1)
    listed = {"list": f"{number(1)}\n{number(2)}", "brand": str(FIRST), "as": "json"}
    answer = owner.post(f"/panel/{CINAR}/liste", data=listed, files={"file": ("", b"")})
    assert answer.json()["answer"]["MESAJ"] == {"ONAY": [number(1)], "NONE": [number(2)]}
    brand = registry.store.read_now(companies.known_brand, FIRST)
    assert brand is not None
    load = registry.store.write_now(loads.begin, brand.id, b"x" * 32)
    found = owner.post(f"/panel/{CINAR}/adres", data={"address": str(load)})
    assert (b"x" * 32).hex() in found.text
    desk = {"address": number(1), "key": f"{FIRST} MESAJ", "status": "RET", "why": "Aradı ve istemediğini söyledi"}
    page = operator.shown(f"/panel/{CINAR}/masa", data=desk)
    record = re.search(r"[0-9]{4}\u00a0[0-9]{4}\u00a0[0-9]{4}", page.text)
    act = re.search(r'name="act" value="([0-9-]+)"', page.text)
    assert record
    assert act
    assert "Ret kaydedildi" in page.text
    assert "Zaten kayıtlı" in operator.shown(f"/panel/{CINAR}/masa", data=desk).text
    assert operator.post(f"/panel/{CINAR}/masa/geri-al", data={"act": act[1]}).status_code == 303
    assert "Geri alındı" in here.browser().shown("/dogrula", data={"number": record[0]}).text
    here.close()
