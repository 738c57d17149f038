"""One open registry: its store, its keys, its policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import bindparam, func, insert, literal_column, select, text, update

from consents.brands.book import BrandCache, BrandDirectory, BrandEntry
from consents.care import clock_trust, vouchers
from consents.keys import Keyring
from consents.ledger import Policy
from consents.people import held_keys, sealed_forms
from consents.people.column_passes import sealed_columns
from consents.rules import BEKLIYOR, ONAY, RET, Reconsent
from consents.store import Snapshot, Statement, Store, StoreUnavailable, Transaction, Value, clock, schema, table
from consents.store.engines import reach
from consents.store.failures import ActsMissing, sqlite_name
from consents.store.file_health import unavailable
from consents.store.gates.gate import BUSY
from consents.store.statements import SQLITE
from consents.tables.history_tables import Consent
from consents.tables.registry_tables import LogKeyChange, RegistryKey, RegistryRow

_key = table(RegistryKey)
_row = table(RegistryRow)
_change = table(LogKeyChange)
_consent = table(Consent)

_KEYS: Statement[tuple[str, int, bytes]] = Statement(select(_key.c.purpose, _key.c.version, _key.c.wrapped))
_LOG_CHANGES: Statement[tuple[int, str]] = Statement(select(_change.c.size, _change.c.note).order_by(_change.c.version))
_LOG_VERSIONS: Value[int] = Statement(select(func.max(_key.c.version)).where(_key.c.purpose == literal_column("'log'")))
_MODE: Value[str] = Statement(select(_row.c.reconsent))
_FIRST_MODE = Statement(insert(_row).values(id=1, reconsent=bindparam("mode"), rising_from=bindparam("first")))
_RISING_FROM = Statement(select(_row.c.rising_from))
_NEW_MODE = Statement(update(_row).values(reconsent=bindparam("mode")))
# The only keys whose status depends on RECONSENT: a provider's ONAY newer than the citizen's own RET.
_REFOLD = Statement(
    update(_consent)
    .where(
        _consent.c.citizen_status == bindparam("ret"),
        _consent.c.provider_status == bindparam("onay"),
        _consent.c.provider_at > _consent.c.citizen_at,
        _consent.c.citizen_event > literal_column("0"),  # a standing refusal waits under either (rule L13)
    )
    .values(status=bindparam("becomes"))
)
# Something new must be written, or SQLite writes nothing: a number of its file's that means nothing.
_AGE = Statement(text("PRAGMA user_version"))
_SAME_MODE = Statement(update(_row).values(reconsent=_row.c.reconsent))
QUIET = 60.0  # seconds without a commit after which it is tried whether one can be made
TRIAL = 2.5  # seconds that this may take: less than the probe has that asks for it
LONG_WAIT = 5.0  # seconds: who has asked meanwhile was answered 503
_WAITED_FOR = "is the disk slow, does a program keep the write lock, does PostgreSQL wait for a synchronous standby?"


class NotReady(RuntimeError):
    """The database is not in the state that this program needs; the text names the command that corrects it."""


@dataclass(frozen=True)
class Registry:
    store: Store
    keyring: Keyring
    policy: Policy
    brands: BrandCache = field(default_factory=BrandCache)

    @classmethod
    def open(
        cls,
        database_url: str,
        secret: str,
        *,
        previous: str | None = None,
        reconsent: Reconsent = Reconsent.CONFIRM,
        strict: bool = False,
        now: Callable[[], int] = clock,
        through: str | None = None,
        standby: str | None = None,
    ) -> Self:
        """Opens a prepared database. ``through``, ``standby``: as of ``Store.open``. Errors: NotReady,
        held_keys.WrongKey, store.Unfit."""
        store = Store.open(database_url, now, through=through, standby=standby)
        try:
            reach(store.engine)
            if faults := faults_of(store, reconsent):
                raise NotReady("; ".join(faults))
            keyring = with_keys(store, [secret, previous] if previous else [secret])
        except BaseException:
            store.close()
            raise
        clock_trust.get(store)  # before anything is recorded by a clock that may be wrong
        return cls(store, keyring, Policy(reconsent, strict))

    async def book(self) -> BrandDirectory:
        now = self.store.now()
        fresh: BrandDirectory | None = await self.store.look(self.brands.fresh_book, now)
        return fresh if fresh is not None else await self.store.read(self.brands.book, now)

    async def brand(self, code: int) -> BrandEntry | None:
        return self.brands.recent_by_code(code, self.store.now()) or (await self.book()).by_code.get(code)

    async def brand_of(self, number: int) -> BrandEntry | None:
        return self.brands.recent_by_id(number, self.store.now()) or (await self.book()).by_id.get(number)

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def prepare(
    database_url: str, secret: str, reconsent: Reconsent = Reconsent.CONFIRM, *, previous: str | None = None
) -> None:
    """Migrates the database, makes its keys the first time, and folds it under this RECONSENT mode.

    Errors: as of ``Registry.open``; NotReady too where no steps lead from the database's revision.
    """
    store = Store.open(database_url, hurried=False)
    try:
        reach(store.engine)
        if fault := schema.unknown(schema.current(store.engine)):
            raise NotReady(fault)
        schema.upgrade(store.engine)
        store.write_now(_make_keys, secret)
        store.write_now(_set_mode, reconsent)
        if store.read_now(vouchers.none_made):
            tried = [secret, previous] if previous else [secret]
            store.write_now(vouchers.begin, store.read_now(load_keys, tried))
    finally:
        store.close()


def faults_of(store: Store, reconsent: Reconsent) -> list[str]:
    """What keeps this database from being served; empty when nothing does."""
    at, wanted = schema.current(store.engine), schema.newest()
    if at != wanted:
        behind = f"the database is at revision {at or 'none'}, this program needs {wanted}: run izin migrate"
        return [schema.unknown(at) or behind]
    mode = store.read_now(Snapshot.value, _MODE)
    if mode is None:
        return ["the registry was never made ready: run izin migrate"]
    if mode != reconsent:
        return [f"the database is folded with RECONSENT={mode}, not {reconsent}: run izin migrate"]
    if isinstance(store.keys, Keyring):
        try:
            store.read_now(sealed_forms.read_versions, store.keys)
        except StoreUnavailable as error:
            return [str(error)]
    return []


def unfit(store: Store, reconsent: Reconsent) -> list[str]:
    """``faults_of`` an open database, or that it cannot be written, tested by a small write after a pause or a
    failure."""
    if store.health is not None and (fault := store.health.fault):
        return [fault]
    if faults := faults_of(store, reconsent):
        return faults
    commits = store.commits
    if (waited := commits.hanging) > LONG_WAIT:
        return [f"changes have been waiting for {waited:.0f} seconds to be written: {_WAITED_FOR}"]
    if (commits.failing or commits.quiet_for() > QUIET) and (fault := unwritable(store, TRIAL)):
        return [fault]
    return []


def unwritable(store: Store, seconds: float) -> str | None:
    """Tries a small write. The obstacle and its correction; None where it succeeds."""
    try:
        store.write_now(_try_to_write, seconds=seconds)
    except StoreUnavailable as error:
        if isinstance(error.__cause__, ActsMissing):
            return str(error)
        return f"nothing can be written: {_why(store, error)}"
    return None


def _why(store: Store, error: StoreUnavailable) -> str:
    if store.health is not None and (fault := store.health.fault):
        return fault
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, StoreUnavailable) and str(cause) == BUSY:
            return BUSY
        if (name := sqlite_name(cause)) is not None:
            return unavailable(name, store.engine.url.database)
        cause = cause.__cause__ or cause.__context__
    # The trial gives up sooner than other writes, which may have found the cause.
    known = store.commits.fault if store.dialect == SQLITE else None
    return unavailable(known, store.engine.url.database) if known else "look for commit_failed in the log"


def _try_to_write(transaction: Transaction) -> None:
    if transaction.dialect == SQLITE:
        (age,) = transaction.one(_AGE) or (0,)
        transaction.run(Statement(text(f"PRAGMA user_version={(age + 1) % 2**31}")))
    else:
        transaction.run(_SAME_MODE)


def with_keys(store: Store, tried: Sequence[str]) -> Keyring:
    """The registry's keys, opened with one of these secrets; the store encrypts with them and loads newer ones."""
    keyring = store.read_now(load_keys, tried)
    keyring.ask = partial(_learn, store, keyring)
    store.keys = keyring
    return keyring


def _learn(store: Store, keyring: Keyring) -> None:
    """Bypasses the pooler: the caller may hold its only free connection."""
    with store.snapshot(engine=store.engine) as snapshot:
        sealed_forms.learn(snapshot, keyring)


def load_keys(snapshot: Snapshot, tried: Sequence[str]) -> Keyring:
    rising = snapshot.one(_RISING_FROM)
    rows = [(purpose, version, bytes(wrapped)) for purpose, version, wrapped in snapshot.all(_KEYS)]
    keyring = Keyring.opened(rows, tried, rising[0] if rising else 1)
    if keyring is None:
        raise NotReady("the registry has no keys yet: run izin migrate")
    keyring.log_changes = tuple(snapshot.all(_LOG_CHANGES))
    if len(keyring.log_changes) != len(keyring.log_seeds) - 1:
        raise NotReady("table log_key does not fit the log's keys: put it and registry_key back from a backup")
    return keyring


def add_log_key(transaction: Transaction, keyring: Keyring, secret: str, seed: bytes, size: int, note: str) -> bool:
    """Stores a key of the log that replaces the newest; ``size``: acts of the last checkpoint of that; ``note``: signed
    by both. False, and nothing, where another one was stored meanwhile."""
    if not has_newest_log_key(transaction, keyring):
        return False
    version = len(keyring.log_seeds)
    transaction.insert(
        "registry_key", "purpose,version,wrapped", [("log", version + 1, held_keys.wrap(secret, "log", seed))]
    )
    transaction.insert("log_key", "version,size,note", [(version, size, note)])
    return True


def has_newest_log_key(snapshot: Snapshot, keyring: Keyring) -> bool:
    return snapshot.value(_LOG_VERSIONS) == len(keyring.log_seeds)


def _make_keys(transaction: Transaction, secret: str) -> None:
    present = {purpose for purpose, _, _ in transaction.all(_KEYS)}
    missing = [purpose for purpose in held_keys.PURPOSES if purpose not in present]
    if not present.issuperset(held_keys.ROTATED) and _is_sealed(transaction):
        raise NotReady("rows are sealed and their keys are gone: put the table registry_key back from a backup")
    rows = [(purpose, 1, held_keys.wrap(secret, purpose, held_keys.make(purpose))) for purpose in missing]
    if rows:
        transaction.insert("registry_key", "purpose,version,wrapped", rows)


def _is_sealed(snapshot: Snapshot) -> bool:
    """Whether a row holds encrypted data, which a new key could not read."""
    return any(
        snapshot.one(Statement(select(column).where(column.is_not(None)).limit(literal_column("1"))))
        for column, _ in sealed_columns()
    )


def _set_mode(transaction: Transaction, reconsent: Reconsent) -> None:
    if (mode := transaction.value(_MODE)) is None:
        transaction.run(_FIRST_MODE, {"mode": str(reconsent), "first": 1})
        return
    if mode != reconsent:
        becomes = BEKLIYOR if reconsent is Reconsent.CONFIRM else ONAY
        transaction.run(_REFOLD, {"ret": RET, "onay": ONAY, "becomes": becomes})
        transaction.run(_NEW_MODE, {"mode": str(reconsent)})
