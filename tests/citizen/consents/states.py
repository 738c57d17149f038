"""The states of the consents pages that are designed, not only handled: each a town's story and the page that shows it.

Every one is drawn in a browser by test_look.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from consents import ledger, reportable
from consents.brands import companies
from consents.history import Deed
from consents.ledger import Claim
from consents.rules import ONAY
from consents.store import Transaction
from consents.terms import Actor, Door, Source
from national import movement_items
from national.movement_items import ItemState
from optout import follow_ups
from providers.deliveries import handout_store
from tests.asking.shop import Shop
from tests.citizen.consents.town import AYSE, CINAR, CINAR_MINI, DAY, ISIK, MAIL, Town, Visitor
from tests.conftest import Clock
from trust import record_numbers

LANDLINE = "+902120000001"
LONG = "Çokuzunadıolanveboşluksuzyazılmışbirmarkanınkendisi"
YEAR = 365


class Shown(NamedTuple):
    """A page as somebody sees it: whose browser, which path, and words that must be on it."""

    visitor: Visitor
    path: str
    says: tuple[str, ...]


State = Callable[[Town, Clock], Shown]


def many(town: Town, address: str, count: int, *, both: bool = False) -> None:
    """``count`` further brands that may call and text; every fourth refused; ``both``: as a person and a merchant."""
    recipient, keyring = town.person(address), town.registry.keyring
    assert keyring

    def work(transaction: Transaction) -> None:
        for number in range(count):
            code = 700_000 + number
            companies.add_provider(transaction, code, f"Örnek Şirket {number} Sanayi ve Ticaret A.Ş.")
            companies.add_brand(transaction, code, code, f"Örnek Marka {number}")
            brand = companies.known_brand(transaction, code)
            assert brand is not None
            at = (town.now - (30 + number) * DAY) // 1_000_000 * 1_000_000
            claims = [
                Claim(recipient, brand.id, channel, identity, ONAY if number % 4 else 0, Source.HS_WEB.code, at)
                for channel in (0, 1)
                for identity in ((0, 1) if both else (0,))
            ]
            ledger.declare(transaction, town.registry.policy, brand.id, claims, Deed(Actor.PROVIDER, Door.FILE))

    town.registry.store.write_now(work)


def none(town: Town, clock: Clock) -> Shown:
    return Shown(town.sign_in(AYSE), "/izinler", ("Reklam izni olan marka yok", "kayıtlı izniniz veya reddiniz yok"))


def one_brand(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR, source="HS_FIZIKSEL_ORTAM", ago=400, dealer=None)
    return Shown(town.sign_in(AYSE), "/izinler", ("1 marka size reklam gönderebiliyor", "Çınar SMS Reddet"))


def one_brands_page(town: Town, clock: Clock) -> Shown:
    shown = one_brand(town, clock)
    return Shown(shown.visitor, f"/izinler/{CINAR}", ("mağazada veya yüz yüze", "Kayıt yok", "Onay ver…"))


def some(town: Town, clock: Clock) -> Shown:
    many(town, AYSE, 8)
    town.told(AYSE, CINAR, "ARAMA", source="HS_ISLAK_IMZA", dealer=1)
    town.told(AYSE, CINAR, ago=200)
    town.told(AYSE, CINAR_MINI, ago=20)
    town.told(AYSE, ISIK, "MESAJ", source="HS_2015", ago=(town.now / 1e6 - 1430427600) / 86400)
    visitor = town.sign_in(AYSE, last=town.now - 9 * DAY)
    visitor.refuse(ISIK)
    clock.forward(minutes=3)
    return Shown(
        visitor, "/izinler", ("8 marka size reklam gönderebiliyor", "Telefonla arama, SMS", "Son değişikliğiniz")
    )


def five_hundred(town: Town, clock: Clock) -> Shown:
    many(town, AYSE, 500)
    return Shown(town.sign_in(AYSE), "/izinler?page=2", ("375 marka size reklam gönderebiliyor", "Sayfa 2 / 10"))


def long_name(town: Town, clock: Clock) -> Shown:
    def work(transaction: Transaction) -> None:
        companies.add_brand(transaction, 600200, 600209, LONG)

    town.registry.store.write_now(work)
    town.told(AYSE, 600209)
    town.told(AYSE, 600209, "ARAMA")
    return Shown(town.sign_in(AYSE), "/izinler", (LONG,))


def gone_brand(town: Town, clock: Clock) -> Shown:
    return Shown(town.sign_in(AYSE), "/izinler/999999", ("Bu sayfa yok", "İzinlerime dön"))


def only_business(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR, identity="TACIR")
    town.told(AYSE, CINAR, "ARAMA", "TACIR", source=None, ago=0)
    return Shown(town.sign_in(AYSE), "/izinler", ("yani işletmeniz için", "Çınar Telefonla arama, SMS Reddet"))


def only_business_page(town: Town, clock: Clock) -> Shown:
    shown = only_business(town, clock)
    says = ("Şirket nerede verildiğini bildirmedi", "Kendiniz için de karar verin")
    return Shown(shown.visitor, f"/izinler/{CINAR}", says)


def both_identities(town: Town, clock: Clock) -> Shown:
    for identity in ("BIREYSEL", "TACIR"):
        town.told(AYSE, CINAR, identity=identity)
        town.told(AYSE, CINAR, "ARAMA", identity)
    town.told(AYSE, ISIK)
    visitor = town.sign_in(AYSE)
    visitor.refuse(CINAR)
    return Shown(visitor, "/izinler", ("kendiniz için", "Telefonla arama, SMS · işletmeniz için"))


def both_identities_page(town: Town, clock: Clock) -> Shown:
    shown = both_identities(town, clock)
    return Shown(shown.visitor, f"/izinler/{CINAR}", ("İşletmeniz için hâlâ izin var.", "Bu markanın hepsini reddet"))


def pending(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR, ago=300)
    town.told(AYSE, ISIK)
    visitor = town.sign_in(AYSE)
    visitor.refuse(CINAR)
    clock.forward(days=8)
    assert town.told(AYSE, CINAR, source="HS_ISLAK_IMZA", ago=2) == "pending"
    says = ("1 marka kararınızı bekliyor", "Son gün: 1 Ocak 2027", "Reddim kalsın", "Onay ver…")
    return Shown(visitor_again(town), "/izinler", says)


def visitor_again(town: Town) -> Visitor:
    """A new session, for the clock has moved on."""
    return town.sign_in(AYSE, last=town.now - DAY)


def refused_in_advance(town: Town, clock: Clock) -> Shown:
    visitor = town.sign_in(AYSE)
    visitor.refuse(CINAR)
    return Shown(visitor, "/markalar", ("Reddettiniz", "Kayıt yok", "Bu marka size reklam gönderemez."))


def check_by(town: Town, clock: Clock) -> Shown:
    shown = pending(town, clock)
    says = (
        "Çınar izin verdiğinizi bildirdi",
        "imzaladığınız formla, 30 Kasım 2026",
        "Karar vermek için son gün: 1 Ocak 2027.",
    )
    return Shown(shown.visitor, f"/izinler/{CINAR}", says)


def changed_meanwhile(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR)
    visitor = town.sign_in(AYSE)
    act = visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET").headers["location"].rpartition("=")[2]
    visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    return Shown(visitor, f"/izinler/{CINAR}?act={act}", ("Bu kararınız sonradan değişti.", "İzin var"))


def brand_page(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR, source="HS_FIZIKSEL_ORTAM", ago=400)
    town.told(AYSE, CINAR, "ARAMA", source="HS_CAGRI_MERKEZI", ago=100, dealer=1)
    visitor = town.sign_in(AYSE)
    visitor.refuse(CINAR)
    clock.forward(minutes=5)
    answer = visitor.post(f"/izinler/{CINAR}/ARAMA/BIREYSEL?b={CINAR}", status="RET")
    return Shown(visitor, answer.headers["location"], ("Neler oldu?", "MERSİS", "Geri al"))


def disputed_and_taken(town: Town, clock: Clock) -> Shown:
    """One refusal, a dispute, was taken by the company's program; one by nobody; and an ONAY that may be disputed."""
    for identity in ("BIREYSEL", "TACIR"):
        town.told(AYSE, CINAR, identity=identity)
    town.told(AYSE, CINAR, "ARAMA")
    visitor = town.sign_in(AYSE)
    visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET", never="1")
    visitor.refuse(CINAR, identity="TACIR")
    clock.forward(days=2)
    town.registry.store.write_now(
        lambda transaction: handout_store.note(transaction, town.brand(CINAR), "push", 4, 4, channel=1, taken=True)
    )
    says = ("Şirketin programı bunu aldı", "Şirketin programı bunu henüz almadı", "Bu onayı ben vermedim")
    return Shown(town.sign_in(AYSE), f"/izinler/{CINAR}", says)


def reported_to_iys(town: Town, clock: Clock) -> Shown:
    """İYS has one refusal, and does not take the other."""
    town.told(AYSE, CINAR)
    town.told(AYSE, CINAR, "ARAMA")
    visitor = town.sign_in(AYSE)
    visitor.refuse(CINAR)
    visitor.press(f"/izinler/{CINAR}/ARAMA/BIREYSEL", status="RET")
    clock.forward(days=2)
    town.registry.store.write_now(_answered, clock.now)
    says = ("İYS'ye bildirildi, 26 Kasım 2026", "İYS bunu kabul etmedi")
    return Shown(town.sign_in(AYSE), f"/izinler/{CINAR}", says)


def _answered(transaction: Transaction, at: int) -> None:
    for event, state in ((3, ItemState.DONE), (4, ItemState.ESCALATED)):
        movement_items.add(transaction, reportable.by_number(transaction, [event])[event], at)
        code = None if state is ItemState.DONE else "H999"
        movement_items.settle(transaction, event, state, code, at=None if code else at)


def refuse_all_preview(town: Town, clock: Clock) -> Shown:
    both_identities(town, clock)
    many(town, AYSE, 12)
    return Shown(
        town.sign_in(AYSE),
        "/izinler/reddet",
        ("11 marka size reklam gönderebiliyor", "Hepsini reddet", "Yalnız SMS'ler"),
    )


def refuse_all_with_questions(town: Town, clock: Clock) -> Shown:
    """Çınar asks and may call; Işık only asks."""
    many(town, AYSE, 4)
    town.told(AYSE, CINAR, "ARAMA")
    visitor = town.sign_in(AYSE)
    visitor.refuse(CINAR)
    visitor.refuse(ISIK)
    clock.forward(days=2)
    for brand in (CINAR, ISIK):
        assert town.told(AYSE, brand, ago=1) == "pending"
    says = ("4 marka size reklam gönderebiliyor", "Kararınızı bekleyen 1 marka da reddedilir.")
    return Shown(visitor_again(town), "/izinler/reddet", says)


def asking_and_calling(town: Town, clock: Clock) -> Shown:
    shown = refuse_all_with_questions(town, clock)
    return Shown(shown.visitor, "/izinler", ("1 marka kararınızı bekliyor", "Reklam gönderebilenler (4)"))


def asked_on_its_page(town: Town, clock: Clock) -> Shown:
    shown = refuse_all_with_questions(town, clock)
    return Shown(shown.visitor, f"/izinler/{CINAR}", ("Reddiniz geçerli kaldı, size soruldu.",))


def refused_in_advance_told(town: Town, clock: Clock) -> Shown:
    visitor = town.sign_in(AYSE)
    answer = visitor.post(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="RET")
    return Shown(visitor, answer.headers["location"], ("Bu marka size reklam gönderemez.", "Yine de reklam gelirse"))


def refused_all(town: Town, clock: Clock) -> Shown:
    many(town, AYSE, 12)
    visitor = town.sign_in(AYSE)
    answer = visitor.post("/izinler/reddet", scope="all")
    return Shown(
        visitor,
        answer.headers["location"],
        ("9 markayı reddettiniz", "Geri al", "Sırada ne var?", "Yeni markalar da yazmasın"),
    )


def asked_after_the_last_day(town: Town, clock: Clock) -> Shown:
    many(town, AYSE, 12)
    visitor = town.sign_in(AYSE)
    page = visitor.follow(visitor.post("/izinler/reddet", scope="all")).text
    number = re.findall(r'name="number" value="([0-9]{12})"', page)[0]
    visitor.post("/izinler/sustular", do="sor", number=number)
    act = record_numbers.read(town.registry.keyring, number)
    assert act is not None
    clock.forward(days=4)
    town.registry.store.write_now(follow_ups.asked, act)
    return Shown(
        town.sign_in(AYSE),
        "/izinler/sustular",
        ("Artık gelmiyor", "Reddinizi henüz almadı.", "Hâlâ yazıyor, şikâyet et"),
    )


def counted_complaint(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR)
    town.sign_in(AYSE).refuse(CINAR)
    clock.forward(days=10)
    visitor = town.sign_in(AYSE)
    form = {"line": "MESAJ-BIREYSEL", "day": "2026-12-04", "text": "Sepette %50 indirim!", "keep": "1"}
    answer = visitor.post(f"/izinler/sikayet/{CINAR}/sayim", **form)
    return Shown(
        visitor, answer.headers["location"], ("Şikâyetiniz sayıldı", "Makbuz no:", "Gönderdim", "Sayımdan çıkar")
    )


def several_numbers(town: Town, clock: Clock) -> Shown:
    town.told(MAIL, CINAR, "EPOSTA")
    return Shown(town.sign_in(AYSE, MAIL), "/izinler", ("a•••@e•••.com", "+90 532 ••• •• 01"))


def landline(town: Town, clock: Clock) -> Shown:
    return Shown(town.sign_in(LANDLINE), f"/izinler/{CINAR}", ("Telefonla arama",))


def older_than_the_holder(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR, ago=3 * YEAR)
    return Shown(town.sign_in(AYSE), "/izinler", ("Numaranız yeni mi?", "Evet", "Hayır"))


def new_number(town: Town, clock: Clock) -> Shown:
    town.told(AYSE, CINAR, ago=3 * YEAR)
    return Shown(town.sign_in(AYSE), "/izinler/yeni-numara", ("1 markanın hepsini reddederiz.",))


def own_record(town: Town, clock: Clock) -> Shown:
    shown = brand_page(town, clock)
    return Shown(shown.visitor, "/izinler/kayit", ("Bilgisayar için (JSON)",))


WAYS = [f"{channel}-{identity}" for identity in ("BIREYSEL", "TACIR") for channel in ("ARAMA", "MESAJ")]


def questions(town: Town, clock: Clock) -> Shown:
    """What brands asked: answered, verified, open, and not to be asked again."""
    shop = Shop(town.registry, furnished=True)
    shop.answers(shop.ask("", "TILL", "ARAMA", "MESAJ", till=shop.asking_till(shop.form)), 2, 0, AYSE)
    shop.answers(shop.verify(AYSE, "SMS_SHORTURL"), 0)
    clock.forward(minutes=4)
    shop.ask(AYSE, "SMS_SHORTURL")
    visitor = town.sign_in(AYSE)
    visitor.post("/izinler/sorular", brand=str(ISIK), do="sorma")
    return Shown(
        visitor,
        "/izinler/sorular",
        ("Sizden ne istendi?", "onay verildi", "Cevap bekliyor", "Bir daha sorma", "Bu marka artık soramaz."),
    )


def questions_of_a_brand(town: Town, clock: Clock) -> Shown:
    shown = questions(town, clock)
    return Shown(shown.visitor, f"/izinler/sorular?marka={CINAR}", ("Reklam için izin sordu.", "Bütün sorular"))


def ahead_asked(town: Town, clock: Clock) -> Shown:
    many(town, AYSE, 8)
    town.told(AYSE, ISIK)
    visitor = town.sign_in(AYSE)
    visitor.press(f"/izinler/{CINAR}/MESAJ/BIREYSEL", status="ONAY")
    return Shown(
        visitor,
        "/izinler/bundan-sonrasi",
        ("Şimdi kapanacak: 7 marka", "1 marka açık kalır, çünkü kendiniz izin verdiniz: Çınar", "işletmeniz için"),
    )


def ahead_told(town: Town, clock: Clock) -> Shown:
    visitor = ahead_asked(town, clock).visitor
    answer = visitor.post("/izinler/bundan-sonrasi", way=WAYS)
    return Shown(
        visitor, answer.headers["location"], ("Yeni markalara kapandınız", "7 markanın izni kapandı.", "Geri al")
    )


def ahead_in_force(town: Town, clock: Clock) -> Shown:
    visitor = ahead_asked(town, clock).visitor
    visitor.post("/izinler/bundan-sonrasi", way=WAYS[:2])
    return Shown(
        visitor,
        "/izinler/bundan-sonrasi",
        ("Şu anda kapalı", "Açarsanız 7 marka size yeniden yazabilir: Işık,", "Neler kapansın?"),
    )


def ahead_of_a_brand(town: Town, clock: Clock) -> Shown:
    visitor = ahead_asked(town, clock).visitor
    visitor.post("/izinler/bundan-sonrasi", way=WAYS)
    clock.forward(minutes=3)
    town.told(AYSE, ISIK, "ARAMA", ago=0.0001)
    says = (
        "Yeni markalara kapandınız: SMS.",
        "izin verdiğinizi bildirdi",
        "Siz, yeni markalara kapanarak",
        "Şirket izin verdiğinizi bildirdi. Yeni markalara kapalı olduğunuz için",
        "Bu onayı ben vermedim",
    )
    return Shown(visitor, f"/izinler/{ISIK}", says)


STATES: dict[str, State] = {
    state.__name__: state
    for state in (
        questions, questions_of_a_brand,
        none, one_brand, one_brands_page, some, five_hundred, long_name, gone_brand, only_business, only_business_page,
        both_identities, both_identities_page, pending,
        refused_in_advance, refused_in_advance_told, refuse_all_with_questions, asking_and_calling, asked_on_its_page,
         check_by, changed_meanwhile, brand_page, disputed_and_taken, reported_to_iys, refuse_all_preview, refused_all,
        asked_after_the_last_day, counted_complaint,
         several_numbers, landline, older_than_the_holder, new_number, own_record, ahead_asked, ahead_told,
         ahead_in_force, ahead_of_a_brand,
    )
}  # fmt: skip
