"""Every reading gives the same answer for the same state (rule L20): each state of a consent, asked about in every way.

Every route of the site is here: as a reading, or among those that show no consent or act.
"""

from __future__ import annotations

import asyncio
import csv
import json
import re
from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import httpx2
import pytest
from starlette.routing import Route

from consents import dates, reportable
from consents.instants import day_of
from consents.queries import timeline
from consents.store import Snapshot
from consents.terms import Channel, Identity, Source, Status
from gateways.received import Received
from izin import app
from optout.sms import sms_door
from panel import export_job
from panel.operations import auditor_pages
from providers import routes as api
from providers.days import days_kept
from providers.push import pusher
from settings import Settings
from tests.citizen.consents.town import AYSE, CINAR, rows, text, town
from tests.citizen.consents.town import listed as sections
from tests.conftest import Clock, Opener
from tests.optout.links import door as doors
from tests.providers.api.desk import FREE
from tests.providers.api.target import Target
from tests.standings import COMPANY, NONE, STATES, Expected, Standings
from tests.web.client import refused_for
from trust import paper_seals
from web.rendering.assets import Assets

ROW = f"{CINAR}-MESAJ-BIREYSEL"
PATH = f"/sps/{COMPANY}/brands/{CINAR}"
ABOUT = {"recipient": AYSE, "type": "MESAJ", "recipientType": "BIREYSEL"}
BRAND = "/sps/{iysCode}/brands/{brandCode}"
PANEL = "/panel/{company:number}"
AT = f"/panel/{COMPANY}"
WORDS = {"Onay": "ONAY", "Ret": "RET", "Vatandaşın yanıtı bekleniyor": "BEKLIYOR"}

Facts = dict[str, Any]
"""What a reading shows: any of ``status``, ``wire`` (which has RET for BEKLIYOR), ``last`` and ``last_wire`` (of the
last movement), ``may`` (be sent to), ``reaches`` (is open or asks), ``source``, ``at`` (as on the wire)."""


def owed(expected: Expected) -> Facts:
    """What each of these has to be."""
    wire = {"BEKLIYOR": "RET"}
    return {
        "status": expected.status,
        "wire": wire.get(expected.status, expected.status),
        "last": expected.last,
        "last_wire": wire.get(expected.last, expected.last),
        "may": expected.status == "ONAY",
        "reaches": expected.status in ("ONAY", "BEKLIYOR"),
        "source": expected.source,
        "at": None if expected.at is None else dates.wire(expected.at),
    }


class Site:
    """Everybody who asks, with all that they need to ask."""

    def __init__(self, of: Standings, expected: Expected, target: Target) -> None:
        self.of, self.expected, self.target = of, expected, target
        self.town, self.registry = of.town, of.town.registry
        self.ayse = of.town.sign_in(AYSE)
        self.member = of.signs_in()
        self.program = None if expected.closed_to_programs else of.program()
        self.settings: Settings = doors.settings(of.town)

    def page(self, path: str) -> str:
        return found(self.ayse.get(path)).text

    def asks(self, path: str, **more: Any) -> Any:
        assert self.program is not None
        return found(self.program.post(f"{PATH}{path}", ABOUT | more)).json()

    def gets(self, path: str) -> httpx2.Response:
        assert self.program is not None
        return found(self.program.get(path))

    def writes(self, message: str) -> str:
        """The reply to an SMS."""
        self.of.clock.forward(seconds=1)
        sent = Received("verimor", f"m{self.of.clock.now}", AYSE.lstrip("+"), "3838", message, self.of.clock.now)
        return asyncio.run(sms_door.take(self.registry, self.settings, sent, post=False)) or ""


def found(answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code == 200, (answer.status_code, answer.text[:500])
    return answer


Read = Callable[[Site], Facts]


class Reading(NamedTuple):
    """One way to ask, by which routes ("GET /izinler"). ``programs``: through the API."""

    read: Read
    routes: tuple[str, ...]
    programs: bool


READINGS: list[Reading] = []
# What the holder of the address reads, on pages and by SMS.
HOLDERS = re.compile(r"\w+ /(izinler|markalar|gonderen|hooks)\b")


def reads(*routes: str, programs: bool = False) -> Callable[[Read], Read]:
    def note(read: Read) -> Read:
        READINGS.append(Reading(read, routes, programs))
        return read

    return note


by_program = partial(reads, programs=True)


# -- programs ----------------------------------------------------------------------------------------------------------


@by_program(f"POST {BRAND}/consents/status")
def api_status(site: Site) -> Facts:
    plain, pending = (site.asks(f"/consents/status{query}") for query in ("", "?pending=1"))
    if not plain:
        return {"wire": NONE, "status": pending.get("status", NONE)}
    facts = {"wire": plain["status"], "status": pending["status"]}
    if site.expected.erased:
        assert plain == ABOUT | {"status": "RET"}
        return facts
    shown = movements(site)
    assert plain["transactionId"] in {one["transactionId"]: one for one in shown}, "of no movement of this consent"
    (one,) = [one for one in shown if one["transactionId"] == plain["transactionId"]]
    assert one["creationDate"] == plain["creationDate"]
    return facts | {"source": plain["source"], "at": plain["consentDate"]}


@by_program(f"POST {BRAND}/consents/{{recipientType}}/status/{{type}}")
def api_list(site: Site) -> Facts:
    assert site.program is not None
    shown = site.program.post(f"{PATH}/consents/BIREYSEL/status/MESAJ", {"recipients": [AYSE]})
    return {"may": found(shown).json()["list"] == [AYSE]}


@by_program(f"POST {BRAND}/consents/history")
def api_history(site: Site) -> Facts:
    plain, pending = (site.asks(f"/consents/history{query}")["list"] for query in ("", "?pending=1"))
    if not plain:
        return {"last": NONE}
    return {"last_wire": plain[0]["status"], "last": pending[0]["status"]}


def movements(site: Site) -> list[Facts]:
    """Those of the consent, as the feed has them, the oldest first."""
    shown: list[Facts] = []
    begin = f"1700000000_{'0' * 64}"
    assert site.program is not None
    for side in ("IYS", "HS"):
        answer = site.program.get(f"{PATH}/consents/changes?source={side}&after={begin}")
        shown += answer.json()["list"] if answer.status_code != 204 else []
        assert answer.status_code in (200, 204), answer.text
    return [one for one in shown if (one["type"], one["recipientType"]) == ("MESAJ", "BIREYSEL")]


@by_program(f"GET {BRAND}/consents/changes")
def api_feed(site: Site) -> Facts:
    shown = sorted(movements(site), key=lambda one: (one["creationDate"], one["transactionId"]))
    return {"last_wire": shown[-1]["status"] if shown else NONE}


@by_program(f"GET {BRAND}/changes/{{reportDate}}/file")
def day_file(site: Site) -> Facts:
    """The last line about the consent in the files of the days until now."""
    days = sorted({one["creationDate"][:10] for one in movements(site)})
    site.of.clock.forward(days=2)
    site.program = site.of.program()
    days_kept.make_due(site.registry)
    last = NONE
    for day in days:
        lines = list(csv.DictReader(site.gets(f"{PATH}/changes/{day}/file").text.splitlines()))
        own = [one for one in lines if (one["type"], one["recipientType"]) == ("MESAJ", "BIREYSEL")]
        last = own[-1]["status"] if own else last
    return {"last_wire": last}


@by_program("GET /sps/{iysCode}/brands")
def api_counts(site: Site) -> Facts:
    (stats,) = [one["stats"] for one in site.gets(f"/sps/{COMPANY}/brands").json() if one["brandCode"] == CINAR]
    counts = stats["consents"]
    assert counts["total"] == counts["approval"] + counts["rejection"]
    # An erased person's other channels and identities have none; the phone's TACIR is never spoken of here.
    return {"wire": "ONAY" if counts["approval"] else "RET" if counts["rejection"] else NONE}


@by_program(f"POST {BRAND}/consent/retailers/access/list", f"GET {BRAND}/retailers/{{retailerCode}}")
def api_dealers(site: Site) -> Facts:
    """A dealer uses what stands as ONAY, and nothing else."""
    used = list(site.asks("/consent/retailers/access/list")["list"])
    assert not used or site.expected.status == "ONAY"
    return {}


def push(site: Site) -> Facts:
    """What was recorded since the registration of the push."""
    asyncio.run(pusher.deliver(site.registry, private=True))
    shown = [one for page in site.target.told for one in page if one["type"] == "MESAJ"]
    own = [one["transactionId"] for one in movements(site)]
    assert {one["transactionId"] for one in shown} <= set(own)
    return {"last_wire": shown[-1]["status"]} if shown and shown[-1]["transactionId"] == own[-1] else {}


# -- the citizen -------------------------------------------------------------------------------------------------------


# What the section of the list's only brand with a record says of it.
SECTIONS = {"open": "ONAY", "waiting": "BEKLIYOR", "refused": "RET", "none": NONE}


@reads("GET /izinler")
def own_list(site: Site) -> Facts:
    page = site.page("/izinler")
    shown = SECTIONS[sections(page).get(CINAR, "none")]
    if site.expected.veiled:
        assert shown == NONE, "hidden from the new holder"
        return {}
    return {"status": shown}


@reads("GET /izinler/{brand:number}")
def own_brand(site: Site) -> Facts:
    return {"status": rows(site.page(f"/izinler/{CINAR}"))[ROW]}


@reads("GET /markalar")
def directory(site: Site) -> Facts:
    return {"status": SECTIONS[sections(site.page("/markalar"))[CINAR]]}


@reads("GET /izinler/sonuc")
def result_of_the_last_act(site: Site) -> Facts:
    """It is there for an act of the holder's own that they may see, and counts what the list counts."""
    act = site.registry.store.read_now(timeline.last_own, site.town.person(AYSE))
    if act is None:
        return {}
    answer = site.ayse.get(f"/izinler/sonuc?act={act[0]}")
    if answer.status_code == 303:
        assert answer.headers["location"] == "/izinler"
        return {}
    assert "Kayıt no:" in text(found(answer).text)
    return {}


@reads(
    "GET /izinler/kayit", "GET /izinler/kayit.json", "GET /izinler/kayit.pdf", "GET /izinler/verilerim.json",
    "GET /izinler/verilerim.pdf",
)  # fmt: skip
def own_record(site: Site) -> Facts:
    site.page("/izinler/kayit")
    record = json.loads(site.page("/izinler/kayit.json"))
    (attached,) = paper_seals.attached(found(site.ayse.get("/izinler/kayit.pdf")).content, 10_000_000)
    assert json.loads(attached)["brands"] == record["brands"]
    assert json.loads(site.page("/izinler/verilerim.json"))["brands"] == record["brands"]
    (attached,) = paper_seals.attached(found(site.ayse.get("/izinler/verilerim.pdf")).content, 10_000_000)
    assert json.loads(attached)["brands"] == record["brands"]
    brands = [one for one in record["brands"] if one["code"] == CINAR]
    lines = [line for one in brands for line in one["consents"] if line["channel"] == "MESAJ"]
    lines = [line for line in lines if line["identity"] == "BIREYSEL"]
    if site.expected.veiled:
        assert not lines
        return {}
    if not lines:
        return {"status": NONE}
    (line,) = lines
    if "source" not in line:
        return {"status": line["status"], "source": None, "at": None}
    at = line["decided_at"] and line["decided_at"][:19].replace("T", " ")
    if site.expected.erased:  # his own record shows how and when he was erased
        assert line["source"] == "IYS_CM"
        return {"status": line["status"]}
    return {"status": line["status"], "source": line["source"], "at": at}


@reads("GET /izinler/{brand:number}/kanit.pdf")
def own_evidence_document(site: Site) -> Facts:
    answer = site.ayse.get(f"/izinler/{CINAR}/kanit.pdf")
    if answer.status_code == 404 or site.expected.veiled or site.expected.erased:
        assert answer.status_code in (200, 404)
        return {}
    (attached,) = paper_seals.attached(found(answer).content, 10_000_000)
    lines = [one for one in json.loads(attached)["stands"] if one["channel"] == "MESAJ" and one["brand"] == CINAR]
    lines = [one for one in lines if one["identity"] == "BIREYSEL"]
    return {"status": lines[0]["status"] if lines else NONE}


@reads("POST /gonderen")
def sender_of_a_message(site: Site) -> Facts:
    """Its words are those of a list, so what a new holder has hidden has no record here."""
    shown = text(found(site.ayse.follow(site.ayse.post("/gonderen", sender="Çınar"))).text)
    words = {"İzin kaydı yok.": NONE, "Size reklam gönderebilir": "ONAY", "Kararınızı bekliyor": "BEKLIYOR"}
    standing = next((status for word, status in words.items() if word in shown), "RET")
    if site.expected.veiled:
        assert standing in (NONE, "RET")
        return {}
    return {"status": standing}


@reads("GET /izinler/reddet")
def preview_of_refusing_all(site: Site) -> Facts:
    return {"reaches": f'name="brand" value="{CINAR}"' in site.page("/izinler/reddet")}


@reads("GET /izinler/yeni-numara")
def preview_of_a_new_number(site: Site) -> Facts:
    return {"reaches": "Size ulaşabilen marka zaten yok." not in text(site.page("/izinler/yeni-numara"))}


@reads("GET /izinler/bundan-sonrasi")
def preview_of_a_standing_refusal(site: Site) -> Facts:
    site.page("/izinler/bundan-sonrasi")
    return {}


@reads("GET /izinler/durmali.ics", "GET /izinler/sikayet/{brand:number}", "POST /izinler/sikayet/{brand:number}")
def what_must_stop(site: Site) -> Facts:
    """Who is still to be silent, and what to do where he is not: every link to a complaint leads to one."""
    assert site.ayse.get("/izinler/durmali.ics").status_code in (200, 404)
    for path in re.findall(r'href="(/izinler/sikayet/[^"]*)"', site.page(f"/izinler/{CINAR}")):
        asked = path.replace("&amp;", "&")
        found(site.ayse.get(asked))
        found(site.ayse.follow(site.ayse.post(asked, day=str(day_of(site.of.clock.now)))))
    return {}


@reads("POST /hooks/{carrier}/{door}", "POST /deneme/sms")
def by_sms(site: Site) -> Facts:
    one, waiting, past = (site.writes(words) for words in ("DURUM CINAR", "BEKLIYOR", "GECMIS CINAR"))
    assert past, "no reply"
    words = {"izin var": "ONAY", "reddedildi": "RET", "kayit yok": NONE, "karar sizde": "BEKLIYOR"}
    found_ = re.search(r"SMS icin ([a-z ]+)", one)
    assert found_, one
    status = words[found_[1]]
    return {"status": status, "reaches": "karar bekleyen marka yok" not in waiting or status == "ONAY"}


@reads("GET /k/{code}", "GET /q/{code}")
def by_link(site: Site) -> Facts:
    """A new link's page answers in every state; what it shows depends on who opens it (tests/optout/links)."""
    path = doors.link(site.town, AYSE)
    site.town.client.cookies.clear()
    page = site.town.client.get(path)
    if site.expected.erased:
        assert page.status_code < 500
        return {}
    assert page.status_code == 200
    assert site.town.client.get(path.replace("/k/", "/q/")).status_code == 200
    return {}


# -- the company -------------------------------------------------------------------------------------------------------


def cells(markup: str) -> list[list[str]]:
    """The rows of the tables of a page."""
    return [
        [text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", markup, re.DOTALL)
    ]


def word(cell: str) -> str:
    return next(status for shown, status in WORDS.items() if cell.startswith(shown))


@reads(f"GET {PANEL}/adres", f"POST {PANEL}/adres")
def panel_address(site: Site) -> Facts:
    page = found(site.member.post(f"{AT}/adres", address=AYSE)).text
    stands = [row for row in cells(page.partition("Geçmiş</h2>")[0]) if row and row[0].startswith("SMS")]
    stands = [row for row in stands if "bireysel" in row[0]]
    return {"status": word(stands[0][1]) if stands else NONE}


@reads("GET /panel/isletmen/ara", "POST /panel/isletmen/ara")
def one_address_at_all_companies(site: Site) -> Facts:
    """As the operator's people read it, through the page's own reading: a person of the company gets no such page."""
    assert site.member.get("/panel/isletmen/ara").status_code == 403
    seen = site.registry.store.read_now(auditor_pages.at_all, site.registry, AYSE)
    lines = [line for one in seen.brands if one.brand.code == CINAR for line in one.lines]
    own = [line for line in lines if line.channel == Channel.MESAJ.code and line.identity == Identity.BIREYSEL.code]
    if not own or own[0].status is None:
        return {"status": NONE}
    return {"status": str(Status.of(own[0].status))}


@reads(f"GET {PANEL}/masa", f"POST {PANEL}/masa/arayan")
def panel_call_centre(site: Site) -> Facts:
    page = found(site.member.get(site.member.post(f"{AT}/masa/arayan", address=AYSE).headers["location"])).text
    ticked = re.search(rf'value="{CINAR} MESAJ"(.*?)</label>', page, re.DOTALL)
    assert ticked
    stands = [text(one) for one in re.findall(r"<small>(.*?)</small>", ticked[1], re.DOTALL)]
    own = [one for one in stands if "tacir" not in one and one != "kayıt yok"]
    return {"status": word(own[0]) if own else NONE}


@reads(f"GET {PANEL}/sorgu")
def panel_query(site: Site) -> Facts:
    asked = f"{AT}/sorgu?brand={CINAR}&channel=MESAJ&identity=BIREYSEL"
    shown = {status: text(found(site.member.get(f"{asked}&status={status}")).text) for status in WORDS.values()}
    counts = {status: int(re.search(r"(\d+) kayıt\b", page)[1]) for status, page in shown.items()}  # type: ignore[index]
    assert sum(counts.values()) <= 1
    listed = [row for row in cells(found(site.member.get(asked)).text) if row and len(row) == 5 and row[1] != "Kanal"]
    status = word(listed[0][2]) if listed else NONE
    assert counts == {one: int(one == status) for one in counts}
    return {"status": status}


@reads(
    f"POST {PANEL}/sorgu/dosya",
    f"GET {PANEL}/sorgu/dosyalar",
    f"POST {PANEL}/sorgu/dosyalar/{{export:number}}/indir",
)
def panel_export(site: Site) -> Facts:
    if site.expected.closed_to_programs:
        barred = site.member.post(f"{AT}/sorgu/dosya", brand=str(CINAR), channel="MESAJ", identity="BIREYSEL")
        refused_for(barred, 403, "Bu sayfa şimdi kapalı")  # a paused company exports nothing
        return {}
    site.member.post(f"{AT}/sorgu/dosya", brand=str(CINAR), channel="MESAJ", identity="BIREYSEL")
    found(site.member.get(f"{AT}/sorgu/dosyalar"))
    export_job.make_waiting(site.registry)
    file = found(site.member.post(f"{AT}/sorgu/dosyalar/1/indir")).content.decode("utf-8-sig")
    lines = list(csv.DictReader(file.splitlines(), delimiter=";"))
    if not lines:
        assert site.expected.erased or site.expected.status == NONE
        return {}
    (line,) = lines
    return {"status": line["DURUMU"], "source": line["IZINKAYNAGI"], "at": line["IZINTARIHI"]}


@reads(f"GET {PANEL}/liste", f"POST {PANEL}/liste")
def panel_list_check(site: Site) -> Facts:
    """Whom the company may write to; what waits for the citizen is refused here."""
    asked = {"list": AYSE, "brand": str(CINAR), "identity": "BIREYSEL", "as": "json"}
    answer = site.member.client.post(
        f"{AT}/liste", data=asked, files={"file": ("", b"")}, headers={"cookie": site.member.cookie}
    )
    if site.expected.closed_to_programs:
        refused_for(answer, 403, "Bu sayfa şimdi kapalı")
        return {}
    found(site.member.get(f"{AT}/liste"))
    stands = found(answer).json()["answer"]["MESAJ"]
    assert list(stands.values()) == [[AYSE]]
    (status,) = stands
    return {"wire": status if status != "NONE" else NONE, "may": status == "ONAY"}


@reads(f"GET {PANEL}/genel", f"GET {PANEL}/genel/{{brand:number}}")
def panel_overview(site: Site) -> Facts:
    for path in (f"{AT}/genel", f"{AT}/genel/{CINAR}"):
        found(site.member.get(path))
    return {}


@reads(f"GET {PANEL}/reddedenler")
def panel_refusals(site: Site) -> Facts:
    """Who is listed has refused, and what the company declared since waits for them."""
    listed = [row for row in cells(found(site.member.get(f"{AT}/reddedenler")).text) if len(row) == 5]
    shown = [row for row in listed if row[1].startswith("SMS") and "bireysel" in row[1]]
    assert not shown or site.expected.status in ("RET", "BEKLIYOR")
    return {}


@reads(f"POST {PANEL}/raporlar/{{brand:number}}/indir", f"GET {PANEL}/raporlar")
def panel_report(site: Site) -> Facts:
    """The day's file is the one that programs get."""
    found(site.member.get(f"{AT}/raporlar"))
    day = str(day_of(site.of.clock.now))
    answers = (403,) if site.expected.closed_to_programs else (200, 303)
    assert site.member.post(f"{AT}/raporlar/{CINAR}/indir", day=day).status_code in answers
    return {}


# -- other registries --------------------------------------------------------------------------------------------------


def told_to_the_national_registry(site: Site) -> Facts:
    """What a comparison with İYS names as in force."""

    def read(snapshot: Snapshot) -> Facts:
        from consents import state

        stands = state.of_key(snapshot, site.of.key)
        if stands is None:
            return {"wire": NONE}
        reportable.in_force(snapshot, site.of.key, stands)
        word = stands.in_force()
        if site.expected.erased:
            return {"wire": str(Status.of(word.status))}
        source = None if word.source is None else str(Source.of(word.source))
        return {"wire": str(Status.of(word.status)), "source": source, "at": dates.wire(word.at)}

    return site.registry.store.read_now(read)


BESIDES = [Reading(push, (), True), Reading(told_to_the_national_registry, (), False)]
LAST = [day_file]  # they move the clock


@pytest.fixture
def target() -> Iterable[Target]:
    made = Target()
    yield made
    made.close()


@pytest.mark.parametrize("name", STATES)
def test_every_reading_gives_the_answer_of_the_state(
    sqlite_url: str, open_registry: Opener, clock: Clock, target: Target, name: str
) -> None:
    with town(open_registry(sqlite_url), **FREE, PUSH_PRIVATE="1") as here:
        of = Standings(here, clock)
        of.program().post(f"{PATH}/push/registration", {"connection": [target.connection()]})
        expected = STATES[name](of)
        site, wrong = Site(of, expected, target), []
        theirs = expected._replace(status="RET", before=expected.last) if expected.answered else expected
        for one in sorted([*READINGS, *BESIDES], key=lambda reading: reading.read in LAST):
            if one.programs and site.program is None:
                continue
            try:
                facts = one.read(site)
            except Exception as fault:  # all that is wrong is listed at once
                wrong.append((one.read.__name__, f"{type(fault).__name__}: {fault}"[:400]))
                continue
            wanted = owed(theirs if any(HOLDERS.match(route) for route in one.routes) else expected)
            wrong += [
                (one.read.__name__, fact, facts[fact], wanted[fact]) for fact in facts if facts[fact] != wanted[fact]
            ]
        assert not wrong


# -- all routes --------------------------------------------------------------------------------------------------------

# What shows no consent of anybody, by why; a route that is in none of these lists and in no reading fails the test.
STILL = """
the same for everybody:
GET /  GET /api  GET /api/kodlar  GET /gelistirici  GET /gelistirici/rehber  GET /gelistirici/basvuru
GET /gelistirici/basvuru/{name}  GET /gelistirici/kodlar  GET /gelistirici/degisiklikler  GET /openapi.json
GET /yardim  GET /gizlilik  GET /erisilebilirlik  GET /hakkinda
GET /robots.txt
GET /baglanti-yok  GET /baglanti-yok.js
GET /manifest.webmanifest  GET /favicon.ico  GET /.well-known/security.txt  GET /static/{path:path}  GET /healthz
GET /log/checkpoint  GET /log/keys  GET /log/tile/{path:path}
GET /readyz  GET /metrics  GET /panel/yardim  GET /deneme  GET /info/cities  GET /info/city
GET /info/city/{code}  GET /info/town  GET /info/town/{code}  GET /m/{brand:number}  GET /m/{brand:number}/afis
GET /m/{brand:number}/afis.pdf  GET /m/{brand:number}/qr.{kind}  GET /qr/{code}.{kind}
coming in and leaving:
GET /gonderen
GET /giris  GET /giris/kod  GET /giris/ekle  GET /giris/ekle/kod  GET /giris/metin  GET /cikis  GET /izinler/yaninda
GET /izinler/yaninda/kod  GET /izinler/yaninda/bitti  GET /izinler/yaninda/hepsi  GET /izinler/yaninda/sonuc
GET /izinler/anahtar  GET /izinler/yardim  GET /izinler/yaninda/kalici  GET /izinler/yaninda/kalici/kod
GET /panel/giris  GET /panel/giris/kod  GET /panel/giris/kimlik
GET /panel/giris/kimlik/donus  GET /panel/davet  GET /panel/basvuru  GET /panel/basvuru/kod  GET /panel/basvuru/sirket
GET /panel/giris/ikinci  GET /panel  GET /panel/rehber  GET /panel/hesap  GET /panel/hesap/ikinci-adim
GET /panel/hesap/ikinci-adim/uygulama  POST /oauth2/token
what somebody decided once, not what stands:
GET /belgelerim  GET /izinler/sorular  GET /izinler/sorular/{request}.zip
GET /makbuz  POST /makbuz  GET /makbuz/{number}.json  GET /makbuz/{number}.ics  GET /makbuz/{number}.pdf
GET /makbuz/{number}/buzdolabi.pdf  GET /makbuz/{number}.tlog-proof
GET /makbuz/{number}  GET /k/{code}/makbuz/{number}.json  GET /k/{code}/makbuz/{number}
GET /q/{code}/makbuz/{number}.json  GET /q/{code}/makbuz/{number}  GET /u/{token}/makbuz/{number}.json
GET /k/{code}/makbuz/{number}.pdf  GET /q/{code}/makbuz/{number}.pdf  GET /u/{token}/makbuz/{number}.pdf
GET /u/{token}/makbuz/{number}  GET /dogrula  GET /dogrula/izin-verify.html  POST /dogrula
GET BRAND/deliveries/{transactionId}
GET BRAND/consents/request/{requestId}  GET /v2BRAND/consents/request/{requestId}
GET PANEL/yuklemeler  GET PANEL/yuklemeler/{upload:number}  POST PANEL/yuklemeler/{upload:number}/reddedilenler
what a person answered once to a question:
GET VIA/consent/request/{requestId}  GET VIA/consent/{requestId}  POST VIA/consent/status
GET VIA/via/clarification/{requestId}/file  GET OTP/get-clarification-file/{iysCode}/{requestId}
GET OTP/subscription/{iysCode}  POST OTP/request-history
the page of a link, by another door:
GET /u/{token}
the digest or totals of the file that is read here:
GET BRAND/changes/{reportDate}/recipients/{recipientType}  GET BRAND/agreements/{reportDate}/timestamp
GET BRAND/agreements/{reportDate}  GET PANEL/raporlar/denetle  POST PANEL/raporlar/denetle
what a company asks, and what was answered once:
GET /o/{word}  GET /o/{word}/kod  GET /o/{word}/tamam  GET /kasa/{key}  GET /kasa/{key}/{paper}.pdf
what a person wants to hear of:
GET /verilerim  GET /izinler/verilerim  GET /izinler/verilerim/basvuru  GET /izinler/verilerim/{request:number}.pdf
GET /izinler/verilerim/sil  GET /izinler/verilerim/silindi
GET /izinler/haber  GET /haber/{token}  GET /izinler/sustular  GET /izinler/sikayetler  GET /hala  GET /sustu/{token}
the lines of a business:
GET /izinler/isletme  GET /izinler/isletme/ekle  GET /izinler/isletme/alan-adi  GET /izinler/isletme/reddet
GET /izinler/isletme/ayril
a company's own things:
GET BRAND/push/registration  GET BRAND/retailers  GET /sps/{iysCode}/subscription
GET /integrator/{integratorCode}/sps  GET /integrator/{integratorCode}/sps/{iysCode}
GET /integrator/{integratorCode}/subscription  GET PANEL/yukle  GET PANEL/yukle/tek
GET PANEL/yukle/sablon.xlsx  GET PANEL/yukle/sablon.csv  GET PANEL/yuklemeler/{upload:number}/sutunlar
GET PANEL/markalar  GET PANEL/markalar/{brand:number}  GET PANEL/bayiler  GET PANEL/bayiler/{brand:number}
GET PANEL/bayiler/{brand:number}/toplu  GET PANEL/formlar  GET PANEL/formlar/yeni  GET PANEL/formlar/{form:number}
GET PANEL/formlar/{form:number}/duzelt  GET PANEL/kasalar  GET PANEL/kasalar/yeni  GET PANEL/sorulanlar
GET PANEL/bayi/{dealer:number}  GET PANEL/programlar  GET PANEL/programlar/bildirim
GET PANEL/programlar/cagrilar  GET PANEL/programlar/teshis  GET PANEL/programlar/dene
GET PANEL/programlar/deneme-alani  GET PANEL/programlar/bildirim/{push:number}
GET PANEL/programlar/gonderim/{delivery:number}  GET PANEL/programlar/olaylar
GET PANEL/programlar/olaylar/{feedback:number}/kapat
GET PANEL/programlar/{program:number}  GET PANEL/ortaklar  GET PANEL/ortaklar/{brand:number}  GET PANEL/baglantilar
GET PANEL/baglantilar/dosyalar  POST PANEL/baglantilar/dosyalar/{linkfile:number}/indir  GET PANEL/iys
GET PANEL/iys/reddedilenler  POST PANEL/iys/reddedilenler  GET PANEL/kullanicilar  GET PANEL/kullanicilar/davet
GET PANEL/kullanicilar/{colleague:number}  GET PANEL/kutuk  POST PANEL/kutuk  GET PANEL/sikayetler  GET PANEL/mektuplar
GET PANEL/itirazlar  GET PANEL/kanit  GET PANEL/kanit/goster
what a press would do, before it is pressed:
GET PANEL/bayi/{dealer:number}/kaldir  GET PANEL/kullanicilar/{colleague:number}/kapat
GET PANEL/ortaklar/{brand:number}/geri-al  GET PANEL/programlar/bildirim/{push:number}/kaldir
GET PANEL/programlar/bildirim/{push:number}/imza
GET PANEL/formlar/{form:number}/kapat  GET PANEL/kasalar/{till:number}/kapat
GET PANEL/programlar/{program:number}/kapat  GET PANEL/programlar/{program:number}/sifre
GET PANEL/yuklemeler/{upload:number}/geri-al  GET DESK/kisiler/{staff:number}/kapat
the operator's:
GET /info/cities/{code}  GET DESK/istekler  GET DESK/formlar  GET DESK/formlar/{askedform:number}
GET DESK  GET DESK/gelen  GET DESK/giden  GET DESK/giden/{message:number}  GET DESK/almayanlar  GET DESK/iys
GET DESK/sikayetler  GET DESK/girisler  GET DESK/durum  GET DESK/basvurular  GET DESK/basvurular/{application:number}
GET DESK/veri-talepleri  GET DESK/veri-talepleri/{datarequest:number}
GET DESK/veri-talepleri/{datarequest:number}/kisiyi-sil
GET DESK/hatlar  GET DESK/hatlar/{lineclaim:number}  GET DESK/hatlar/{lineclaim:number}/yazi
GET DESK/saglayicilar  GET DESK/saglayicilar/{provider:number}  GET DESK/ortaklar  GET DESK/ortaklar/{partner:number}
GET /panel/ortak  GET /panel/ortak/musteri/{customer:number}  GET /panel/ortak/kisiler
GET /panel/ortak/kisiler/{partnerperson:number}/kapat
GET DESK/sayilar  GET DESK/imza  GET DESK/denetim  GET DESK/denetim/islem
GET DESK/kurallar  GET DESK/kisiler  GET DESK/kutuk  POST DESK/kutuk
not offered (Z501):
GET /widget/load-widgetloader/{widgetUUID}  GET /widget/publicKey/{widgetUUID}
GET /widget/load-widget/{widgetUUID}  POST /widget/process/start/{widgetUUID}
POST /widget/process/complete/{widgetUUID}
"""
# What changes something; what it leads to is read above.
ACTS = """
POST /k/{code}  POST /q/{code}  POST /u/{token}  POST /haber/{token}  POST /hooks/twilio/voice  POST /iys/push
GET /events/{secret}  POST /events/{secret}
POST /deneme/arama  POST /giris  POST /giris/kod  POST /giris/kod/yeniden  POST /giris/kod/ara  POST /giris/kod/metin
POST /giris/metin  POST /giris/ekle  POST /giris/ekle/kod  POST /giris/ekle/kod/yeniden  POST /giris/ekle/kod/ara
POST /giris/numara  POST /cikis  POST /cikis/hepsi  POST /izinler/{brand:number}/{channel}/{identity}
POST /izinler/geri-al/{act:number}  POST /izinler/reddet  POST /izinler/bundan-sonrasi  POST /izinler/yeni-numara
POST /izinler/yaninda  POST /izinler/yaninda/kod  POST /izinler/yaninda/kod/yeniden  POST /izinler/yaninda/bitir
POST /izinler/verilerim/basvuru  POST /izinler/verilerim/sil  POST /izinler/itiraz
POST BRAND/consents/evidence
POST /izinler/haber  POST /izinler/sorular  POST /izinler/sustular  POST /izinler/sikayetler
POST /izinler/sikayet/{brand:number}/sayim  POST /gonderen/sayim  POST /sustu/{token}  POST /k/{code}/makbuz/{number}
POST /q/{code}/makbuz/{number}  POST /u/{token}/makbuz/{number}
POST /o/{word}  POST /o/{word}/kod  POST /o/{word}/kod/yeniden  POST /kasa/{key}  POST /kasa/{key}/iptal
POST /izinler/yaninda/hepsi  POST /izinler/yaninda/geri-al
POST /giris/anahtar-sor  POST /giris/anahtar  POST /izinler/anahtar-sor  POST /izinler/anahtar
POST /izinler/anahtar/sil  POST /izinler/yaninda/kalici  POST /izinler/yaninda/kalici/kod  POST /izinler/yardim/ac
POST /izinler/yardim/bitir
POST /izinler/isletme  POST /izinler/isletme/ekle  POST /izinler/isletme/alan-adi
POST /izinler/isletme/reddet  POST /izinler/isletme/geri-al  POST /izinler/isletme/ayril
POST BRAND/consents  POST /v2BRAND/consents  POST BRAND/consents/request  POST /v2BRAND/consents/request
PUT BRAND/agreements/{reportDate}  POST BRAND/push/registration  POST BRAND/push/unregistration
POST BRAND/short-links  POST BRAND/via-hash-links  POST BRAND/consents/retailers/access
PUT BRAND/consents/retailers/access  POST BRAND/consents/retailers/access/remove
POST BRAND/consents/retailers/access/remove/all  POST BRAND/retailers  DELETE BRAND/retailers/{retailerCode}
POST VIA/consent  POST VIA/confirmation  POST OTP/{iysCode}/sms/start  POST OTP/{iysCode}/sms/start/short-url
POST OTP/{iysCode}/email/start  POST OTP/{iysCode}/email/start/short-url  POST OTP/sms/complete  POST OTP/email/complete
"""
PREFIXES = {"BRAND": BRAND, "PANEL": PANEL, "DESK": "/panel/isletmen", "OTP": api.OTP, "VIA": api.VIA}


def listed(text_: str) -> set[str]:
    routes = re.findall(r"(GET|POST|PUT|DELETE) (\S+)", text_)
    return {
        f"{method} {re.sub('BRAND|PANEL|DESK|OTP|VIA', lambda one: PREFIXES[one[0]], path)}" for method, path in routes
    }


def test_every_route_is_a_reading_or_shows_no_consent() -> None:
    """Pages of the panel that are posted act, but for those that are listed."""
    known = {*chain.from_iterable(one.routes for one in READINGS), *listed(STILL), *listed(ACTS)}
    there = {
        f"{method} {route.path}"
        for route in (*app.routes(Assets()), *api.routes(), *app.trial_routes())
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    posted = {one for one in there if one.startswith("POST /panel/")}
    assert there - known - posted == set(), "which answer do these give for each state of a consent?"
    assert known - there == set(), "no such route"
