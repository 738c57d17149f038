"""What is said here reaches İYS: from where, when, in which order, and what its answers do."""

from __future__ import annotations

import pytest

from consents import dates, ledger
from consents.history import Deed
from consents.instants import DAY, HOUR, MINUTE, SECOND
from consents.ledger import Wish
from consents.rules import DOOR_SOURCES, ONAY, RET
from consents.terms import Actor, Channel, Door, Source
from national import national_status, public, rounds
from national.movement_items import ItemState
from national.national_status import Light
from national.outgoing import batching
from tests.national.conftest import BRAND, PHONE, Company

OTHERS = [f"+90532000{number:04}" for number in range(2, 60)]


def told(company: Company, address: str = PHONE, at: int | None = None) -> None:
    """The company and İYS both hold an ONAY of yesterday."""
    said = at or company.clock.now - DAY
    company.declares(ONAY, said, address)
    company.iys.elsewhere(BRAND, address, "MESAJ", "ONAY", said // SECOND)


@pytest.mark.parametrize(
    ("door", "source"),
    [
        (Door.PAGE, "HS_WEB"),
        (Door.LINK, "HS_WEB"),
        (Door.QR, "HS_WEB"),
        (Door.SMS, "HS_MESAJ"),
        (Door.VOICE, "HS_CAGRI_MERKEZI"),
        (Door.MAIL, "HS_EPOSTA"),
        (Door.MAILBOX, "HS_EPOSTA"),
        (Door.BUSINESS, "HS_WEB"),
        (Door.REQUEST, "HS_WEB"),
    ],
)
def test_a_refusal_goes_as_the_providers_own_with_the_citizens_time(company: Company, door: Door, source: str) -> None:
    told(company)
    company.meet()
    company.clock.forward(minutes=1)
    said = company.clock.now
    company.decides(RET, door)
    company.rounds(20)
    assert company.there() == "RET"
    assert company.sent()[-1] == (PHONE, "RET", source, dates.wire(said))


@pytest.mark.parametrize(
    ("source", "theirs"),
    [(Source.IYS_KISAMESAJ, "HS_MESAJ"), (Source.IYS_EPOSTA, "HS_EPOSTA"), (Source.IYS_WEB, "HS_WEB")],
)
def test_an_answer_to_a_request_goes_as_the_way_it_came(company: Company, source: Source, theirs: str) -> None:
    company.meet()
    key = company.key(PHONE, Channel.MESAJ)
    wish = Wish(*key[1:], ONAY, source.code)
    deed = Deed(Actor.CITIZEN, Door.REQUEST)
    company.registry.store.write_now(ledger.decide, company.registry.policy, key.recipient, [wish], deed)
    company.rounds(20)
    assert company.there() == "ONAY"
    assert company.sent()[-1][:3] == (PHONE, "ONAY", theirs)


def test_every_door_of_a_citizen_has_a_source_at_iys() -> None:
    assert DOOR_SOURCES.keys() <= batching.SOURCES.keys()


def test_what_can_be_taken_back_for_ten_minutes_waits_for_that(company: Company) -> None:
    told(company)
    company.meet()
    company.clock.forward(minutes=1)
    act = company.decides(RET, Door.LINK)
    company.rounds(8, every=2)
    assert company.there() == "ONAY"
    company.undoes(act, Door.LINK)
    company.rounds(30)
    assert company.there() == company.here() == "ONAY"
    assert len(company.sent()) == 1, "neither the refusal nor what stands again was sent"
    company.decides(RET, Door.LINK)
    company.rounds(16)
    assert company.there() == "RET"


def test_a_refusal_on_the_page_leaves_at_once_and_its_undo_follows(company: Company) -> None:
    told(company)
    company.meet()
    act = company.decides(RET)
    company.round()
    company.clock.forward(seconds=3)
    company.iys._work()
    assert company.there() == "RET"
    company.undoes(act)
    company.rounds(20)
    assert company.there() == company.here() == "ONAY"
    assert [one[1] for one in company.sent()] == ["ONAY", "RET", "ONAY"]


def test_a_consent_that_was_refused_for_a_moment_still_reaches_iys(company: Company) -> None:
    """Refused by link before its turn, and taken back within ten minutes: İYS never hears of the refusal."""
    company.meet()
    company.declares(ONAY, company.clock.now)
    act = company.decides(RET, Door.LINK)
    company.rounds(5)
    assert company.there() is None
    company.undoes(act, Door.LINK)
    company.rounds(20)
    assert company.there() == company.here() == "ONAY"
    assert [one[1] for one in company.sent()] == ["ONAY"]


def test_an_onay_taken_back_that_left_no_record_goes_out_as_a_refusal(company: Company) -> None:
    company.meet()
    act = company.decides(ONAY)
    company.rounds(10)
    assert company.there() == "ONAY"
    company.undoes(act)
    assert company.here() is None
    company.rounds(10)
    assert company.there() == "RET"
    assert company.sent()[-1][2] == "HS_KARAR"
    company.clock.forward(hours=3)
    company.rounds(10)
    assert company.here() is None, "İYS's account of our own movements brings nothing back"


def test_one_movement_a_key_and_list_never_two_in_a_second(company: Company) -> None:
    told(company)
    company.meet()
    for status in (RET, ONAY, RET):
        company.decides(status)
    company.rounds(30)
    # The consent between two refusals does not stand any more: it never leaves.
    assert [one[1] for one in company.sent()] == ["ONAY", "RET"]
    assert company.there() == company.here() == "RET"
    company.decides(ONAY)
    company.rounds(10)
    company.decides(RET)
    company.rounds(10)
    seen = [one[3] for one in company.sent()]
    assert len(set(seen)) == len(seen)
    assert company.there() == "RET"
    assert {status for _, path, status in company.iys.calls if path.endswith("/consents/request")} == {202}


# -- a word that İYS holds already (rule L6: what somebody else did, refused once more) ----------------------------


def refused_by_business(company: Company) -> int | None:
    """İYS has taken a business's refusal of an ONAY."""
    told(company)
    company.meet()
    act = company.decides(RET, Door.BUSINESS)
    company.rounds(10)
    assert company.there() == "RET"
    return act


def lists(company: Company) -> list[list[str]]:
    return [[item["status"] for item in batch.items] for batch in company.iys.batches.values()]


def test_a_refusal_given_once_more_holds_up_no_later_consent(company: Company) -> None:
    """İYS holds the first one, so the second says nothing new to it once the citizen allows again."""
    refused_by_business(company)
    assert company.decides(RET, Door.SMS) is not None
    company.decides(ONAY)
    company.round()
    assert lists(company) == [["RET"], ["ONAY"]]
    company.rounds(10)
    assert company.there() == company.here() == "ONAY"
    assert company.state().left == 0


def test_a_refusal_given_once_more_is_no_second_word_at_iys(company: Company) -> None:
    """It leaves, because İYS may hold an ONAY by now; held already, it is no alarm and shows when the first came."""
    refused_by_business(company)
    first = company.registry.store.read_now(public.reported, company_event(company))
    company.clock.forward(minutes=1)
    company.decides(RET, Door.SMS)
    company.rounds(10)
    assert [one[1] for one in company.sent()] == ["ONAY", "RET"]
    assert (company.state().oldest, company.state().faults) == (None, [])
    assert company.registry.store.read_now(public.reported, company_event(company)) == first
    assert first is not None
    assert first.at is not None
    again = company_event(company)
    company.decides(ONAY)
    company.rounds(10)
    company.decides(RET)
    company.rounds(10)
    assert company.registry.store.read_now(public.reported, again) == first, "nor a later one's day"


def test_a_refusal_given_once_more_ends_a_consent_that_no_pull_has_shown(company: Company) -> None:
    refused_by_business(company)
    company.iys.elsewhere(BRAND, PHONE, "MESAJ", "ONAY", company.clock.now // SECOND)
    company.clock.forward(minutes=2)
    company.decides(RET, Door.SMS)
    company.rounds(10)
    assert company.there() == "RET"
    company.rounds(180, every=20)
    assert company.here() == company.there() == "RET"


def test_a_pulled_consent_between_two_refusals_is_refused_again(company: Company) -> None:
    refused_by_business(company)
    company.iys.citizen(BRAND, PHONE, "MESAJ", "ONAY")
    company.rounds(130, every=10)
    assert company.here() == company.there() == "ONAY"
    company.decides(RET, Door.SMS)
    company.decides(ONAY)
    company.rounds(20)
    assert [one[1] for one in company.sent()] == ["ONAY", "RET", "RET", "ONAY"], "İYS held no refusal any more"


@pytest.mark.parametrize("late", [False, True])
def test_both_refusals_undone_let_the_consent_stand_at_iys_again(company: Company, late: bool) -> None:
    """Also where İYS received the first one alone."""
    act = refused_by_business(company)
    own = company.decides(RET, Door.SMS)
    if late:
        company.rounds(10)
    company.undoes(act, Door.BUSINESS)
    company.undoes(own, Door.SMS)
    assert company.here() == "ONAY"
    company.rounds(20)
    assert company.there() == "ONAY"


def test_a_consent_at_iys_that_an_undone_refusal_of_ours_ended_stands_there_again(company: Company) -> None:
    """Given there within the hour that no pull shows, so that the undo knew nothing to announce."""
    company.meet()
    company.iys.citizen(BRAND, PHONE, "MESAJ", "ONAY")
    company.clock.forward(minutes=2)
    act = company.decides(RET, Door.SMS)
    company.rounds(10)
    assert company.there() == "RET"
    company.undoes(act, Door.SMS)
    assert company.here() is None
    company.rounds(150, every=10)
    assert company.here() == company.there() == "ONAY"
    assert [one[1:3] for one in company.sent()] == [("RET", "HS_MESAJ"), ("ONAY", "HS_WEB")]


def test_the_undo_of_one_of_two_refusals_leaves_iys_as_it_is(company: Company) -> None:
    act = refused_by_business(company)
    company.decides(RET, Door.SMS)
    company.undoes(act, Door.BUSINESS)
    company.rounds(20)
    assert company.here() == company.there() == "RET"
    assert [one[1] for one in company.sent()] == ["ONAY", "RET"]


def test_a_refusal_that_iys_did_not_take_is_followed_by_the_next(company: Company) -> None:
    told(company)
    company.meet()
    company.iys.refuse_item = lambda item: "H999"
    company.decides(RET, Door.BUSINESS)
    company.rounds(10)
    company.iys.refuse_item = lambda item: None
    company.decides(RET, Door.SMS)
    company.rounds(10)
    assert company.there() == "RET"


def test_a_refusal_waits_for_no_consent_that_it_ended(company: Company) -> None:
    """In one list, though the consent has an earlier place."""
    told(company)
    company.meet()
    company.decides(ONAY)
    company.decides(RET)
    company.round()
    assert lists(company) == [["RET"]]
    company.rounds(10)
    assert (company.there(), company.state().left) == ("RET", 0)


def test_a_consent_before_another_refusal_leaves_no_more(company: Company) -> None:
    """What stands now follows by itself: neither waits for the answer to a consent that was ended since."""
    told(company)
    company.meet()
    for status in (ONAY, RET, ONAY):
        company.decides(status)
        company.clock.forward(seconds=2)
    company.round()
    assert lists(company) == [["RET"]], "what stands now waits for the answer"
    company.rounds(20)
    assert lists(company) == [["RET"], ["ONAY"]]
    assert company.there() == company.here() == "ONAY"


def test_refusals_behind_consents_leave_however_many_they_are(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is filled from what is due, refusals first; each has a consent of the same key before it."""
    monkeypatch.setattr(batching, "MOST", 3)
    company.meet()
    for address in OTHERS[:5]:
        company.iys.elsewhere(BRAND, address, "MESAJ", "ONAY", (company.clock.now - DAY) // SECOND)
        company.decides(ONAY, address=address)
        company.decides(RET, address=address)
    company.rounds(10)
    assert [company.there(address) for address in OTHERS[:5]] == ["RET"] * 5


def test_a_list_has_at_most_a_thousand_entries_and_refusals_come_first(company: Company) -> None:
    company.meet()
    for number, address in enumerate(OTHERS):
        company.decides(ONAY if number % 2 else RET, address=address)
    company.round()
    (batch,) = company.iys.batches.values()
    assert [item["status"] for item in batch.items] == ["RET"] * 29 + ["ONAY"] * 29


def test_results_are_asked_for_after_five_minutes(company: Company) -> None:
    told(company)
    company.meet()
    company.decides(RET)
    company.round()
    company.clock.forward(seconds=299)
    company.round()
    assert not [path for method, path, _ in company.iys.calls if method == "GET" and "/consents/request/" in path]
    company.clock.forward(seconds=2)
    company.round()
    assert [path for method, path, _ in company.iys.calls if method == "GET" and "/consents/request/" in path]
    assert company.state().counts["done"] == 1


def test_a_lost_answer_sends_the_same_list_again_and_nothing_comes_twice(company: Company) -> None:
    told(company)
    company.meet()
    moods = iter(["lost"])
    company.iys.mood = lambda method, path: next(moods, None) if path.endswith("/consents/request") else None
    company.decides(RET)
    company.round()
    company.clock.forward(minutes=2)
    company.round()
    first, second = company.iys.batches.values()
    assert first.items == second.items
    company.rounds(10)
    assert [one[1] for one in company.sent()] == ["ONAY", "RET"]
    assert company.state().counts["done"] == 1


def test_a_list_without_results_for_a_day_is_sent_again(company: Company) -> None:
    company.meet()
    answered = company.iys._results
    company.iys._results = lambda request: company.iys._json(200, [])  # type: ignore[method-assign]
    company.decides(RET)
    company.rounds(23 * 60, every=15)
    assert len(company.iys.batches) == 1
    company.rounds(120, every=15)
    first, second = company.iys.batches.values()
    assert [one["recipient"] for one in first.items] == [one["recipient"] for one in second.items] == [PHONE]
    company.iys._results = answered  # type: ignore[method-assign]
    company.rounds(30)
    assert company.state().counts["done"] == 1


@pytest.mark.parametrize("mood", ["500", "503", "429", "cut", "garbage", "empty", "lost"])
def test_whatever_fails_is_tried_again(company: Company, mood: str) -> None:
    told(company)
    company.meet()
    company.decides(RET)
    company.iys.mood = lambda method, path: mood
    company.rounds(30)
    company.iys.mood = lambda method, path: None
    company.rounds(30)
    assert (company.there(), company.state().counts["done"]) == ("RET", 1)


def test_h175_needs_nothing_more(company: Company) -> None:
    company.meet()
    company.decides(RET)
    company.rounds(10)
    assert company.there() is None
    assert (company.state().counts["done"], company.state().oldest) == (1, None)


def test_h178_fetches_what_iys_knows_and_the_later_word_stands(company: Company) -> None:
    told(company)
    company.meet()
    company.clock.forward(minutes=10)
    company.iys.citizen(BRAND, PHONE, "MESAJ", "RET")  # within the hour that no pull shows
    company.clock.forward(seconds=1)
    company.declares(ONAY, company.clock.now - 5 * MINUTE)
    company.rounds(10)
    assert company.here() == company.there() == "RET"
    assert company.state().counts["merging"] == 0


def test_an_unknown_code_is_shown_and_tried_again_by_hand_alone(company: Company) -> None:
    told(company)
    company.meet()
    company.iys.refuse_item = lambda item: "H999"
    company.decides(RET)
    company.rounds(10)
    assert company.state().counts["escalated"] == 1
    assert company.state().refused[0].code == "H999"
    assert company.state().oldest is not None, "it is still a refusal that İYS has not"
    company.iys.refuse_item = lambda item: None
    company.rounds(60)
    assert company.there() == "ONAY"
    from national import movement_items

    company.registry.store.write_now(movement_items.try_again, company.brand)
    company.rounds(10)
    assert company.there() == "RET"


def test_a_refusal_too_old_for_its_date_goes_as_what_the_company_must_do(company: Company) -> None:
    told(company)
    company.meet()
    company.iys.mood = lambda method, path: "cut"
    company.clock.forward(minutes=1)
    company.decides(RET)
    company.rounds(7 * 24 * 60, every=120)
    company.iys.mood = lambda method, path: None
    company.rounds(60)
    assert company.there() == "RET"
    assert company.sent()[-1][2] == "HS_KARAR"


def test_a_broken_entry_stops_no_other(company: Company) -> None:
    told(company)
    company.meet()
    company.decides(RET)
    company.decides(ONAY, address="+902121234567")  # MESAJ at a landline is fine for İYS; this one it refuses
    shape = company.iys._shape
    company.iys._shape = lambda item: "H121" if item["recipient"].startswith("+90212") else shape(item)  # type: ignore[method-assign]
    company.rounds(20)
    assert company.there() == "RET"
    assert company.state().counts["escalated"] == 1


@pytest.mark.parametrize("times", [1, 20])
def test_a_list_refused_without_a_readable_reason_is_sent_again(company: Company, times: int) -> None:
    """As where a gateway's page stands in place of İYS's answer; a person looks at it when that goes on."""
    told(company)
    company.meet()
    add, answers = company.iys._add, iter(range(times))

    def garbled(brand: int, entries: object, v2: bool) -> tuple[int, str, bytes]:
        if next(answers, None) is None:
            return add(brand, entries, v2)
        return 422, "text/html", b"<html><body>Bakim</body>"

    company.iys._add = garbled  # type: ignore[method-assign]
    company.decides(RET)
    company.rounds(30)
    assert company.there() == ("RET" if times == 1 else "ONAY")
    assert company.state().counts["escalated"] == (times > 1)


def test_a_clock_that_differs_is_corrected_for(company: Company) -> None:
    told(company)
    company.meet()
    ahead = 7 * 60
    company.iys.now = lambda: company.clock.now / 1e6 - ahead
    company.clock.forward(minutes=20)
    company.round()
    said = company.clock.now
    company.decides(RET)
    company.rounds(10)
    assert abs(company.state().account.clock_offset + ahead * SECOND) <= 2 * SECOND
    assert company.there() == "RET"
    assert company.sent()[-1][3] <= dates.wire(said - ahead * SECOND + 2 * SECOND)
    assert any("clock" in fault for fault in company.state().faults)


def test_one_process_speaks_with_iys(company: Company) -> None:
    company.meet()
    another = company.synced()
    assert not company.round(sync=another)
    company.clock.forward(minutes=3)
    assert company.round(sync=another)
    assert not company.round()


def test_after_h084_nothing_is_asked_for_an_hour(company: Company) -> None:
    company.iys.tokens_per_hour = 0
    company.rounds(55)
    assert [status for _, path, status in company.iys.calls] == [429]
    company.iys.tokens_per_hour = 10
    company.clock.forward(minutes=10)
    company.round()
    assert not company.iys.broken
    assert company.synced_brand().compared_at is not None


def test_a_token_is_kept_and_renewed(company: Company) -> None:
    company.rounds(5 * 60, every=20)
    signed = [path for _, path, _ in company.iys.calls if path == "/oauth2/token"]
    assert 2 <= len(signed) <= 4
    company.iys.tokens.clear()
    company.decides(RET)
    company.round()
    assert company.state().counts["sent"] == 1


def test_a_wrong_password_is_shown_and_not_tried_again_and_again(company: Company) -> None:
    company.iys.users = {"sirket": "baska"}
    company.rounds(60, every=1)
    assert len(company.iys.calls) <= 6
    assert any("nothing is sent" in fault and "(H251)" in fault for fault in company.state().faults)


def test_ten_requests_a_second_are_never_more(company: Company) -> None:
    """Each of two hundred who differ at first contact is asked about alone."""
    for number in range(200):
        company.decides(ONAY, address=f"+90532000{number:04}", channel=Channel.ARAMA)
    company.rounds(60, every=1)
    assert len(company.iys.calls) > 200
    assert not company.iys.broken


def test_the_age_of_the_oldest_refusal_is_an_alarm(company: Company) -> None:
    told(company)
    company.meet()
    company.iys.mood = lambda method, path: "cut"
    company.decides(RET)
    said = company.clock.now
    assert company.state().light is Light.OK
    company.clock.forward(hours=4)
    assert company.state().light is Light.ALARM
    company.clock.forward(hours=20)
    assert company.state().light is Light.RED
    assert company.state().oldest == said
    assert national_status.one_business_day_after(said) - said == DAY, "from Tuesday to Wednesday"


def test_a_friday_is_red_on_monday(company: Company) -> None:
    friday = company.clock.now + 3 * DAY
    assert national_status.one_business_day_after(friday) - friday == 3 * DAY
    assert national_status.light(friday, friday + 2 * DAY) is Light.ALARM


def test_what_iys_has_shows_on_the_citizens_row(company: Company) -> None:
    told(company)
    company.meet()
    company.decides(RET)
    event = company.registry.store.read_now(lambda s: company_event(company))
    assert company.registry.store.read_now(public.reported, event) is None
    company.rounds(10)
    report = company.registry.store.read_now(public.reported, event)
    assert report is not None
    assert not report.failed
    assert report.at is not None


def company_event(company: Company) -> int:
    from consents import state

    stands = company.registry.store.read_now(state.of_key, company.key())
    assert stands is not None
    return stands.in_force().event


def test_a_round_has_an_end(company: Company) -> None:
    assert rounds.SECONDS < 300, "the worker counts as late after five minutes"
    assert ItemState.WAITING == 0
    assert HOUR
    assert Source.HS_ATM
