"""Who may use a sandbox: test keys of a registry's companies, or the one key of a developer's own machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from consents.brands import provider_list, provider_states
from consents.brands.provider_states import ProviderState
from consents.registry import Registry
from consents.store import Snapshot
from izin.sandbox.company_sandbox import KeyLimits, MirroredCompany
from providers.callers import api_users, program_keys
from providers.callers.program_keys import ProgramKey

T = TypeVar("T")


class SandboxKey(NamedTuple):
    """``company``: iysCode."""

    key: ProgramKey
    company: int
    limits: KeyLimits = KeyLimits()


class SandboxKeys(Protocol):
    async def named(self, username: str) -> SandboxKey | None: ...

    async def numbered(self, user: int) -> SandboxKey | None: ...

    def mirrored(self, company: int) -> MirroredCompany:
        """Blocks: run it in a thread."""
        ...


class SiteKeys:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def named(self, username: str) -> SandboxKey | None:
        return await self._registry.store.read(_found, program_keys.named, username)

    async def numbered(self, user: int) -> SandboxKey | None:
        return await self._registry.store.read(_found, program_keys.numbered, user)

    def mirrored(self, company: int) -> MirroredCompany:
        return self._registry.store.read_now(_mirrored, company)


class OneKey:
    def __init__(self, company: MirroredCompany, username: str, hashed: str) -> None:
        self._company = company
        self._key = SandboxKey(ProgramKey(1, username, 1, hashed, None, True), company.code)

    async def named(self, username: str) -> SandboxKey | None:
        return self._key if username == self._key.key.username else None

    async def numbered(self, user: int) -> SandboxKey | None:
        return self._key if user == self._key.key.id else None

    def mirrored(self, company: int) -> MirroredCompany:
        return self._company


def _found(snapshot: Snapshot, read: Callable[[Snapshot, T], ProgramKey | None], of: T) -> SandboxKey | None:
    key = read(snapshot, of)
    if key is None or not key.test or key.provider is None:
        return None
    if provider_states.of_provider(snapshot, key.provider) is ProviderState.CLOSED:
        return None
    brands = provider_list.brands_of(snapshot, key.provider)
    limits = KeyLimits(key.reads_only, None, tuple((one.code, one.title) for one in brands))
    if (own := api_users.brands_of(key.brands)) is not None:
        limits = limits._replace(brands=tuple((one.code, one.title) for one in brands if one.id in own))
        if not limits.brands:
            return None
    return SandboxKey(key, provider_list.by_id(snapshot, [key.provider])[0].code, limits)


def _mirrored(snapshot: Snapshot, company: int) -> MirroredCompany:
    provider = provider_list.by_code(snapshot, company)
    assert provider is not None
    brands = provider_list.brands_of(snapshot, provider.id)
    return MirroredCompany(company, provider.title, tuple((one.code, one.title) for one in brands))
