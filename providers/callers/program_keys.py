"""The keys with which programs sign in, as a sign-in needs them; those of the sandbox among them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text

from consents.store import Snapshot, Statement, Store

TEST_MARK = "test_"  # begins the users and the tokens of the sandbox, so that nobody takes one for a real one


class ProgramKey(NamedTuple):
    """Of a user that has not ended: its number and its provider's (internal ids; None: a partner's), the hash of its
    password, its networks as stored, whether it may call the sandbox alone, only reads, and its brands as stored."""

    id: int
    username: str
    provider: int | None
    password: str
    networks: str | None
    test: bool
    reads_only: bool = False
    brands: str | None = None


_FIND = {
    by: Statement(
        text(
            "SELECT id, username, provider, password, networks, test, reads_only, brands FROM api_user "
            f"WHERE {by} = :value AND ended_at IS NULL"
        ),
        ProgramKey,
    )
    for by in ("id", "username")
}


def named(snapshot: Snapshot, username: str) -> ProgramKey | None:
    return snapshot.one(_FIND["username"], {"value": username})


def numbered(snapshot: Snapshot, user: int) -> ProgramKey | None:
    """By internal id."""
    return snapshot.one(_FIND["id"], {"value": user})


class EmptiedSandboxes:
    """Companies (iysCode) whose people want an empty sandbox; this process empties those that it has."""

    def __init__(self) -> None:
        self._companies: set[int] = set()

    @staticmethod
    def of(store: Store) -> EmptiedSandboxes:
        """Those of the registry's process."""
        return store.own(EmptiedSandboxes, EmptiedSandboxes)

    def add(self, company: int) -> None:
        self._companies.add(company)

    def has(self, company: int) -> bool:
        return company in self._companies

    def done(self, company: int) -> None:
        self._companies.discard(company)
