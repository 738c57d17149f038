"""The demo: a registry like any other, in which every state that a page must show is to be found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from consents import business_days, dates, history, instants, state
from consents.brands import companies, spelling
from consents.brands.companies import BadCompany
from consents.columns import micros
from consents.instants import DAY, MINUTE
from consents.people import recipients, register
from consents.registry import Registry, prepare
from consents.rules import BEKLIYOR, ONAY, RET, WAITING, Reconsent, Standing
from consents.state import Key
from consents.store import Snapshot, Statement
from consents.terms import Actor, Channel, Identity, Source, Status
from izin import jobs, scheduler
from izin.demo import load, story
from izin.demo.load import NotEmpty, holds_demo, is_empty, refuse_reason, welcome
from izin.operations import site_commands
from settings import IYS_SANDBOX
from settings import load as read_settings
from tests import free_port
from tests.conftest import NOON, SECRET, Opener
from tests.web.conftest import KEY, REAL
from web import logs, server

HOUR = 60 * MINUTE
CORPUS = {600101: "CINAR", 600202: "ISIK", 600303: "DURAN", 600404: "RETRO"}
LIVE = {
    "SMS_GATEWAY": "twilio://SID:TOKEN@api.twilio.example?from=+905320000099",
    "MAIL_GATEWAY": "smtp://user:pass@mail.example.com:587",
    "VOICE_GATEWAY": "twilio://SID:TOKEN@api.twilio.example?from=+905320000099",
}


def rows(registry: Registry, sql: str) -> list[tuple[Any, ...]]:
    return registry.store.read_now(Snapshot.all, Statement(text(sql)))


def standings(registry: Registry, *addresses: str) -> dict[Key, Standing]:
    """All that stands for these people."""
    with registry.store.snapshot() as snapshot:
        found = (register.find(snapshot, registry.keyring, register.person(registry.keyring, a)) for a in addresses)
        return {key: stands for who in found if who for key, stands in state.of_recipient(snapshot, who).items()}


@pytest.fixture
def loaded(database_url: str, open_registry: Opener) -> Registry:
    """The demo, once on each database."""
    load.load(database_url, SECRET, Reconsent.CONFIRM, NOON)
    return open_registry(database_url)


@pytest.fixture
def shown(sqlite_url: str, open_registry: Opener) -> Registry:
    """The demo, where one database is enough."""
    load.load(sqlite_url, SECRET, Reconsent.CONFIRM, NOON)
    return open_registry(sqlite_url)


def assert_folds(registry: Registry) -> None:
    table = dict(map(state.unpack, rows(registry, f"SELECT {state.COLUMNS} FROM consent")))
    with registry.store.snapshot() as snapshot:
        assert history.fold(snapshot, table, registry.policy.reconsent) == table
    spoken = {Key(*row) for row in rows(registry, f"SELECT DISTINCT {state.KEY} FROM consent_event")}
    assert len(table) > 1000
    assert table.keys() <= spoken


# -- the registry it makes ---------------------------------------------------------------------------------------------


def test_what_stands_is_the_fold_of_history(loaded: Registry) -> None:
    assert_folds(loaded)


def test_where_a_companys_newer_word_counts_nobody_waits(database_url: str, open_registry: Opener) -> None:
    registry = open_registry(database_url)
    registry.close()
    prepare(database_url, SECRET, Reconsent.ACCEPT)
    load.load(database_url, SECRET, Reconsent.ACCEPT, NOON)
    accepting = open_registry(database_url, reconsent=Reconsent.ACCEPT)
    assert_folds(accepting)
    assert rows(accepting, f"SELECT count(*) FROM consent WHERE status = {BEKLIYOR}") == [(0,)]


def test_acts_are_recorded_in_the_order_of_three_years_until_an_hour_ago(loaded: Registry) -> None:
    recorded = [micros(at) for (at,) in rows(loaded, "SELECT recorded_at FROM act ORDER BY id")]
    assert recorded == sorted(recorded)
    assert 1080 * DAY < NOON - recorded[0] < 1100 * DAY
    assert HOUR <= NOON - recorded[-1] < 2 * DAY


def test_no_word_is_recorded_before_it_was_given(loaded: Registry) -> None:
    early = "SELECT count(*) FROM consent_event e JOIN act a ON a.id = e.act WHERE e.decided_at > a.recorded_at"
    assert rows(loaded, early) == [(0,)]


def test_every_citizens_act_holds_evidence_that_only_the_key_opens(loaded: Registry) -> None:
    sealed = rows(loaded, f"SELECT evidence FROM act WHERE actor = {Actor.CITIZEN.code}")
    opened = [loaded.keyring.unseal_evidence(bytes(evidence)) for (evidence,) in sealed]
    assert len(opened) > 100
    assert {"RET CINAR", "GERI AL"} <= {evidence.get("text") for evidence in opened}


def test_every_address_is_an_example_and_well_formed(loaded: Registry) -> None:
    addresses = {loaded.keyring.unseal(bytes(sealed)) for (sealed,) in rows(loaded, "SELECT sealed FROM recipient")}
    assert len(addresses) > 200
    for address in addresses:
        assert address is not None
        assert re.fullmatch(r"\+9053200000[0-9]{2}|[a-z0-9]+@example\.com", address)
        assert recipients.parse(address).address == address


def test_every_brand_has_several_recipients(loaded: Registry) -> None:
    counts = rows(
        loaded, "SELECT count(DISTINCT c.recipient) FROM brand b LEFT JOIN consent c ON c.brand = b.id GROUP BY b.id"
    )
    assert min(counts)[0] >= 10


# -- what the visitor finds --------------------------------------------------------------------------------------------


def test_both_addresses_meet_every_status_and_both_identities(shown: Registry) -> None:
    for address, channels in ((story.PHONE, {Channel.ARAMA, Channel.MESAJ}), (story.EMAIL, {Channel.EPOSTA})):
        stands = standings(shown, address)
        met = {(key.channel, key.identity, standing.status) for key, standing in stands.items()}
        assert {status for _, _, status in met} == {status.code for status in Status}
        assert {identity for _, identity, _ in met} == {identity.code for identity in Identity}
        assert {channel for channel, _, _ in met} == {channel.code for channel in channels}


def test_refusals_are_his_own_and_companies_and_some_brands_hold_nothing(shown: Registry) -> None:
    stands = standings(shown, story.PHONE, story.EMAIL)
    refused = [standing for standing in stands.values() if standing.status == RET]
    his_own = [standing.in_force() is standing.citizen for standing in refused]
    assert {True, False} == set(his_own)
    (brands_known,) = rows(shown, "SELECT count(*) FROM brand")[0]
    assert len({key.brand for key in stands}) <= brands_known - 5


def test_he_meets_every_source_of_the_list(shown: Registry) -> None:
    people = {key.recipient for key in standings(shown, story.PHONE, story.EMAIL)}
    sources = {
        source
        for recipient, source in rows(shown, "SELECT recipient, source FROM consent_event")
        if recipient in people and source is not None
    }
    assert sources == {source.code for source in Source}


def test_what_waits_for_him_is_recent(shown: Registry) -> None:
    waiting = [s for s in standings(shown, story.PHONE, story.EMAIL).values() if s.status == BEKLIYOR]
    assert 2 <= len(waiting) <= 4
    for standing in waiting:
        assert standing.provider
        assert 0 < NOON - standing.provider.at < WAITING - 5 * DAY


def test_of_his_refusals_one_is_still_in_its_three_days(shown: Registry) -> None:
    today = instants.moment(NOON).astimezone(instants.ISTANBUL).date()
    refused = [s.in_force().at for s in standings(shown, story.PHONE).values() if s.status == RET]
    assert {business_days.stop_by(at) > today for at in refused} == {True, False}


def test_acts_were_taken_back_one_and_many_and_left_no_trace_in_what_stands(shown: Registry) -> None:
    undone = rows(
        shown,
        "SELECT done.last_event - done.first_event + 1, done.recorded_at, undoing.recorded_at, done.door "
        "FROM act undoing JOIN act done ON done.id = undoing.undoes ORDER BY 1",
    )
    sizes = [size for size, *_ in undone]
    assert min(sizes) <= 2
    assert max(sizes) > 10
    assert len({door for *_, door in undone}) == len(undone) == 3


def test_one_act_refused_many_brands_and_still_stands(shown: Registry) -> None:
    sizes = rows(
        shown,
        f"SELECT max(last_event - first_event + 1) FROM act WHERE actor = {Actor.CITIZEN.code} AND undoes IS NULL "
        "AND id NOT IN (SELECT undoes FROM act WHERE undoes IS NOT NULL)",
    )
    assert sizes[0][0] >= 8


def test_he_meets_a_dealers_consent_a_renewed_one_and_one_without_a_date(shown: Registry) -> None:
    given = [s.in_force() for s in standings(shown, story.PHONE).values() if s.status == ONAY]
    assert any(word.dealer is not None for word in given)
    assert any(word.at == instants.UNDATED and word.source is None for word in given)
    assert any(word.source == Source.HS_2015.code and dates.wire(word.at) == "2015-05-01 00:00:00" for word in given)
    isik = shown.store.read_now(companies.known_brand, 600202)
    assert isik
    people = {key.recipient for key in standings(shown, story.PHONE)}
    times_given = f"SELECT recipient FROM consent_event WHERE brand = {isik.id} AND channel = 1 AND status = {ONAY}"
    assert sum(recipient in people for (recipient,) in rows(shown, times_given)) >= 2


# -- the companies -----------------------------------------------------------------------------------------------------


def test_the_corpus_brands_stand_under_their_codes_and_names(shown: Registry) -> None:
    named = dict(rows(shown, "SELECT n.name, b.code FROM brand_name n JOIN brand b ON b.id = n.brand"))
    assert {name: named[name] for name in CORPUS.values()} == {name: code for code, name in CORPUS.items()}


def test_every_brand_is_marked_as_an_example(shown: Registry) -> None:
    assert holds_demo(shown)
    marks = Counter(bool(example) for (example,) in rows(shown, "SELECT example FROM brand"))
    assert marks[True] == len(story.read_brands()) >= 40
    assert marks[False] == 0


def test_every_provider_has_its_master_brand_and_some_have_more(shown: Registry) -> None:
    providers = {code for (code,) in rows(shown, "SELECT code FROM provider")}
    owned = Counter(
        dict(rows(shown, "SELECT p.code, count(*) FROM brand b JOIN provider p ON p.id = b.provider GROUP BY 1"))
    )
    assert providers <= {brand.code for brand in story.read_brands()}
    assert len(providers) >= 25
    assert set(owned.values()) >= {1, 2, 3, 4}


def test_names_are_unique_short_and_written_as_they_are_compared() -> None:
    invented = story.read_brands()
    names = [name for brand in invented for name in (*brand.names, *brand.headers)]
    assert len(set(names)) == len(names)
    assert all(spelling.fold(name) == name and len(name) <= companies.LONGEST_NAME for name in names)
    assert len({spelling.fold(brand.title) for brand in invented}) == len(invented)
    assert any(brand.headers for brand in invented)
    assert any(brand.dealers for brand in invented)


def test_one_brand_is_a_single_long_word_and_one_company_has_a_long_title() -> None:
    invented = story.read_brands()
    assert any(len(brand.title) > 50 and " " not in brand.title for brand in invented)
    assert any(len(brand.company) > 120 for brand in invented)


# -- loading -----------------------------------------------------------------------------------------------------------


def test_a_second_loading_is_refused_and_changes_nothing(database_url: str, loaded: Registry) -> None:
    before = rows(loaded, "SELECT count(*), max(id) FROM consent_event")
    with pytest.raises(NotEmpty):
        load.load(database_url, SECRET, Reconsent.CONFIRM, NOON)
    assert rows(loaded, "SELECT count(*), max(id) FROM consent_event") == before
    assert not is_empty(loaded)


def test_a_registry_with_companies_of_its_own_is_left_alone(registry: Registry, database_url: str) -> None:
    assert is_empty(registry)
    registry.store.write_now(companies.add_provider, 700100, "Örnek Ltd. Şti.")
    assert not is_empty(registry)
    with pytest.raises(NotEmpty):
        load.load(database_url, SECRET, Reconsent.CONFIRM, NOON)
    assert not holds_demo(registry)


def test_a_loading_that_fails_leaves_nothing(
    registry: Registry, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_back_without_a_deed = story.UndoStep(NOON - DAY, story.PHONES[0])
    monkeypatch.setattr(story, "crowd_steps", lambda now, brands: [taken_back_without_a_deed])
    with pytest.raises(KeyError):
        load.load(database_url, SECRET, Reconsent.CONFIRM, NOON)
    assert is_empty(registry)
    assert rows(registry, "SELECT count(*) FROM recipient") == [(0,)]


def test_the_same_moment_loads_the_same_history(sqlite_template: Path, tmp_path: Path, open_registry: Opener) -> None:
    histories = []
    for name in ("one", "other"):
        copy = tmp_path / f"{name}.db"
        copy.write_bytes(sqlite_template.read_bytes())
        load.load(f"sqlite:///{copy}", SECRET, Reconsent.CONFIRM, NOON)
        histories.append(rows(open_registry(f"sqlite:///{copy}"), f"SELECT {history.EVENT_COLUMNS} FROM consent_event"))
    assert histories[0] == histories[1]


@given(st.datetimes(datetime(2026, 11, 1), datetime(2035, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 – bounds
def test_at_any_hour_the_story_is_over_an_hour_before_and_in_order(moment: datetime) -> None:
    now = instants.micros(moment)
    steps = story.read(now)
    assert all(step.at <= now - HOUR for step in steps)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert all(word.at <= step.at for step in steps if isinstance(step, story.ProviderStep) for word in step.words)


# -- where it may not be loaded ----------------------------------------------------------------------------------------


def test_on_a_development_site_the_demo_may_be_loaded() -> None:
    assert refuse_reason(read_settings({"SECRET_KEY": KEY})) is None


def test_on_a_real_site_the_demo_is_refused() -> None:
    reason = refuse_reason(read_settings(REAL))
    assert reason
    assert "PUBLIC_URL" in reason


@pytest.mark.parametrize(
    ("gateway", "url"), [*LIVE.items(), ("SMS_GATEWAY", f"file:outbox {LIVE['SMS_GATEWAY']}")], ids=[*LIVE, "mixed"]
)
def test_with_a_real_carrier_the_demo_is_refused_without_telling_its_account(gateway: str, url: str) -> None:
    reason = refuse_reason(read_settings({"SECRET_KEY": KEY, gateway: url}))
    assert reason
    assert gateway in reason
    assert "TOKEN" not in reason
    assert "pass" not in reason


@pytest.mark.parametrize("command", [site_commands.serve, site_commands.worker])
@pytest.mark.parametrize("real", [REAL, *({name: url} for name, url in LIVE.items())], ids=["https", *LIVE])
def test_no_process_starts_on_a_demo_under_a_real_site_or_carrier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Callable[[], None], real: dict[str, str]
) -> None:
    url = f"sqlite:///{tmp_path / 'izin.db'}"
    prepare(url, KEY)
    with Registry.open(url, KEY) as registry:
        registry.store.write_now(story.read_brands()[0].add)
    monkeypatch.chdir(tmp_path)
    for name, value in {"SECRET_KEY": KEY, "PORT": str(free_port()), "DATABASE_URL": url, **real}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda level: None)
    for module, name in ((server, "run"), (scheduler, "work")):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it has started"))
    with pytest.raises(BadCompany, match="a real site needs its own"):
        command()


def test_the_welcome_has_what_where_who_where_the_codes_are_and_the_pages_of_companies() -> None:
    what, where, who, codes, panel, api = welcome("http://127.0.0.1:8123").splitlines()
    assert "uydurma" in what
    assert "invented" in what
    assert where.endswith(" http://127.0.0.1:8123")
    assert story.EMAIL in who
    (number,) = re.findall(r"0[0-9 ]{13}", who)
    assert recipients.parse(number).address == story.PHONE
    assert codes.endswith(" http://127.0.0.1:8123/deneme")
    assert panel.endswith(" http://127.0.0.1:8123/panel/giris")
    assert api.endswith(" http://127.0.0.1:8123/gelistirici")
    assert load.PERSON == (story.PHONE, story.EMAIL)


def test_a_demo_meets_iys_only_where_it_is_named() -> None:
    plain, named = (read_settings({"SECRET_KEY": KEY} | more) for more in ({}, {"IYS_URL": "https://iys.example"}))
    assert plain.national_url == IYS_SANDBOX
    assert plain.of_demo().national_url is None
    assert [chore.name for chore in jobs.list_jobs(plain.of_demo()) if "iys" in chore.name] == []
    assert named.of_demo().national_url == "https://iys.example"
