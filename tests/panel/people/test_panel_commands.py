"""Applications decided on and the log of acts read by command, as an operator types it beside the site."""

from __future__ import annotations

from functools import partial

import pytest

from consents.registry import Registry
from panel.companies import application_actions
from panel.companies.application_store import NewApplication, SizeClass
from tests.conftest import SECRET, Opener, Run
from tests.panel.changes import changed
from tests.typist import LOGIN


@pytest.fixture
def registry(sqlite_url: str, open_registry: Opener) -> Registry:
    """One that two companies have applied to."""
    made = open_registry(sqlite_url)
    for place in (1, 2):
        new = NewApplication(
            f"kurucu{place}@example.com", f"Deniz {place} A.Ş.", f"Deniz {place}", f"085904239060001{place}",
            "8590423909", "Deniz Örnek", SizeClass.SMALL, None,
        )  # fmt: skip
        assert changed(made, application_actions.apply, new) == place
    return made


@pytest.fixture
def izin(run: Run, registry: Registry, sqlite_url: str) -> Run:
    return partial(run, DATABASE_URL=sqlite_url, SECRET_KEY=SECRET)


def table(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines()]


def test_companies_are_let_in_and_turned_down_and_the_log_says_so(izin: Run) -> None:
    waiting = table(izin("application", "list").stdout)
    assert [(line[0], line[2], line[3]) for line in waiting] == [
        ("1", "waiting", "Deniz 1 A.Ş."),
        ("2", "waiting", "Deniz 2 A.Ş."),
    ]
    assert izin("application", "approve", "1", "--code", "600300").stdout == "600300\n"
    assert table(izin("brand", "list", "--provider", "600300").stdout)[0][:2] == ["600300", "Deniz 1"]
    assert izin("panel-user", "list", "--provider", "600300").stdout.startswith("kurucu1@example.com\towner\t600300\t")
    assert "reason" in izin("application", "refuse", "2", "--reason", " ").stderr
    assert izin("application", "refuse", "2", "--reason", "Belge eksik").returncode == 0
    assert izin("application", "list").stdout == ""
    decided = table(izin("application", "list", "--decided").stdout)
    assert sorted((line[0], line[2], line[10:]) for line in decided) == [
        ("1", "approved", []),
        ("2", "refused", ["Belge eksik"]),
    ]
    acts = [(line[2], line[3], line[4], line[5], line[8]) for line in table(izin("acts").stdout)]
    assert acts == [
        (LOGIN, "application-refused", "-", "application 2", "Belge eksik"),
        (LOGIN, "application-approved", "Deniz 1 A.Ş.", "application 1", "-"),
        ("-", "application-sent", "-", "application 2", "-"),
        ("-", "application-sent", "-", "application 1", "-"),
    ]
    assert len(table(izin("acts", "--provider", "600300").stdout)) == 1
    assert [line[0] for line in table(izin("acts", "--what", "application-sent", "--before", "2").stdout)] == ["1"]
    assert izin("acts", "--what", "nothing").returncode == 2
    assert izin("verify", "--accept-unwitnessed").returncode == 0, "nobody has signed before"


def test_what_was_decided_stays_so_and_a_number_that_is_taken_is_not_given(izin: Run) -> None:
    izin("application", "approve", "1", "--code", "600300")
    for words, told in (
        (("approve", "2", "--code", "600300"), "600300"),
        (("approve", "1"), "izin application list"),
        (("refuse", "1", "--reason", "x"), "izin application list"),
        (("refuse", "9", "--reason", "x"), "izin application list"),
    ):
        done = izin("application", *words)
        assert (done.returncode, told in done.stderr, done.stdout) == (1, True, "")
    assert [line[0] for line in table(izin("application", "list").stdout)] == ["2"]


def test_who_types_that_somebody_does_both_reads_that_one_of_them_rests(izin: Run) -> None:
    assert izin("application", "approve", "1", "--code", "600300").returncode == 0
    alone = izin("panel-user", "add", "--email", "derya@example.com", "--operator")
    assert (alone.returncode, "rights at companies rest" in alone.stderr) == (0, False)
    for email, where in (("derya@example.com", ("--provider", "600300")), ("kurucu1@example.com", ("--auditor",))):
        both = izin("panel-user", "add", "--email", email, *where)
        assert both.returncode == 0
        assert "rights at companies rest" in both.stderr


def test_the_first_person_of_a_partner_comes_by_command(izin: Run) -> None:
    assert izin("partner", "add", "--code", "700100", "--title", "Köprü").returncode == 0
    assert izin("partner", "add", "--code", "700200", "--title", "Bağ").returncode == 0
    assert izin("panel-user", "add", "--partner", "700100", "--email", "ayse@kopru.example").returncode == 0
    user = ("panel-user", "add", "--partner", "700100", "--email", "ali@kopru.example", "--role", "user")
    assert izin(*user).returncode == 0
    listed = table(izin("panel-user", "list", "--partner", "700100").stdout)
    assert [line[:3] for line in listed] == [
        ["ayse@kopru.example", "owner", "partner 700100"],
        ["ali@kopru.example", "user", "partner 700100"],
    ]
    twice = izin("panel-user", "add", "--partner", "700200", "--email", "ayse@kopru.example")
    assert twice.returncode == 1
    assert "another partner" in twice.stderr
    assert izin("panel-user", "end", "--partner", "700200", "--email", "ayse@kopru.example").returncode == 1
    assert izin("panel-user", "end", "--partner", "700100", "--email", "ayse@kopru.example").returncode == 0
    assert len(table(izin("panel-user", "list", "--partner", "700100").stdout)) == 1
    assert "ayse@kopru.example" in izin("panel-user", "list").stdout, "the person remains, without a place"
    assert izin("panel-user", "end", "--email", "ali@kopru.example").returncode == 0
    assert izin("panel-user", "list", "--partner", "700100").stdout == ""
    acts = [line[3] for line in table(izin("acts").stdout)][:6]
    assert acts == ["person-ended", "person-ended", "person-ended", "person-added", "person-added", "partner-added"]
