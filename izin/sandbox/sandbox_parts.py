"""Puts a sandbox together: for a site, under ``/sandbox``, and for a developer's own machine."""

from __future__ import annotations

import secrets
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send

from consents.registry import Registry
from consents.store.statements import SQLITE
from izin.sandbox.company_sandbox import MirroredCompany, SandboxParts
from izin.sandbox.sandbox_gate import SandboxGate
from izin.sandbox.sandbox_keys import OneKey, SiteKeys
from izin.sandbox.sandboxes import Sandboxes
from providers import routes as api
from settings import Settings
from web.metrics import RequestCounts
from web.process import KeptFor, Process
from web.rendering.assets import Assets
from web.rendering.drawing import Pages
from web.room import Room
from web.turned_away import TurnedAway

ADDRESS = "http://deneme.invalid"  # of links, which no citizen can follow (RFC 2606)
# What a sandbox has of its site's settings: the rules of calls, and no carrier, address or secret.
_OF_SITE = (
    *("reconsent", "strict_iys", "countries", "api_per_second", "api_tokens_per_hour", "api_status_per_hour"),
    "api_history_per_hour",
)


class SandboxSite(NamedTuple):
    """What a sandbox has of the process that serves it."""

    settings: Settings
    assets: Assets
    pages: Pages
    kept: KeptFor


def of_site(process: Process) -> SandboxGate:
    """The one sandbox of this process. It is built with the first proved sign-in."""
    return process.registry.store.own(SandboxGate, partial(_gate, process))


def _gate(process: Process) -> SandboxGate:
    settings, registry = process.settings, process.registry
    site = SandboxSite(settings, process.assets, process.pages, process.kept)
    beside = Path(str(registry.store.engine.url.database)).parent if registry.store.dialect == SQLITE else None
    private = process.own_machine
    sandboxes = Sandboxes(partial(_parts, site, private=private), beside, registry.store, lasts=False)
    return SandboxGate(settings, SiteKeys(registry), sandboxes)


def of_one(site: SandboxSite, company: MirroredCompany, username: str, hashed: str, *, private: bool) -> SandboxGate:
    """One company's, in a temporary directory. ``private``: it may push to this machine."""
    sandboxes = Sandboxes(partial(_parts, site, private=private), None, None, lasts=True)
    return SandboxGate(site.settings, OneKey(company, username, hashed), sandboxes)


class SandboxRoute:
    """The route of a site's sandbox: any method."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await of_site(scope["app"].state.process)(scope, receive, send)


def own_settings(site: Settings, *, private: bool = False) -> Settings:
    given: dict[str, Any] = {
        "public_url": ADDRESS,
        "database_url": "sqlite:///sandbox.db",  # each has its own; nothing reads this
        "secret_key": secrets.token_hex(32),
        "push_private": private,
        "_env_file": None,
    }
    of_site = {name: getattr(site, name) for name in _OF_SITE}
    return Settings(**given).model_copy(update={**of_site, "iys_url": ""})


def _parts(site: SandboxSite, template: Path, *, private: bool = False) -> SandboxParts:
    chosen, counts = own_settings(site.settings, private=private), RequestCounts()
    turned = TurnedAway(template.with_name("turned-away"))

    def made(settings: Settings, registry: Registry) -> Process:
        return Process(settings, registry, site.assets, site.pages, site.kept, counts, turned, Room(), list)

    return SandboxParts(chosen, api.routes(), made, template, private)
