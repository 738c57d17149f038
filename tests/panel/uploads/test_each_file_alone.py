"""A file that cannot be worked at fails alone, in words, and the others are done."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from consents.keys import Keyring
from consents.store import Snapshot, Statement, Transaction
from panel.uploads import upload_job, upload_store
from panel.uploads.upload_store import PanelFile, UploadState
from tests.panel.conftest import OpenOffice
from tests.panel.office import CINAR, Colleague, Office
from tests.panel.uploads.test_uploads import LOADER
from tests.panel.uploads.uploads import HEADER, applied, file, number_of, press, rows, send, tried, work

pytestmark = pytest.mark.usefixtures("read_here")
SPOILT = {
    name: Statement(text(f"UPDATE panel_upload SET {name} = :to WHERE id = :id"))
    for name in ("layout", "name", "tried", "fault", "loaded")
}


@pytest.fixture
def here(office: OpenOffice) -> Office:
    return office()


@pytest.fixture
def loader(here: Office) -> Colleague:
    return here.somebody(LOADER)


def spoil(here: Office, number: int, column: str, to: bytes) -> None:
    here.registry.store.write_now(Transaction.run, SPOILT[column], {"id": number, "to": to})


@pytest.mark.parametrize("column", ["layout", "name"])
def test_a_damaged_row_is_shown_as_failed_and_the_next_file_is_tried(
    here: Office, loader: Colleague, column: str
) -> None:
    bad, good = (number_of(send(loader, rows(2, first), f"{first}.csv")) for first in (1, 3))
    spoil(here, bad, column, b"x" * 60)
    asyncio.run(asyncio.wait_for(upload_job.do_waiting(here.registry), 60))
    assert (file(here, bad).state, file(here, good).state) == (UploadState.UNREADABLE, UploadState.CHECKED)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{bad}")
    assert page.status_code == 200
    assert "Dosya işlenemedi." in page.text
    assert "Okunamadı" in loader.get(f"/panel/{CINAR}/yuklemeler").text


def test_a_damaged_file_that_is_applied_records_nothing(here: Office, loader: Colleague) -> None:
    """How its columns are to be read is unknown: it must not be read as if nobody had matched them."""
    found = tried(here, loader, rows(2))
    spoil(here, found.id, "layout", b"x" * 60)
    assert press(loader, found.id, "uygula").status_code == 303
    work(here)
    assert (file(here, found.id).state, file(here, found.id).upload) == (UploadState.FAILED, None)
    assert loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").status_code == 200


def test_an_error_before_the_lease_leaves_the_file_to_the_next_run(
    here: Office, loader: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (number_of(send(loader, rows(2, first), f"{first}.csv")) for first in (1, 3))
    find, asked = upload_store.find, list[int]()

    def failing(snapshot: Snapshot, keyring: Keyring, number: int) -> PanelFile | None:
        asked.append(number)
        if number == bad:
            raise KeyError("layout")
        return find(snapshot, keyring, number)

    monkeypatch.setattr(upload_store, "find", failing)
    with pytest.raises(KeyError):
        asyncio.run(asyncio.wait_for(upload_job.do_waiting(here.registry), 60))
    assert asked.count(bad) == 1
    monkeypatch.setattr(upload_store, "find", find)
    assert file(here, good).state is UploadState.CHECKED
    work(here)
    assert file(here, bad).state is UploadState.CHECKED


def test_a_matching_of_an_earlier_version_is_read(here: Office, loader: Colleague) -> None:
    found = number_of(send(loader, rows(2)))
    old: dict[str, Any] = {"names": {"NOT": ""}, "values": {}}
    spoil(here, found, "layout", here.registry.keyring.seal_evidence(json.loads(json.dumps(old)))[0])
    work(here)
    assert (file(here, found).state, file(here, found).layout.names) == (UploadState.CHECKED, {"NOT": ""})


@pytest.mark.parametrize("content", [rows(2), "a;b;c\n1;2;3"], ids=["checked", "asking"])
def test_a_file_whose_trial_is_damaged_can_only_be_deleted(here: Office, loader: Colleague, content: str) -> None:
    found = tried(here, loader, content)
    spoil(here, found.id, "tried", b"x" * 60)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}")
    assert page.status_code == 200
    assert "Dosya okunamadı" in page.text
    assert [step for step in ("uygula", "sutunlar", "tarihler", "sil") if f"/{step}" in page.text] == ["sil"]
    assert "Okunamadı" in loader.get(f"/panel/{CINAR}/yuklemeler").text
    assert press(loader, found.id, "sil").status_code == 303
    assert file(here, found.id).state is UploadState.DROPPED


@pytest.mark.parametrize("column", ["fault", "loaded", "tried"])
def test_a_loaded_file_with_a_damaged_result_shows_no_other(here: Office, loader: Colleague, column: str) -> None:
    found = applied(here, loader, rows(2))
    spoil(here, found.id, column, b"x" * 60)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}")
    assert page.status_code == 200
    assert "Dosya uygulandı" in page.text
    assert "Uygularsanız" not in page.text
    assert "None" not in page.text


def test_a_file_that_failed_for_a_reason_that_is_damaged_has_none(here: Office, loader: Colleague) -> None:
    found = tried(here, loader, HEADER)
    assert found.state is UploadState.UNREADABLE
    spoil(here, found.id, "fault", b"x" * 60)
    page = loader.get(f"/panel/{CINAR}/yuklemeler/{found.id}").text
    assert "Dosya okunamadı" in page
    assert "None" not in page
