"""Offices: sites with two companies, over a registry whose clock stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest

from providers.uploads import loading, reading
from providers.uploads.files.row_refusals import RowRefusal
from providers.uploads.pipeline import Sealed
from providers.uploads.reading import ReadingJob
from tests.conftest import Clock, Opener
from tests.panel.office import Office

OpenOffice = Callable[..., Office]


@pytest.fixture
def office(sqlite_url: str, open_registry: Opener, clock: Clock) -> Iterator[OpenOffice]:
    """Opens an office: ``office(OIDC_ISSUER=…)``."""
    opened: list[Office] = []

    def open_office(**env: str) -> Office:
        made = Office(open_registry(sqlite_url), clock, env)
        opened.append(made)
        return made

    yield open_office
    for made in opened:
        made.close()


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process: starting the reader takes longer than all else that is asked here."""

    class Here:
        def __init__(self, job: ReadingJob) -> None:
            self._job = job

        def __iter__(self) -> Iterator[Sealed]:
            for rows, refusals, warnings, seen, codes, *more in reading.contents(self._job):
                found = [RowRefusal(*one) for one in refusals]
                yield Sealed(rows, found, Counter(warnings), seen, Counter(codes), *more)

        def stop(self) -> None:
            """There is no process."""

    monkeypatch.setattr(loading, "sealed_chunks", lambda job: nullcontext(Here(job)))
