"""Forms in the panel: a company writes and submits, the operator publishes or refuses, and nothing is asked before."""

from __future__ import annotations

import asyncio
import html
import re

import httpx2
import pytest

from asking import form_checks, forms, message_texts, request_counts, request_store, starting
from asking.forms import FormState
from asking.request_counts import RequestEnd
from asking.request_states import RequestMethod, RequestPurpose
from asking.starting import AskFault, NewAsk, Started
from consents.brands import brand_changes
from consents.brands.book import BrandEntry
from consents.brands.company_changes import Why
from consents.people import recipients
from consents.terms import Channel, Identity
from izin.operations import status_command
from panel import notice_job
from panel.asking import asking_actions
from panel.operations import operator_status
from panel.rights import Membership, Permission, Role, Staff
from tests.panel.brands.forms import AT, OWNER, error_at, seen
from tests.panel.conftest import OpenOffice
from tests.panel.office import BRANDS, CINAR, ISIK, NO_RIGHT, Colleague, Office
from tests.panel.test_matrix import brand
from tests.panel.things import form
from tests.web.client import refused_for

DESK = "/panel/isletmen/formlar"
BRAND = BRANDS[CINAR][0]
NOTICE = "https://cinar.example/aydinlatma"
TEXT = "Çınar A.Ş. olarak numaranızı yalnız indirim haberi göndermek için işleriz; haklarınız KVKK 11. maddededir."
GOOD = {
    "brand": str(BRAND),
    "title": f"Marka {BRAND}",
    "MESAJ": "1",
    "identity": "BIREYSEL",
    "promise": "Haftada en çok bir kez indirim haberi.",
    "notice": NOTICE,
}
AYSE = "+905320000001"


@pytest.fixture
def here(office: OpenOffice) -> Office:
    opened = office()
    why = Why(opened.registry.keyring, "given")
    opened.registry.store.write_now(brand_changes.set_names, BRAND, ["CINAR"], why)
    return opened


def write(browser: Colleague, **changed: str) -> httpx2.Response:
    return browser.post(f"{AT}/formlar/yeni", data={**GOOD, **changed})


def written(browser: Colleague, **changed: str) -> str:
    """The page of a new form."""
    answer = write(browser, **changed)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def press(browser: Colleague, page: str, deed: str) -> httpx2.Response:
    return browser.post(f"{page}/{deed}", data={"seen": seen(browser.get(page))})


def submitted(browser: Colleague, **changed: str) -> str:
    page = written(browser, **changed)
    assert press(browser, page, "gonder").headers["location"] == f"{page}?gonderildi"
    return page


def edit(browser: Colleague, page: str, **changed: str) -> httpx2.Response:
    path = f"{page}/duzelt"
    return browser.post(path, data={**GOOD, **changed, "seen": seen(browser.get(path))})


def number(page: str) -> int:
    return int(page.rsplit("/", 1)[1])


def decide(operator: Colleague, form: int, deed: str, why: str = "", shown: str = "") -> httpx2.Response:
    at = f"{DESK}/{form}"
    return operator.post(f"{at}/karar", data={"deed": deed, "why": why, "seen": shown or seen(operator.get(at))})


def last(here: Office, form: int) -> forms.Version:
    return here.registry.store.read_now(forms.versions, form)[0]


def ask(here: Office, form: int, to: str = AYSE) -> Started | AskFault:
    store, brand_of = here.registry.store, entry(here)
    wanted = NewAsk(
        brand_of.company, brand_of, RequestPurpose.CONSENT, RequestMethod.SMS_OTP, recipients.parse(to), form,
        forms.bits((Channel.MESAJ,)),
    )  # fmt: skip
    return store.write_now(starting.start, here.registry, here.settings, wanted)


def plain(answer: httpx2.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_a_form_is_asked_with_only_once_the_operator_has_published_it(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = written(owner)
    assert "Taslak" in plain(owner.get(page))
    assert ask(here, number(page)) == AskFault("H1000")
    assert press(owner, page, "gonder").status_code == 303
    assert ask(here, number(page)) == AskFault("H1000")
    assert f"Marka {BRAND}" in operator.get(DESK).text
    answer = decide(operator, number(page), "yayimla")
    assert answer.headers["location"] == f"{DESK}?karar"
    assert isinstance(ask(here, number(page)), Started)
    assert "Yayında" in plain(owner.get(page))
    assert "Bekleyen form yok" in operator.get(DESK).text
    assert here.acts() == ["form-added", "form-submitted", "form-published"]


def test_what_the_person_will_read_is_shown_with_its_letters_to_company_and_operator(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner, ARAMA="1", promise="Ayda iki kez <b>indirim</b> ve arama.")
    for shown in (owner.get(page), operator.get(f"{DESK}/{number(page)}")):
        words = plain(shown)
        assert "Marka 600100 size reklam için ulaşsın mı?" in words
        assert "Ayda iki kez <b>indirim</b> ve arama." in words
        assert "<b>indirim" not in shown.text
        assert "Telefonla arama Evet Hayır SMS Evet Hayır" in words
        assert "hiçbir şey değişmez" in words
        sent = re.findall(r'<p class="sent">(.*?)</p>', shown.text, re.S)
        assert len(sent) == 3
        assert "CINAR reklam icin SMS gondersin ve arasin mi? Kodu soylemek ONAY verir" in html.unescape(sent[0])
        assert "cinar.example" in sent[0]
        counted = [int(one) for one in re.findall(r"(\d+) / 155 harf", words)]
        assert len(counted) == 3
        assert max(counted) <= 155
        assert counted[0] == len(html.unescape(sent[0]))


def test_the_picture_of_a_merchants_form_has_the_sentence_and_the_sms_of_its_reader(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner, ARAMA="1", identity="TACIR")
    for shown in (owner.get(page), operator.get(f"{DESK}/{number(page)}")):
        assert message_texts.MERCHANT in plain(shown)
        assert "CINAR isletmenize reklam SMS'i gondersin ve arasin mi? Kodu soylemek ONAY verir" in plain(shown)
    assert isinstance(ask(here, number(page)), AskFault)


def test_a_refusal_needs_a_reason_which_the_company_reads_and_may_answer_with_a_new_version(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner)
    bare = decide(operator, number(page), "reddet", "  ")
    assert bare.status_code == 422
    assert "Nedenini yazın" in error_at(bare, "why")
    assert decide(operator, number(page), "reddet", "Ne sıklıkta olduğu belirsiz").status_code == 303
    assert "Ne sıklıkta olduğu belirsiz" in owner.get(page).text
    edited = edit(owner, page, promise="Ayda bir indirim haberi.")
    assert edited.headers["location"] == f"{page}?kaydedildi"
    assert press(owner, page, "gonder").status_code == 303
    assert decide(operator, number(page), "yayimla").status_code == 303
    found = here.registry.store.read_now(forms.versions, number(page))
    assert [(one.number, one.state) for one in found] == [(2, FormState.PUBLISHED), (1, FormState.REFUSED)]
    assert here.registry.store.read_now(forms.published, number(page)) == found[0]


def test_while_a_new_version_waits_the_published_one_is_asked_with(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner)
    decide(operator, number(page), "yayimla")
    assert edit(owner, page, promise="Her gün üç ileti.").status_code == 303
    press(owner, page, "gonder")
    assert "1. sürümle soruluyor" in plain(owner.get(page))
    asked = here.registry.store.read_now(forms.published, number(page))
    assert asked is not None
    assert asked.texts.promise == GOOD["promise"]
    assert "Şimdi sorulan" in operator.get(f"{DESK}/{number(page)}").text


def test_the_operator_publishes_what_was_looked_at_and_nothing_that_was_put_in_its_place(here: Office) -> None:
    """The company takes a waiting version back, changes it and submits it again while the operator's page is open."""
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner)
    looked = seen(operator.get(f"{DESK}/{number(page)}"))
    assert press(owner, page, "cek").headers["location"] == f"{page}?cekildi"
    here.clock.forward(minutes=1)
    assert edit(owner, page, promise="Her gün on ileti.").status_code == 303
    assert press(owner, page, "gonder").status_code == 303
    refused_for(decide(operator, number(page), "yayimla", shown=looked), 409, "siz bakarken değişti")
    assert last(here, number(page)).state is FormState.WAITING
    assert decide(operator, number(page), "yayimla").status_code == 303
    refused_for(decide(operator, number(page), "yayimla", shown=looked), 409, "artık beklemiyor")


def test_a_waiting_version_is_taken_back_before_it_is_changed(here: Office) -> None:
    owner = here.somebody(OWNER)
    page = submitted(owner)
    shown = seen(owner.get(page))
    assert owner.get(f"{page}/duzelt").headers["location"] == page
    refused = owner.post(f"{page}/duzelt", data={**GOOD, "promise": "Her gün on ileti.", "seen": shown})
    assert refused.headers["location"] == page
    assert last(here, number(page)).texts.promise == GOOD["promise"]
    assert press(owner, page, "cek").status_code == 303
    assert last(here, number(page)).state is FormState.DRAFT
    refused_for(owner.post(f"{page}/cek", data={"seen": seen(owner.get(page))}), 422, "artık beklemiyor")


@pytest.mark.parametrize(
    ("changed", "place", "said"),
    [
        ({"title": "Başka Marka"}, "title", "Başlıkta markanın adı ya da kısa adı geçmeli"),
        ({"title": f"Marka {BRAND} www.ornek.com"}, "title", "bağlantı"),
        ({"title": f"Marka {BRAND} " + "x" * 40}, "title", "en çok 40"),
        ({"promise": "kısa"}, "promise", "10 ile 300"),
        ({"promise": "x" * 301}, "promise", "10 ile 300"),
        ({"promise": "Ayrıntılar cinar.example/kampanya adresinde"}, "promise", "bağlantı yazılmaz"),
        ({"promise": "Kampanyaları kabul ediyorum, bana yazın."}, "promise", "KABUL EDIYORUM"),
        ({"notice": "http://cinar.example/metin"}, "notice", "https://"),
        ({"notice": "https://10.0.0.1/metin"}, "notice", "https://"),
        ({"notice": "https://a@cinar.example/metin"}, "notice", "https://"),
        ({"notice": "https://cinar.example:8443/metin"}, "notice", "https://"),
        ({"notice": "https://çınar.example/metin"}, "notice", "https://"),
        ({"notice": "https://bit.ly/x1"}, "notice", "bit.ly"),
        ({"notice": f"https://{'uzun' * 10}.example/metin"}, "notice", "SMS'e sığmıyor"),
        ({"notice": "Kısa metin."}, "notice", "100 ile 4000"),
        ({"notice": f"{TEXT} Okudum, kabul ediyorum."}, "notice", "OKUDUM"),
        ({"notice": f"{TEXT} Devam ederek onay vermiş sayılırsınız."}, "notice", "ONAY VERMIS SAYILIR"),
    ],
)
def test_texts_that_may_not_be_shown_are_refused_at_their_field(
    here: Office, changed: dict[str, str], place: str, said: str
) -> None:
    owner = here.somebody(OWNER)
    answer = write(owner, **changed)
    assert answer.status_code == 422
    assert said in error_at(answer, place)
    assert here.acts() == []
    assert html.escape(next(iter(changed.values()))[:30], quote=False) in html.unescape(answer.text), "it stays typed"


@pytest.mark.parametrize(
    "changed",
    [{"MESAJ": ""}, {"EPOSTA": "1"}, {"ARAMA": "1", "EPOSTA": "1"}],
)
def test_a_form_asks_for_one_kind_of_address(here: Office, changed: dict[str, str]) -> None:
    answer = write(here.somebody(OWNER), **changed)
    assert answer.status_code == 422
    assert 'id="channels-error"' in answer.text


def test_all_faults_are_shown_at_once(here: Office) -> None:
    answer = write(here.somebody(OWNER), title="Başka", promise="x", notice="y")
    assert re.findall(r'id="(\w+)-error"', answer.text) == ["title", "promise", "notice"]


def test_a_brand_without_a_short_name_cannot_ask_by_sms_and_may_by_mail(here: Office) -> None:
    owner = here.somebody(OWNER)
    other = BRANDS[CINAR][1]
    bare = write(owner, brand=str(other), title=f"Marka {other}")
    assert bare.status_code == 422
    assert "kısa adı yok" in bare.text
    page = written(owner, brand=str(other), title=f"Marka {other}", MESAJ="", EPOSTA="1")
    words = plain(owner.get(page))
    assert "size reklam e-postası göndermek için onayınızı istiyor" in words
    assert "155 harf" not in words


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("CINAR", True), ("çınar-bebek", True), (f"marka {BRAND}", True), (f"Yeni Marka {BRAND}!", True),
        ("Çınarlar", False), ("Marka", False), (f"Marka {BRAND}0", False),
    ],
)  # fmt: skip
def test_a_title_names_the_brand_word_by_word_in_any_case(here: Office, title: str, named: bool) -> None:
    called = here.registry.store.read_now(asking_actions.called, entry(here))
    texts = forms.FormTexts(title, 0b010, Identity.BIREYSEL.code, GOOD["promise"], NOTICE)
    assert (form_checks.find_faults(here.settings, entry(here), called, texts) == []) is named


def entry(here: Office, code: int = BRAND) -> BrandEntry:
    store = here.registry.store
    return store.read_now(here.registry.brands.book, store.now()).by_code[code]


def test_a_form_ends_for_good_and_nothing_is_asked_with_it(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner)
    decide(operator, number(page), "yayimla")
    sure = owner.get(f"{page}/kapat")
    assert "geri alınamaz" in sure.text
    assert owner.post(f"{page}/kapat", data={"seen": seen(sure)}).headers["location"] == f"{page}?kapandi"
    assert ask(here, number(page)) == AskFault("H1055")
    assert "Kapalı" in plain(owner.get(page))
    assert owner.get(f"{page}/duzelt").status_code == 303


def test_nothing_is_asked_for_a_closed_brand(here: Office) -> None:
    owner = here.somebody(OWNER)
    here.registry.store.write_now(brand_changes.close, BRAND, Why(here.registry.keyring, "bitti"))
    refused_for(write(owner), 422, "Kapalı bir marka için kimseye sorulmaz.")
    till = owner.post(f"{AT}/kasalar/yeni", data={"label": "Kasa", "kind": "till", "form": f"0-{BRAND}"})
    refused_for(till, 422, "Kapalı bir marka için kimseye sorulmaz.")


def test_who_does_not_administer_the_brand_writes_no_form_and_an_auditor_publishes_none(here: Office) -> None:
    owner, auditor = here.somebody(OWNER), here.somebody(Staff.AUDITOR)
    page = submitted(owner)
    for right in (Permission.SEE, Permission.LOAD, Permission.REPORT, Permission.DESK):
        refused_for(write(here.somebody(Membership(Role.USER, right))), 403, NO_RIGHT)
    other = here.somebody(Membership(Role.USER, Permission.ADMINISTER, frozenset({brand(here, BRANDS[CINAR][1])})))
    assert other.get(page).status_code == 404
    refused_for(write(other), 422, "Bir marka seçin.")
    assert auditor.get(f"{DESK}/{number(page)}").status_code == 200
    assert 'value="yayimla"' not in auditor.get(f"{DESK}/{number(page)}").text
    shown = seen(here.somebody(Staff.OPERATOR).get(f"{DESK}/{number(page)}"))
    refused_for(decide(auditor, number(page), "yayimla", shown=shown), 403, NO_RIGHT)
    assert last(here, number(page)).state is FormState.WAITING


def test_a_company_has_at_most_so_many_forms_and_an_operators_command_more(
    here: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking_actions, "MOST_FORMS", 2)
    owner = here.somebody(OWNER)
    first = written(owner)
    written(owner)
    third = write(owner)
    assert third.status_code == 422
    assert "en çok 2 formu" in error_at(third, "title")
    press_end = owner.post(f"{first}/kapat", data={"seen": seen(owner.get(f"{first}/kapat"))})
    assert press_end.status_code == 303
    assert write(owner).status_code == 303, "an ended form makes room"


def test_a_company_makes_and_submits_so_many_a_day(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_actions, "FORMS_A_DAY", 2)
    owner = here.somebody(OWNER)
    page = submitted(owner)
    press(owner, page, "cek")
    refused_for(press(owner, page, "gonder"), 422, "Bir günde en çok 2 kez olur.")
    refused_for(write(owner), 422, "Bir günde en çok 2 kez olur.")
    assert last(here, number(page)).state is FormState.DRAFT
    here.clock.forward(hours=25)
    assert press(here.somebody(OWNER), page, "gonder").status_code == 303


def mails(here: Office) -> list[dict[str, str]]:
    before = len(here.sent)
    asyncio.run(notice_job.send(here.registry, here.settings))
    return here.sent[before:]


def test_the_operator_hears_of_what_waits_and_the_company_of_the_decision_once(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    here.person("rapor@example.com", Membership(Role.USER, Permission.REPORT))
    page = submitted(owner)
    (waits,) = mails(here)
    assert (waits["to"], waits["subject"]) == (operator.email, "Onay formu yayımlanmayı bekliyor")
    assert f"{here.settings.public_url}{DESK}" in waits["text"]
    assert mails(here) == []
    decide(operator, number(page), "reddet", "Söz belirsiz")
    (decided,) = mails(here)
    assert decided["to"] == owner.email
    assert "Söz belirsiz" in decided["text"]
    assert f"{AT}/formlar" in decided["text"]
    assert mails(here) == []


def test_the_operator_hears_again_of_a_version_that_was_taken_back_and_submitted_with_other_words(here: Office) -> None:
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner)
    assert [one["to"] for one in mails(here)] == [operator.email]
    press(owner, page, "cek")
    edit(owner, page, promise="Ayda bir yeni ürün haberi.")
    here.clock.forward(minutes=1)
    press(owner, page, "gonder")
    assert last(here, number(page)).number == 1
    assert [one["to"] for one in mails(here)] == [operator.email]
    assert mails(here) == []


def test_what_waits_stands_on_the_operators_first_page_in_status_and_metrics(here: Office) -> None:
    operator = here.somebody(Staff.OPERATOR)
    assert operator_status.load(here.registry, here.settings).forms == 0
    form(here, ISIK, waits=True)
    view = operator_status.load(here.registry, here.settings)
    assert (view.forms, view.oldest_form) == (1, here.clock.now)
    assert any("izin form list --waiting" in one for one in status_command.task_lines(view, here.clock.now))
    assert f'href="{DESK}"' in operator.get("/panel/isletmen").text
    assert "izin_forms_waiting 1.0" in here.browser(client=("127.0.0.1", 50000)).get("/metrics").text


@pytest.mark.parametrize(("page", "reader"), [("sorulanlar", "by_day"), ("kasalar", "last_asked")])
def test_requests_are_counted_beside_the_event_loop(
    here: Office, monkeypatch: pytest.MonkeyPatch, page: str, reader: str
) -> None:
    plain, beside = getattr(request_counts, reader), list[bool]()

    def read(*arguments: object) -> object:
        beside.append(asyncio._get_running_loop() is None)
        return plain(*arguments)

    monkeypatch.setattr(request_counts, reader, read)
    assert here.somebody(OWNER).get(f"{AT}/{page}").status_code == 200
    assert beside == [True]


def test_the_counts_hold_no_address_and_a_silent_request_counts_as_unanswered(here: Office) -> None:
    """Ayşe refuses to be asked; Mehmet does not answer: the company reads two of the same."""
    owner, operator = here.somebody(OWNER), here.somebody(Staff.OPERATOR)
    page = submitted(owner)
    decide(operator, number(page), "yayimla")
    here.registry.store.write_now(request_store.refuse, here.registry.keyring, AYSE, brand(here, BRAND))
    for to in (AYSE, "+905320000002"):
        assert isinstance(ask(here, number(page), to), Started)

    def ends() -> dict[RequestEnd, int]:
        found = here.registry.store.read_now(request_counts.by_day, here.id_of(CINAR), here.clock.now)
        return {one.end: one.number for one in found}

    assert ends() == {RequestEnd.OPEN: 2}
    here.clock.forward(minutes=4)
    assert ends() == {RequestEnd.UNANSWERED: 2}
    reader = here.somebody(Membership(Role.USER, Permission.REPORT))
    shown = reader.get(f"{AT}/sorulanlar")
    assert "SMS koduyla" in shown.text
    assert "0532" not in shown.text
    assert "905320" not in shown.text
    assert re.search(r'data-label="Cevapsız">2<', shown.text)
    hidden = here.somebody(Membership(Role.USER, Permission.REPORT, frozenset({brand(here, BRANDS[CINAR][1])})))
    assert "kimseye sorulmadı" in hidden.get(f"{AT}/sorulanlar").text
