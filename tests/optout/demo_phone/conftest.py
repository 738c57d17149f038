"""A site that shows the demo, and the phone of its person."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consents.registry import Registry
from consents.rules import Reconsent
from izin import app
from izin.demo import load as demo
from settings import Settings, load
from tests.conftest import NOON, SECRET, Opener
from tests.web.client import PageClient
from web.rendering.drawing import Trial

PERSON = Trial(*demo.PERSON, demo.RELATIVE)
Show = Callable[..., PageClient]


def chosen(folder: Path, **env: str) -> Settings:
    """A demo's settings; its messages go into one file in the folder."""
    outbox = f"file:{folder}/outbox.jsonl"
    return load({"SECRET_KEY": SECRET, "SMS_GATEWAY": outbox, "MAIL_GATEWAY": outbox, **env})


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database with the demo, loaded once."""
    path = tmp_path_factory.mktemp("demo") / "izin.db"
    shutil.copy(sqlite_template, path)
    demo.load(f"sqlite:///{path}", SECRET, Reconsent.CONFIRM, NOON)
    return path


@pytest.fixture
def registry(demo_file: Path, tmp_path: Path, open_registry: Opener) -> Registry:
    shutil.copy(demo_file, tmp_path / "izin.db")
    return open_registry(f"sqlite:///{tmp_path}/izin.db")


@pytest.fixture
def show(registry: Registry, tmp_path: Path) -> Iterator[Show]:
    """Opens the demo under these settings: ``show(PUBLIC_URL=…)``; ``trial=None``: nobody's phone."""
    opened: list[PageClient] = []

    def shown(trial: Trial | None = PERSON, **env: str) -> PageClient:
        settings = chosen(tmp_path, **env)
        client = PageClient(app.build(settings, registry, trial=trial), base_url=settings.public_url).__enter__()
        opened.append(client)
        return client

    yield shown
    for client in opened:
        client.__exit__(None, None, None)
