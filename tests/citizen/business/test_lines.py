"""A business with many lines: what it must prove, what one refusal does and leaves alone, and who is safe from it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import text as sql

from citizen.business import domain_proof, line_actions, line_job
from citizen.business.domain_proof import DomainAnswer
from consents import ledger, state
from consents.people import business_lines, recipients, register
from consents.people.business_lines import LineClaimState
from consents.registry import Registry
from consents.rules import BEKLIYOR, ONAY, RET
from consents.state import Key
from consents.store import Statement, Transaction
from consents.terms import Channel, Door, Identity
from panel.audit.change import Change
from panel.companies import application_actions
from settings import load
from tests.citizen.consents.town import AYSE, CINAR, ISIK, MEHMET, YABANCI, Town, Visitor, text, town
from tests.conftest import SECRET, Clock
from tests.web.client import refused_for

SETTINGS = load({"SECRET_KEY": SECRET})
PATH, PDF = "/izinler/isletme", b"%PDF-1.7 imza"
LATE = "Bu artık geri alınamaz."
LINES = [f"+9053211100{place:02}" for place in range(25)]
TACIR, BIREYSEL, SMS = Identity.TACIR.code, Identity.BIREYSEL.code, Channel.MESAJ.code
MAIL = Channel.EPOSTA.code


class Trade:
    """A town in which Ayşe signs in for a business."""

    def __init__(self, here: Town, clock: Clock) -> None:
        self.town, self.clock, self.registry = here, clock, here.registry
        self.ayse = here.sign_in(AYSE)

    def begin(self, visitor: Visitor | None = None) -> None:
        answer = (visitor or self.ayse).post(PATH, title="Örnek Ltd. Şti.", number="1234567890")
        assert answer.status_code == 303, answer.text

    def upload(
        self, lines: list[str], letter: bytes = PDF, visitor: Visitor | None = None, name: str = "yazi.pdf"
    ) -> httpx2.Response:
        files = {"lines": ("hatlar.txt", "\n".join(lines).encode(), "text/plain")}
        if letter:
            files["letter"] = (name, letter, "application/pdf")
        cookie = (visitor or self.ayse).cookie
        return self.town.client.post(f"{PATH}/ekle", files=files, headers={"cookie": cookie})

    def settle(self, *, accept: bool = True, why: str = "Fatura gördüm") -> None:
        (waiting,) = self.registry.store.read_now(
            business_lines.in_state, self.registry.keyring, LineClaimState.WAITING
        )

        def work(transaction: Transaction) -> bool:
            return application_actions.settle_lines(
                Change(transaction, self.registry.keyring, None), waiting.id, accept, why
            )

        assert self.registry.store.write_now(work)

    def job(self) -> None:
        asyncio.run(line_job.run(self.registry, SETTINGS))

    def holding(self, lines: list[str] = LINES) -> None:
        """The business with these lines."""
        self.begin()
        assert self.upload(lines).status_code == 303
        self.settle()
        self.job()

    def refuse(self, **form: str) -> None:
        assert self.ayse.post(f"{PATH}/reddet", **form).status_code == 303
        self.job()

    def stands(self, address: str, brand: int = CINAR, identity: int = TACIR, channel: int = SMS) -> int | None:
        key = Key(self.town.person(address), self.town.brand(brand), channel, identity)
        found = self.registry.store.read_now(state.of_key, key)
        return None if found is None else found.status

    def total(self) -> int:
        business = self.registry.store.read_now(business_lines.of_owner, self.registry.keyring, self.town.person(AYSE))
        assert business
        return self.registry.store.read_now(business_lines.count, business.id)

    def count(self, table: str) -> int:
        query = Statement(sql(f"SELECT count(*) FROM {table}"))
        row = self.registry.store.read_now(lambda snapshot: snapshot.one(query))
        assert row
        return int(row[0])

    def page(self, path: str = PATH, visitor: Visitor | None = None) -> str:
        return text((visitor or self.ayse).get(path).text)


@pytest.fixture
def trade(registry: Registry, clock: Clock) -> Iterator[Trade]:
    with town(registry) as here:
        yield Trade(here, clock)


def test_one_refusal_for_all_lines_and_its_undo(trade: Trade) -> None:
    for line in LINES:
        trade.town.told(line, CINAR, identity="TACIR")
        trade.town.told(line, CINAR)
    trade.holding()
    assert "25 hat" in trade.page()
    trade.refuse()
    assert {trade.stands(line) for line in LINES} == {RET}
    assert {trade.stands(line, identity=BIREYSEL) for line in LINES} == {ONAY}, "nobody's own consents"
    assert "25 hat için reddettiniz." in trade.page()
    assert trade.ayse.post(f"{PATH}/geri-al").status_code == 303
    trade.job()
    assert {trade.stands(line) for line in LINES} == {ONAY}
    assert "Reddi geri aldınız." in trade.page()
    refused_for(trade.ayse.post(f"{PATH}/geri-al"), 409, LATE)


def test_the_history_of_each_line_shows_the_act_with_its_receipt(trade: Trade) -> None:
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.holding([MEHMET])
    trade.refuse(standing="1")
    page = text(trade.town.sign_in(MEHMET).get(f"/izinler/{CINAR}").text)
    assert "İşletmeniz, bu sitede reddetti: SMS (işletmeniz için)." in page
    assert "Siz, bu sitede reddettiniz" not in page
    trade.ayse.post(f"{PATH}/geri-al")
    trade.job()
    assert "İşletmeniz, bu sitede geri aldı." in text(trade.town.sign_in(MEHMET).get(f"/izinler/{CINAR}").text)


def test_a_standing_refusal_closes_lines_that_come_later(trade: Trade) -> None:
    trade.holding(LINES[:2])
    trade.refuse(standing="1")
    trade.clock.forward(minutes=5)
    trade.town.told(LINES[0], ISIK, identity="TACIR", ago=0.001)
    assert trade.stands(LINES[0], ISIK) == BEKLIYOR
    trade.town.told(LINES[5], CINAR, identity="TACIR")
    assert trade.upload([LINES[5]]).status_code == 303
    trade.settle()
    trade.job()
    assert trade.stands(LINES[5]) == RET
    assert "Sonradan eklenenler de kapanır." in trade.page()


def test_l18_nothing_happens_and_nothing_is_shown_before_the_operator_accepts(trade: Trade) -> None:
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.begin()
    people = trade.count("recipient")
    assert trade.upload([MEHMET, YABANCI]).status_code == 303
    trade.job()
    page = trade.page()
    assert "2 numara inceleniyor" in page
    assert "Çınar" not in page
    assert trade.count("recipient") == people, "no number is enrolled for a claim"
    assert (trade.total(), trade.count("business_line")) == (0, 0)
    trade.ayse.post(f"{PATH}/reddet")
    trade.job()
    assert trade.stands(MEHMET) == ONAY
    assert "Bu hat şu işletmenin" not in trade.page("/izinler", trade.town.sign_in(MEHMET))


def test_l18_a_refused_claim_leaves_nothing_but_its_reason(trade: Trade) -> None:
    trade.begin()
    trade.upload([MEHMET])
    trade.settle(accept=False, why="Yazıda bu numara yok")
    trade.job()
    assert "Nedeni: Yazıda bu numara yok" in trade.page()
    assert trade.total() == 0
    sealed = Statement(sql("SELECT sealed FROM business_claim"))
    assert trade.registry.store.read_now(lambda snapshot: snapshot.all(sealed)) == [(None,)]
    assert trade.upload([MEHMET]).status_code == 303, "he may send a better letter"


def test_after_the_lines_are_added_file_and_letter_are_gone(trade: Trade) -> None:
    trade.holding(LINES[:3])
    sealed = Statement(sql("SELECT sealed FROM business_claim"))
    assert trade.registry.store.read_now(lambda snapshot: snapshot.all(sealed)) == [(None,)]


def test_who_uses_a_line_takes_it_back_for_good(trade: Trade) -> None:
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.holding([MEHMET, YABANCI])
    mehmet = trade.town.sign_in(MEHMET)
    assert "Bu hat şu işletmenin hatları arasında: Örnek Ltd. Şti." in trade.page("/izinler", mehmet)
    assert mehmet.post(f"{PATH}/ayril").status_code == 303
    assert "Bu hat şu işletmenin" not in trade.page("/izinler", mehmet)
    trade.refuse()
    assert trade.stands(MEHMET) == ONAY
    assert trade.upload([MEHMET]).status_code == 303
    trade.settle()
    trade.job()
    assert trade.total() == 1
    assert "Eklenmeyenler" in trade.page()


def test_a_stranger_cannot_take_a_line_out_and_an_owner_cannot_be_taken_out_of_nothing(trade: Trade) -> None:
    trade.holding([MEHMET])
    stranger = trade.town.sign_in(YABANCI)
    assert stranger.get(f"{PATH}/ayril").status_code == 303
    assert stranger.post(f"{PATH}/ayril").status_code == 303
    assert trade.total() == 1


def test_the_undo_leaves_alone_a_line_that_left_meanwhile(trade: Trade) -> None:
    for line in (MEHMET, YABANCI):
        trade.town.told(line, CINAR, identity="TACIR")
    trade.holding([MEHMET, YABANCI])
    trade.refuse()
    trade.town.sign_in(MEHMET).post(f"{PATH}/ayril")
    trade.ayse.post(f"{PATH}/geri-al")
    trade.job()
    assert (trade.stands(MEHMET), trade.stands(YABANCI)) == (RET, ONAY)
    assert "Yapılamayan: 1" in trade.page()


def test_a_line_belongs_to_one_business(trade: Trade) -> None:
    trade.holding([YABANCI])
    mehmet = trade.town.sign_in(MEHMET)
    trade.begin(mehmet)
    assert trade.upload([YABANCI], visitor=mehmet).status_code == 303
    trade.settle()
    trade.job()
    assert "1 hattan 0 tanesi eklendi" in trade.page(visitor=mehmet)
    assert trade.total() == 1


def test_it_can_refuse_alone(trade: Trade) -> None:
    """No way of a business leads to an ONAY of anybody's: what it refused is all that an undo brings back."""
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.town.sign_in(MEHMET).refuse(CINAR, identity="TACIR")
    trade.holding([MEHMET])
    trade.refuse(standing="1")
    trade.ayse.post(f"{PATH}/geri-al")
    trade.job()
    assert trade.stands(MEHMET) == RET, "his own refusal stays"
    assert trade.ayse.post(f"/izinler/{CINAR}/MESAJ/TACIR", status="ONAY").status_code < 400
    assert trade.stands(MEHMET) == RET


def test_an_erased_line_leaves_and_is_never_acted_for(trade: Trade) -> None:
    from citizen.signin import entry

    trade.holding([MEHMET, YABANCI])

    def erase(transaction: Transaction) -> None:
        keyring = trade.registry.keyring
        entry.forget(transaction, keyring, MEHMET)
        register.erase(transaction, keyring, register.person(keyring, MEHMET))

    trade.registry.store.write_now(erase)
    assert trade.total() == 1
    before = trade.count("act")
    trade.refuse(standing="1")
    assert trade.count("act") == before + 1, "the standing refusal of the other one"


def test_of_an_erased_owner_nothing_of_the_business_is_left_and_nobody_acts_for_it(trade: Trade) -> None:
    from citizen.signin import entry

    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.holding([MEHMET])
    trade.upload([YABANCI])
    keyring = trade.registry.keyring
    business = trade.registry.store.read_now(business_lines.of_owner, keyring, trade.town.person(AYSE))
    assert business

    def erase(transaction: Transaction) -> None:
        entry.forget(transaction, keyring, AYSE)
        register.erase(transaction, keyring, register.person(keyring, AYSE))

    trade.registry.store.write_now(erase)
    left = trade.registry.store.read_now(business_lines.by_id, keyring, business.id)
    assert left is not None
    assert (left.title, left.number) == ("", "")
    query = Statement(sql("SELECT count(*) FROM business_claim WHERE sealed IS NOT NULL OR state < 2"))
    assert trade.registry.store.read_now(lambda snapshot: snapshot.one(query)) == (0,)
    trade.job()
    assert trade.stands(MEHMET) == ONAY
    assert trade.count("business_line") == 0, "another business may claim it"


@pytest.mark.parametrize(
    ("lines", "letter", "words"),
    [
        ([], PDF, "Dosyada numara ya da e-posta yok."),
        ([MEHMET], b"", "imzalı yazıyı da seçin"),
        ([MEHMET], b"GIF89a", "PDF, JPEG ya da PNG"),
        ([MEHMET], b"%PDF-" + b"x" * 600_001, "PDF, JPEG ya da PNG"),
        ([MEHMET, "beş yüz", "=HYPERLINK(1)"], PDF, "Satırlar: 2, 3"),
        (["0900 900 00 00"], PDF, "Satırlar: 1"),
        (["ayse@example.com"], b"", "alan adını doğrulamadığınız"),
        ([f"+90532{number:07}" for number in range(2001)], PDF, "en çok 2.000 hattı"),
        (["+905320000001" * 10] * 1000, PDF, "en çok 2.000 hattı"),
    ],
)
def test_a_file_that_is_not_taken_is_not_taken_at_all(
    trade: Trade, lines: list[str], letter: bytes, words: str
) -> None:
    trade.begin()
    refused_for(trade.upload(lines, letter), 422, words)
    assert trade.count("business_claim") == 0


def test_a_huge_upload_is_cut_off(trade: Trade) -> None:
    trade.begin()
    cut = trade.upload([MEHMET], b"%PDF-" + b"x" * 800_000)
    assert cut.status_code == 413, cut.text
    assert trade.count("business_claim") == 0


def test_a_file_is_read_as_far_as_it_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed, parse = list[str](), recipients.parse

    def counted(typed: str) -> recipients.Recipient:
        parsed.append(typed)
        return parse(typed)

    monkeypatch.setattr(recipients, "parse", counted)
    many = [f"+90532{number:07}" for number in range(line_actions.MOST_LINES + 1)]
    whole = line_actions.read("\n".join([*many[:-1], "", *many[:-1]]))
    assert (whole.numbers, whole.many, len(parsed)) == (many[:-1], False, line_actions.MOST_LINES)
    parsed.clear()
    assert line_actions.read("\n".join(many * 2)).many
    assert len(parsed) == line_actions.MOST_LINES
    parsed.clear()
    assert line_actions.read("\n".join(f"x{number}" for number in range(20_000))).bad == list(range(1, 11))
    assert len(parsed) == 10


def test_files_that_are_read_are_counted_first_and_read_beside_the_loop(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, read = 0, line_actions.read

    def counted(typed: str) -> line_actions.ReadLines:
        nonlocal files
        files += 1
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return read(typed)

    monkeypatch.setattr(line_actions, "read", counted)
    trade.upload(["?"])
    assert files == 0, "there is no business"
    trade.begin()
    for _ in range(line_actions.READINGS):
        refused_for(trade.upload(["?"]), 422, "Satırlar: 1")
    refused_for(trade.upload(["?"]), 422, "Yarın yeniden deneyin")
    refused_for(trade.upload([MEHMET]), 422, "Yarın yeniden deneyin")
    assert files == line_actions.READINGS
    trade.clock.forward(days=1, minutes=1)
    assert trade.upload([MEHMET], visitor=trade.town.sign_in(AYSE)).status_code == 303


def test_duplicates_count_once_and_one_claim_waits(trade: Trade) -> None:
    trade.begin()
    assert trade.upload([MEHMET, "0532 000 00 02", MEHMET]).status_code == 303
    assert "1 numara inceleniyor" in trade.page()
    assert "inceleniyor" in text(trade.upload([YABANCI]).text)
    trade.settle()
    trade.job()
    trade.upload([MEHMET])
    trade.settle()
    trade.job()
    assert trade.total() == 1


def test_files_a_day_are_limited(trade: Trade) -> None:
    trade.begin()
    for number in range(line_actions.FILES):
        assert trade.upload([LINES[number]]).status_code == 303
        trade.settle(accept=False)
    assert "Yarın yeniden deneyin" in text(trade.upload([LINES[9]]).text)
    trade.clock.forward(days=1, minutes=1)
    visitor = trade.town.sign_in(AYSE)
    assert trade.upload([LINES[9]], visitor=visitor).status_code == 303


@pytest.mark.parametrize("path", ["", "/ekle", "/alan-adi", "/reddet", "/geri-al", "/ayril"])
def test_nobody_acts_without_a_session_of_his_own(trade: Trade, path: str) -> None:
    answer = trade.town.client.post(f"{PATH}{path}", data={"title": "X", "number": "1234567890"})
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/giris")
    assert trade.count("business") == 0


class Zone:
    """DNS as it is for these tests: name -> texts."""

    def __init__(self) -> None:
        self.texts: dict[str, set[str]] = {}
        self.asked: list[str] = []

    async def look(self, keyring: object, business: str, name: str) -> DomainAnswer:
        place, value = domain_proof.record(keyring, business, name)  # type: ignore[arg-type]
        self.asked.append(place)
        return DomainAnswer.PROVED if value in self.texts.get(place, set()) else DomainAnswer.ABSENT


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Zone:
    made = Zone()
    monkeypatch.setattr(domain_proof, "look", made.look)
    return made


def record(trade: Trade, name: str, visitor: Visitor | None = None) -> tuple[str, str]:
    who = visitor or trade.ayse
    page = who.follow(who.post(f"{PATH}/alan-adi", domain=name)).text
    place, _, rest = page.partition("<code>")[2].partition("</code>")
    return place, rest.partition("<code>")[2].partition("</code>")[0]


def test_a_domain_is_proved_by_its_record_and_its_mails_are_added_at_once(trade: Trade, zone: Zone) -> None:
    trade.begin()
    place, value = record(trade, "Ornek.com")
    assert (place, value[:16]) == ("_izin.ornek.com", "izin-dogrulama=" + value[15])
    early = trade.ayse.post(f"{PATH}/alan-adi", domain="ornek.com", look="1")
    assert "Kayıt daha görünmüyor" in text(early.text)
    assert "alan adını doğrulamadığınız" in text(trade.upload(["a@ornek.com"], b"").text)
    zone.texts[place] = {value}
    assert trade.ayse.post(f"{PATH}/alan-adi", domain="ornek.com", look="1").status_code == 303
    assert trade.upload(["a@ornek.com", "b@ornek.com"], b"").status_code == 303
    trade.job()
    assert trade.total() == 2
    for other in ("a@alt.ornek.com", "a@ornek.com.tr", "a@ornek.co", "a@xornek.com"):
        assert "alan adını doğrulamadığınız" in text(trade.upload([other], b"").text)
    trade.clock.forward(days=31)  # the domain may have been sold
    late = trade.town.sign_in(AYSE)
    assert "alan adını doğrulamadığınız" in text(trade.upload(["c@ornek.com"], b"", late).text)


def proves(trade: Trade, zone: Zone, visitor: Visitor) -> None:
    """The domain's DNS holds this visitor's record, and no other's, from now on."""
    place, value = record(trade, "ornek.com", visitor)
    zone.texts[place] = {value}
    assert visitor.post(f"{PATH}/alan-adi", domain="ornek.com", look="1").status_code == 303


def test_a_business_whose_proof_of_a_domain_has_lapsed_refuses_for_no_mail_of_it(trade: Trade, zone: Zone) -> None:
    mail = "bilgi@ornek.com"
    trade.begin()
    proves(trade, zone, trade.ayse)
    assert trade.upload([mail], b"").status_code == 303
    assert trade.upload([MEHMET]).status_code == 303
    trade.settle()
    trade.job()
    trade.clock.forward(days=31)
    trade.town.told(mail, CINAR, "EPOSTA", identity="TACIR")
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.ayse = trade.town.sign_in(AYSE)
    trade.refuse(standing="1")
    assert trade.stands(mail, channel=MAIL) == ONAY
    assert trade.stands(MEHMET) == RET
    assert "1 hat için reddettiniz." in trade.page()
    assert "Yapılamayan: 1" in trade.page()
    proves(trade, zone, trade.ayse)
    trade.refuse()
    assert trade.stands(mail, channel=MAIL) == RET, "it is proved again"


def test_a_domains_next_owner_takes_its_mails_over_when_the_last_proof_has_lapsed(trade: Trade, zone: Zone) -> None:
    kept, left = "bilgi@ornek.com", "ayrilan@ornek.com"
    trade.begin()
    proves(trade, zone, trade.ayse)
    assert trade.upload([kept, left], b"").status_code == 303
    trade.job()
    assert trade.town.sign_in(left).post(f"{PATH}/ayril").status_code == 303
    mehmet = trade.town.sign_in(MEHMET)
    trade.begin(mehmet)
    proves(trade, zone, mehmet)
    assert trade.upload([kept], b"", mehmet).status_code == 303
    trade.job()
    assert "0 hat" in trade.page(visitor=mehmet), "the first proof still counts"
    trade.clock.forward(days=31)
    mehmet = trade.town.sign_in(MEHMET)
    proves(trade, zone, mehmet)
    assert trade.upload([kept, left], b"", mehmet).status_code == 303
    trade.job()
    assert trade.total() == 0
    assert "1 hat" in trade.page(visitor=mehmet), "who left, left for good"
    trade.town.told(kept, CINAR, "EPOSTA", identity="TACIR")
    assert mehmet.post(f"{PATH}/reddet").status_code == 303
    trade.job()
    assert trade.stands(kept, channel=MAIL) == RET


def test_the_record_of_another_business_or_domain_proves_nothing(trade: Trade, zone: Zone) -> None:
    trade.begin()
    mehmet = trade.town.sign_in(MEHMET)
    trade.begin(mehmet)
    place, value = record(trade, "ornek.com")
    _, theirs = record(trade, "ornek.com", mehmet)
    elsewhere, other = record(trade, "baska.com")
    assert len({value, theirs, other}) == 3
    zone.texts = {place: {theirs, other}, elsewhere: {value}}
    for name in ("ornek.com", "baska.com"):
        refused_for(trade.ayse.post(f"{PATH}/alan-adi", domain=name, look="1"), 422, "Kayıt daha görünmüyor")
    refused_for(trade.upload(["a@ornek.com"], b""), 422, "alan adını doğrulamadığınız")


@pytest.mark.parametrize("name", ["", "ornek", "örnek.com", "a b.com", "127.0.0.1", "x" * 300 + ".com", "a.com/../b"])
def test_what_is_no_domain_is_not_looked_up(trade: Trade, zone: Zone, name: str) -> None:
    trade.begin()
    refused_for(trade.ayse.post(f"{PATH}/alan-adi", domain=name, look="1"), 422, "Alan adını ornek.com gibi yazın")
    assert zone.asked == []


def test_look_ups_a_day_are_limited(trade: Trade, zone: Zone) -> None:
    trade.begin()
    for _ in range(line_actions.CHECKS + 5):
        trade.ayse.post(f"{PATH}/alan-adi", domain="ornek.com", look="1")
    assert len(zone.asked) == line_actions.CHECKS


def answered_new(trade: Trade, address: str) -> tuple[Visitor, str]:
    """The next holder of a number, who answered that it is new; the path that takes the answer back."""
    trade.clock.forward(days=400)
    trade.town.told(address, CINAR, ago=300)
    visitor = trade.town.sign_in(address)
    answer = visitor.post("/izinler/yeni-numara", new="1")
    (act,) = re.findall("[?&]act=([0-9]+)", answer.headers["location"])
    return visitor, f"/izinler/geri-al/{act}"


def test_the_next_holder_of_a_number_has_nothing_of_the_business_that_it_acted_for(trade: Trade, zone: Zone) -> None:
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.begin()
    place, value = record(trade, "ornek.com")
    zone.texts[place] = {value}
    assert trade.ayse.post(f"{PATH}/alan-adi", domain="ornek.com", look="1").status_code == 303
    trade.upload([MEHMET])
    trade.settle()
    trade.job()
    trade.upload([YABANCI])
    assert trade.ayse.post(f"{PATH}/reddet").status_code == 303, "a run that has not begun"
    newcomer, _ = answered_new(trade, AYSE)
    trade.job()
    assert trade.stands(MEHMET) == ONAY
    trade.begin(newcomer)
    page = trade.page(visitor=newcomer)
    assert "0 hat" in page
    for theirs in ("ornek.com", "Son dosya", "inceleniyor", "reddettiniz", "Geri al", "•"):
        assert theirs not in page.partition("<main")[2].partition("İşletmemin hatları")[2], theirs
    newcomer.post(f"{PATH}/reddet", standing="1")
    trade.job()
    assert trade.stands(MEHMET) == ONAY
    refused_for(newcomer.post(f"{PATH}/alan-adi", domain="ornek.com", look="1"), 422, "Kayıt daha görünmüyor")
    elsewhere = trade.town.sign_in(YABANCI)
    trade.begin(elsewhere)
    assert trade.upload([MEHMET], visitor=elsewhere).status_code == 303
    trade.settle()
    trade.job()
    assert "1 hat" in trade.page(visitor=elsewhere), "the business goes on under another number"


def test_the_next_holder_of_a_line_is_in_nobodys_business(trade: Trade) -> None:
    trade.holding([MEHMET])
    newcomer, back = answered_new(trade, MEHMET)
    assert "Örnek Ltd. Şti." not in trade.page(visitor=newcomer)
    trade.town.told(MEHMET, ISIK, identity="TACIR")
    trade.ayse = trade.town.sign_in(AYSE)
    trade.refuse()
    assert trade.stands(MEHMET, ISIK) == ONAY
    assert newcomer.post(back).status_code == 303
    assert "Örnek Ltd. Şti." in trade.page(visitor=newcomer), "it was a mistake"


def test_who_takes_back_that_a_number_is_new_has_the_business_again(trade: Trade, zone: Zone) -> None:
    trade.begin()
    place, value = record(trade, "ornek.com")
    zone.texts[place] = {value}
    trade.upload([AYSE, MEHMET, YABANCI])
    trade.settle()
    trade.job()
    trade.refuse(standing="1")
    visitor, back = answered_new(trade, AYSE)
    assert "Örnek Ltd. Şti." not in trade.page(visitor=visitor)
    assert visitor.post(back).status_code == 303
    page = trade.page(visitor=visitor)
    assert "Örnek Ltd. Şti." in page
    assert "3 hat" in page
    assert "Sonradan eklenenler de kapanır." in page
    assert visitor.post(f"{PATH}/alan-adi", domain="ornek.com", look="1").status_code == 303, "its record is good again"


def test_a_business_that_was_begun_anew_is_not_overwritten(trade: Trade) -> None:
    trade.holding([MEHMET])
    visitor, back = answered_new(trade, AYSE)
    assert visitor.post(PATH, title="Başka A.Ş.", number="9876543210").status_code == 303
    assert visitor.post(back).status_code == 303
    page = trade.page(visitor=visitor)
    assert "Başka A.Ş." in page
    assert "0 hat" in page


def test_a_crash_loses_nothing_and_does_nothing_twice(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in LINES:
        trade.town.told(line, CINAR, identity="TACIR")

    class Killed(BaseException):
        """The process ends."""

    def killed_after(name: str, most: int) -> None:
        """The process ends when it begins the next part."""
        done, work = 0, getattr(line_actions, name)

        def part(*arguments: object, **options: object) -> None:
            nonlocal done
            if done == most:
                raise Killed
            work(*arguments, **options)
            done += 1

        with monkeypatch.context() as broken:
            broken.setattr(line_actions, name, part)
            with pytest.raises(Killed):
                trade.job()

    trade.begin()
    trade.upload(LINES)
    trade.settle()
    killed_after("add_part", 1)
    assert trade.total() == 10
    trade.job()
    assert trade.total() == 25
    before = trade.count("act")
    trade.ayse.post(f"{PATH}/reddet")
    killed_after("refuse_part", 2)
    assert sum(trade.stands(line) == RET for line in LINES) == 20
    assert "25 hattan 20 tamam" in trade.page()
    trade.job()
    assert {trade.stands(line) for line in LINES} == {RET}
    assert trade.count("act") == before + 25
    trade.ayse.post(f"{PATH}/geri-al")
    killed_after("undo_part", 1)
    trade.job()
    assert {trade.stands(line) for line in LINES} == {ONAY}
    assert trade.count("act") == before + 50


def test_a_line_that_fails_stops_no_other(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in LINES[:5]:
        trade.town.told(line, CINAR, identity="TACIR")
    trade.holding(LINES[:5])
    bad, decide = trade.town.person(LINES[2]), ledger.decide

    def fails(transaction: Transaction, policy: object, recipient: int, *rest: object, **named: object) -> object:
        if recipient == bad:
            raise ValueError("damaged")
        return decide(transaction, policy, recipient, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "decide", fails)
    trade.refuse()
    assert [trade.stands(line) for line in LINES[:5]] == [RET, RET, ONAY, RET, RET]
    assert "Yapılamayan: 1" in trade.page()


def test_only_one_run_at_a_time_and_an_old_one_is_not_taken_back(trade: Trade) -> None:
    trade.holding([MEHMET])
    assert trade.ayse.post(f"{PATH}/reddet").status_code == 303
    assert "Önceki işlem sürüyor" in text(trade.ayse.post(f"{PATH}/reddet").text)
    refused_for(trade.ayse.post(f"{PATH}/geri-al"), 409, LATE)
    trade.job()
    trade.clock.forward(days=1, minutes=1)
    refused_for(trade.town.sign_in(AYSE).post(f"{PATH}/geri-al"), 409, LATE)


def test_every_act_of_a_business_has_its_own_door(trade: Trade) -> None:
    trade.town.told(MEHMET, CINAR, identity="TACIR")
    trade.holding([MEHMET])
    before = trade.count("act")
    trade.refuse(standing="1")
    doors = Statement(sql(f"SELECT door FROM act WHERE id > {before}"))
    found = trade.registry.store.read_now(lambda snapshot: snapshot.all(doors))
    assert found == [(Door.BUSINESS.code,), (Door.BUSINESS.code,)]
