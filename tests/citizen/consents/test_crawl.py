"""Each page of each state of the ledger (rules L1, L4, L13, L15): every link leads to a page, every number is so."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import pytest

from consents import blankets, history, ledger, state
from consents.history import Deed
from consents.instants import day_of
from consents.ledger import Claim
from consents.people import new_holder, register
from consents.queries import timeline
from consents.rules import BEKLIYOR, RET, WAITING
from consents.store import Snapshot
from consents.terms import Actor, Channel, Door, Identity, Source, Status
from tests.citizen.consents.crawler import Page, crawl, plain, unspoken
from tests.citizen.consents.states import many
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, DAY, ISIK, Town, Visitor, listed, rows, town
from tests.conftest import Clock, Opener
from tests.standings import STATES, Standings
from tests.variants import variants
from tests.web.client import Sheet
from trust import record_numbers

WORDS = {None: "YOK", **{status.code: str(status) for status in Status}}
WAY = re.compile(r"[0-9]+-(\w+)-(\w+)")


class Truth(NamedTuple):
    """What the registry has for AYSE now: by (brandCode, channel, identity); ``veiled``: not shown to a new holder."""

    status: dict[tuple[int, str, str], str]
    veiled: frozenset[tuple[int, str, str]]

    def brands(self, *, hidden: bool = False) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {}
        for key, status in self.status.items():
            if hidden or key not in self.veiled:
                found.setdefault(key[0], set()).add(status)
        return found

    def counts(self) -> Counter[str]:
        return Counter(_section(statuses) for statuses in self.brands().values())


def _section(statuses: set[str]) -> str:
    return "open" if "ONAY" in statuses else "waiting" if "BEKLIYOR" in statuses else "refused"


def truth(here: Town) -> Truth:
    return here.registry.store.read_now(_truth, here)


def _truth(snapshot: Snapshot, here: Town) -> Truth:
    """From the last words, as the ledger folds them."""
    registry, now = here.registry, here.now
    recipient = register.find(snapshot, registry.keyring, register.person(registry.keyring, AYSE))
    if recipient is None:
        return Truth({}, frozenset())
    codes = {brand.id: brand.code for brand in registry.brands.book(snapshot, now).by_id.values()}
    since = new_holder.hidden(snapshot, recipient).since
    status, veiled, closed = {}, set(), blankets.in_force(snapshot, [recipient])  # which answer what waits
    for key, stands in state.of_recipient(snapshot, recipient).items():
        word = stands.status
        if word == BEKLIYOR:
            assert stands.provider is not None
            act = timeline.act_of(snapshot, stands.provider.event)
            past = history.act(snapshot, act) if act is not None else None
            assert past is not None
            answered = stands.citizen is not None and stands.citizen.blanket
            answered = answered or (recipient, key.channel, key.identity) in closed
            word = RET if answered or past.recorded_at + WAITING <= now else word
        name = (codes[key.brand], str(Channel.of(key.channel)), str(Identity.of(key.identity)))
        status[name] = WORDS[word]
        if word == RET and since and stands.in_force().at < since:
            veiled.add(name)
    return Truth(status, frozenset(veiled))


def number_in(words: str) -> int:
    """A brand that is alone is named."""
    found = re.search(r"[0-9]+", words)
    return int(found[0]) if found else int("markasını reddettiniz" in words or words.startswith("You refused "))


def heading(page: Page) -> str:
    found = re.search(r"<h1\b.*?</h1>", page.markup, re.DOTALL)
    assert found
    return plain(found[0])


def below_heading(page: Page) -> str:
    """The paragraph that follows the heading; "" where something else does."""
    found = re.search(r"</h1>\s*(<p\b.*?</p>)", page.markup, re.DOTALL)
    return plain(found[1]) if found else ""


def inside(page: Page, name: str) -> str:
    """The text of the element with this id; "" without one."""
    found = re.search(rf'<(\w+)[^>]*\bid="{name}"[^>]*>(.*?)</\1>', page.markup, re.DOTALL)
    return plain(found[2]) if found else ""


def check(here: Town, visitor: Visitor, language: str = "tr", *, public: bool = False) -> dict[str, Page]:
    """Crawls, and compares each statement about the registry with it."""
    pages, stands = crawl(visitor, language, public=public), truth(here)
    counts, brands = stands.counts(), stands.brands()
    reached = {code for code, found in stands.brands(hidden=True).items() if found & {"ONAY", "BEKLIYOR"}}
    for page in pages.values():
        bare, _, query = page.path.partition("?")
        plainly = query in ("", "lang=en")
        if bare == "/izinler" and plainly:
            assert number_in(heading(page)) == counts["open"], page.text
            assert listed(page.markup) == {code: _section(found) for code, found in brands.items()}
            for name, section in (("n-waiting", "waiting"), ("n-open", "open"), ("n-refused", "refused")):
                assert number_in(inside(page, name)) == counts[section], (name, page.text)
        elif re.fullmatch(r"/izinler/[0-9]+", bare):
            code = int(bare.rpartition("/")[2])
            for name, shown in rows(page.markup).items():
                _, channel, identity = name.split("-")
                assert shown == stands.status.get((code, channel, identity), "YOK"), (page.path, name)
        elif bare == "/izinler/reddet" and query in ("", "lang=en", "scope=all", "lang=en&scope=all"):
            assert number_in(below_heading(page)) == (counts["open"] or counts["waiting"]), page.text
            assert _promised(page) == len(reached), page.text
            assert not [label for label in Sheet(page.markup).spoken.values() if re.search(r"[0-9]", label)]
        elif bare == "/izinler/bundan-sonrasi":
            _check_ahead(here, page)
        elif bare == "/izinler/kayit":
            assert set(re.findall(r'data-code="([0-9]+)"', page.markup)) <= {str(code) for code in brands}
        elif found := re.fullmatch(r"/makbuz/([0-9]+)", bare):
            _check_receipt(here, page, found[1])
    return pages


def _check_ahead(here: Town, page: Page) -> None:
    """What closes, by its total and by its parts, and who stays, against the ledger's own answer."""
    closing = page.markup.partition('name="end"')[0]
    parts = [number_in(plain(one)) for one in re.findall(r'<small class="soft">.*?</small>', closing, re.DOTALL)]
    total = re.search(r"([0-9]+)(?: markanın izni de şimdi kapanır| brands?['’]s? permission)", page.text)
    if parts and total:
        assert max(parts) <= int(total[1]) <= sum(parts), page.text
        shared = "her satırda sayılır" in page.text or "counts in each line" in page.text
        assert shared == (sum(parts) > int(total[1])), page.text


def _check_receipt(here: Town, page: Page, number: str) -> None:
    """The record number printed is that of an act of the person."""
    registry = here.registry
    act = record_numbers.read(registry.keyring, number)
    assert act is not None
    past = registry.store.read_now(history.act, act)
    assert past is not None
    assert record_numbers.spaced(number).replace("\xa0", " ") in page.text
    assert past.actor is Actor.CITIZEN


PRICES = ("Ücretsizdir.", "ücreti tarifenize", "It is free.", "tariff")
GRANTS = re.compile(r"İzin var|\bAllowed\b")
BARS = re.compile(r"gönderemez|arayamaz|yazamaz|may not (?:send|call|write)")


def check_rows(pages: dict[str, Page]) -> None:
    """A row with a permission bars nothing, one without grants nothing; a refusal made long ago leads to a letter."""
    for page in pages.values():
        for row in re.findall(
            r'<div class="way".*?(?=<div class="(?:way|note)|</section>|</details>\n)', page.markup, re.DOTALL
        ):
            status, shown = re.search(r'data-status="(\w+)"', row)[1], plain(row)  # type: ignore[index]
            if status == "ONAY":
                assert not BARS.search(shown), (page.path, shown)
            else:
                assert not GRANTS.search(shown), (page.path, shown)


def check_prices(pages: dict[str, Page], *, free: bool) -> None:
    """One sentence about what an SMS costs, on every page that has any."""
    here = [page for page in pages.values() if any(words in page.text for words in PRICES)]
    assert here
    for page in here:
        found = [words for words in PRICES if words in page.text]
        assert all((words in (PRICES[0], PRICES[2])) == free for words in found), (page.path, found)


def check_letters(here: Town, visitor: Visitor, pages: dict[str, Page]) -> int:
    """Each link to a complaint becomes letters about what is not allowed: with the number of a receipt, as a record of
    İYS or of the company's own word, or without any record; how many about a refusal."""
    links, refusals, status = {path for path in pages if path.startswith("/izinler/sikayet/")}, 0, truth(here).status
    for path in links:
        (brand,) = re.findall(r"/izinler/sikayet/([0-9]+)", path)
        lines = set(re.findall(r'name="line" value="(\w+-\w+)"', visitor.get(path).text))
        for line in lines:
            form = {"day": day_of(here.now).isoformat(), "sender": "X", "line": line}
            sent = visitor.client.post(path, data=form, headers={"cookie": visitor.cookie})
            answer = visitor.follow(sent)
            assert (sent.status_code, answer.status_code) == (303, 200), path
            letter, stands = plain(answer.text), status.get((int(brand), *line.split("-")))  # type: ignore[arg-type]
            assert stands != "ONAY", (path, line)
            if "ileti gönderme izni kayıtlı değildir." in letter:
                assert stands is None, (path, line)
                continue
            numbers = re.findall(r"Kayıt no: ([0-9 ]+)", letter)
            of_others = "Kayıt: İYS kaydı, ", "sisteminde kayıtlıdır.", "izni reddedilmiş olarak kayıtlıdır."
            assert numbers or any(words in letter for words in of_others), letter
            for number in numbers:
                assert record_numbers.read(here.registry.keyring, number.replace(" ", "")) is not None
            refusals += 1
    return refusals


def _promised(page: Page) -> int:
    """The brands that the preview of a refusal of all names: those that may send, and those that only wait."""
    beside = re.search(r"bekleyen ([0-9]+) marka da|([0-9]+) brands? that waits? for", page.text)
    return number_in(below_heading(page)) + (int(beside[1] or beside[2]) if beside else 0)


def check_promises(here: Town, visitor: Visitor) -> None:
    """What a page promises is what its button does and its result counts, there and back."""
    before = truth(here)
    promised = _promised(Page("", visitor.get("/izinler/reddet").text))
    result = Page("", visitor.follow(visitor.post("/izinler/reddet", scope="all")).text)
    if not promised:
        assert truth(here) == before
        return
    assert number_in(heading(result)) == promised
    assert not {"ONAY", "BEKLIYOR"} & set(truth(here).status.values())
    check(here, visitor)
    undo = re.search(r'action="(/izinler/geri-al/[^"]+)"', result.markup)
    assert undo
    notice = visitor.follow(visitor.post(undo[1])).text
    after = truth(here)
    assert after.status == before.status
    opened = sum("ONAY" in found for found in after.brands(hidden=True).values())
    if said := re.search(r"([0-9]+) marka size yeniden yazabilir", plain(notice)):
        assert int(said[1]) == opened, plain(notice)


def check_standing(here: Town, visitor: Visitor) -> None:
    """The same of a standing refusal and of its end."""
    page = Page("", visitor.get("/izinler/bundan-sonrasi").text)
    ways = re.findall(r'type="hidden" name="way" value="([^"]+)"', page.markup)
    if not ways:
        return
    before = truth(here).status
    promised = number_in(_sentence(page.text, "markanın izni de şimdi kapanır"))
    result = Page("", visitor.follow(visitor.post("/izinler/bundan-sonrasi", way=ways)).text)
    after = truth(here).status
    closed = {key[0] for key in before if before[key] == "ONAY" != after[key]}
    assert promised == len(closed) == number_in(_sentence(result.text, "markanın izni kapandı")), result.text
    check(here, visitor)
    page = Page("", visitor.get("/izinler/bundan-sonrasi").text)
    promised = number_in(_sentence(page.text, "marka size yeniden yazabilir"))
    ways = re.findall(r'type="checkbox" name="way" value="([^"]+)"', page.markup)
    visitor.post("/izinler/bundan-sonrasi", way=ways, end="1")
    again = truth(here).status
    assert promised == len({key[0] for key in again if after[key] != "ONAY" == again[key]}), page.text


def _sentence(text: str, words: str) -> str:
    """The number in front of these words, with them; "" without them."""
    found = re.search(rf"[0-9]+ {re.escape(words)}", text)
    return found[0] if found else ""


# The states by turns of a person and of a business; each of both in make long.
@pytest.mark.parametrize(("name", "identity"), variants(list(STATES), [Identity.BIREYSEL, Identity.TACIR]))
def test_every_page_of_every_state_is_there_and_says_what_stands(
    sqlite_url: str, open_registry: Opener, clock: Clock, name: str, identity: Identity
) -> None:
    with town(open_registry(sqlite_url), OPTOUT_NUMBER_FREE="1") as here:
        of = Standings(here, clock, identity.code)
        here.told(AYSE, ISIK, "ARAMA", ago=3)
        STATES[name](of)
        clock.forward(days=9)
        visitor = here.sign_in(AYSE)
        pages, english = check(here, visitor), check(here, visitor, "en")
        assert {unspoken(path) for path in english} == set(map(unspoken, pages)), "a link that loses the language"
        for found in (pages, english):
            check_rows(found)
        check_letters(here, visitor, pages)
        if name not in ("brand_closed", "number_moved"):
            check_promises(here, visitor)
            check_standing(here, visitor)


def relayed(here: Town, brand: int, source: Source, channel: str = "MESAJ", ago: float = 20) -> None:
    """A refusal made at the national registry, or in a company's form there."""
    at = (here.now - round(ago * DAY)) // 1_000_000 * 1_000_000
    code, own = here.brand(brand), Identity.BIREYSEL.code
    claim = Claim(here.person(AYSE), code, Channel(channel).code, own, RET, source.code, at)
    deed = Deed(Actor.REGISTRY, Door.SYNC)
    here.registry.store.write_now(ledger.relay, here.registry.policy, code, [claim], deed)


@pytest.mark.parametrize("free", [True, False])
def test_an_sms_has_one_price_on_every_page(sqlite_url: str, open_registry: Opener, free: bool) -> None:
    with town(open_registry(sqlite_url), OPTOUT_NUMBER_FREE=str(int(free))) as here:
        here.told(AYSE, CINAR)
        visitor = here.sign_in(AYSE)
        for language in ("tr", "en"):
            check_prices(check(here, visitor, language, public=True), free=free)


def test_a_person_in_many_states_at_once(sqlite_url: str, open_registry: Opener, clock: Clock) -> None:
    """Both identities, many brands, refusals of every door, also those that have no receipt here."""
    with town(open_registry(sqlite_url)) as here:
        many(here, AYSE, 30, both=True)
        here.told(AYSE, CINAR, ago=40)
        here.told(AYSE, CINAR_MINI, "ARAMA", ago=40)
        relayed(here, CINAR, Source.IYS_MOBIL)
        relayed(here, CINAR, Source.IYS_WEB, "ARAMA")
        relayed(here, CINAR_MINI, Source.IYS_FRAME_SMS)
        visitor = here.sign_in(AYSE)
        visitor.refuse(ISIK)
        visitor.press(f"/izinler/{CINAR_MINI}/ARAMA/BIREYSEL", status="ONAY")
        clock.forward(days=9)
        for brand in (700_001, 700_002):
            visitor = here.sign_in(AYSE, last=here.now - 9 * DAY)
            visitor.press(f"/izinler/{brand}/MESAJ/BIREYSEL", status="RET", never="1")
            clock.forward(days=1)
            assert here.told(AYSE, brand, ago=0.1) == "pending"
        visitor = here.sign_in(AYSE, last=here.now - DAY)
        pages = check(here, visitor, public=True)
        check_rows(pages)
        assert check_letters(here, visitor, pages) >= 4, "three without a receipt, and one with"
        check_rows(check(here, visitor, "en"))
        check_promises(here, visitor)
        check_standing(here, visitor)
