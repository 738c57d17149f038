"""The panel's tables: people, rights, sign-in, audit log. E-mails and secrets are sealed, session ids hashed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text, text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes
from consents.instants import DAY, HOUR
from consents.tables.table_parts import FROZEN
from panel.uploads import tables as loading_tables


class PanelUser(SQLModel, table=True):
    """``staff``: 0 of companies, 1 the operator's, 2 an auditor (``panel.rights.Staff``). Never deleted, because the
    audit log names people by number."""

    __tablename__ = "panel_user"

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    email: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False, unique=True))
    staff: int = Field(sa_column=Column(SmallInteger, nullable=False))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    version: int = Field(sa_column=Column(Id, nullable=False))  # rises with each change
    # Wrong codes of the second step in a row.
    step_wrong: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    # What the person has switched off: bits of ``notice_store.NoticeKind``.
    muted: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))


class PanelMember(SQLModel, table=True):
    """A person's work for a provider. ``role``, ``rights``: codes of ``panel.rights``."""

    __tablename__ = "panel_member"
    __table_args__ = (Index("panel_member_provider", "provider"), {"sqlite_with_rowid": False})

    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), primary_key=True, autoincrement=False))
    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    role: int = Field(sa_column=Column(SmallInteger, nullable=False))
    rights: int = Field(sa_column=Column(SmallInteger, nullable=False))
    every_brand: bool = Field(sa_column=Column(Boolean, nullable=False))
    version: int = Field(sa_column=Column(Id, nullable=False))


class PanelMemberBrand(SQLModel, table=True):
    """A person's brand, where not all of the provider's."""

    __tablename__ = "panel_member_brand"
    __table_args__ = ({"sqlite_with_rowid": False},)

    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), primary_key=True, autoincrement=False))
    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), primary_key=True, autoincrement=False))


class PanelPartnerMember(SQLModel, table=True):
    """A person's work for a partner. ``owner``: invites and ends the others."""

    __tablename__ = "panel_partner_member"
    __table_args__ = (Index("panel_partner_member_partner", "partner"), {"sqlite_with_rowid": False})

    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), primary_key=True, autoincrement=False))
    partner: int = Field(sa_column=Column(Id, ForeignKey("partner.id"), nullable=False))
    owner: bool = Field(sa_column=Column(Boolean, nullable=False))


class PanelExport(SQLModel, table=True):
    """A requested file. ``criteria``: JSON, without an address; ``kind``: ``ExportKind``."""

    __tablename__ = "panel_export"
    __table_args__ = (
        Index("panel_export_provider", "provider", "id"),
        Index(
            "panel_export_open",
            "id",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), nullable=False))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), nullable=False))
    criteria: str = Field(sa_column=Column(Text, nullable=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    rows: int = Field(sa_column=Column("consents", Id, nullable=False))
    kind: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="0"))


class PanelExportPart(SQLModel, table=True):
    """A piece of such a file, compressed and sealed; below ``place`` 0, of its source addresses."""

    __tablename__ = "panel_export_part"
    __table_args__ = (Index("panel_export_part_asked_at", "asked_at"), {"sqlite_with_rowid": False})

    export: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    place: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence", 50), nullable=False))


class PanelInvitation(SQLModel, table=True):
    """An invitation, valid once. ``digest``: SHA-256 of its token; ``brands``: internal ids between commas, or all."""

    __tablename__ = "panel_invitation"
    __table_args__ = (Index("panel_invitation_provider", "provider"),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    email: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))
    staff: int = Field(sa_column=Column(SmallInteger, nullable=False))
    provider: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("provider.id")))
    partner: int | None = Field(default=None, sa_column=Column(Id))  # internal id; instead of a provider
    role: int = Field(sa_column=Column(SmallInteger, nullable=False))
    rights: int = Field(sa_column=Column(SmallInteger, nullable=False))
    brands: str | None = Field(default=None, sa_column=Column(Text))
    invited_by: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), nullable=False))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # used, or withdrawn


class PanelSession(SQLModel, table=True):
    """``key``: SHA-256 of the id in its cookie; ``device``: of its browser's cookie."""

    __tablename__ = "panel_session"
    __table_args__ = (
        Index("panel_session_person", "person"),
        Index("panel_session_started_at", "started_at"),
        {"sqlite_with_rowid": False},
    )

    key: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), nullable=False))
    device: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    touched_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    step_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # when the second step was passed
    challenge: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # of a passkey, good once
    challenge_at: datetime | None = Field(default=None, sa_column=Column(Instant))


class PanelDevice(SQLModel, table=True):
    """A browser of a person. ``label``: its short name."""

    __tablename__ = "panel_device"
    __table_args__ = (Index("panel_device_last_at", "last_at"), {"sqlite_with_rowid": False})

    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), primary_key=True, autoincrement=False))
    device: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    label: str = Field(sa_column=Column(Text, nullable=False))
    first_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    last_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class PanelFactor(SQLModel, table=True):
    """``kind``: 1 an app (``sealed``: its secret), 2 a passkey (``sealed``: its public key). ``counter``: the last
    code's time step, or the passkey's signature count."""

    __tablename__ = "panel_factor"
    __table_args__ = (Index("panel_factor_person", "person"),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), nullable=False))
    kind: int = Field(sa_column=Column(SmallInteger, nullable=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    credential: bytes | None = Field(default=None, sa_column=Column(LargeBinary, unique=True))
    counter: int = Field(sa_column=Column(Id, nullable=False))
    label: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=Column(Instant))  # None: not proved yet


class PanelRecovery(SQLModel, table=True):
    """A recovery code, valid once. ``digest``: keyed hash."""

    __tablename__ = "panel_recovery"
    __table_args__ = ({"sqlite_with_rowid": False},)

    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), primary_key=True, autoincrement=False))
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))


class PanelRule(SQLModel, table=True):
    """A provider's rule for its people; no row: none."""

    __tablename__ = "panel_rule"
    __table_args__ = ({"sqlite_with_rowid": False},)

    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    second_step: bool = Field(sa_column=Column(Boolean, nullable=False))


class PanelAct(SQLModel, table=True):
    """An audit entry of panel or command. ``id``: of the act in history whose evidence has its digest, so that
    checkpoints cover it (``izin verify``)."""

    __tablename__ = "panel_act"
    __table_args__ = (
        Index("panel_act_provider", "provider", "id"),
        Index("panel_act_person", "person", "id"),
        Index(
            "panel_act_mark",
            "mark",
            sqlite_where=text("mark IS NOT NULL"),
            postgresql_where=text("mark IS NOT NULL"),
        ),
        FROZEN,
    )

    id: int = Field(sa_column=Column(Id, ForeignKey("act.id"), primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    person: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("panel_user.id")))  # None: a command
    what: str = Field(sa_column=Column(Text, nullable=False))  # a word of panel/audit/audit_texts.py
    provider: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("provider.id")))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))
    object: str = Field(sa_column=Column(Text, nullable=False))  # its kind and number or name
    words: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))  # JSON: before, after, why, salt
    words_digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # SHA-256 of that JSON
    mark: bytes | None = Field(default=None, sa_column=Column(LargeBinary))  # of an address: recognised, never read


class ProviderApplication(SQLModel, table=True):
    """A company's application. ``state``: 0 waits, 1 approved, 2 refused; ``size``: its class by addresses."""

    __tablename__ = "provider_application"
    __table_args__ = (Index("provider_application_state", "state"),)

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    email: bytes = Field(sa_column=Column(SealedBytes("address"), nullable=False))
    title: str = Field(sa_column=Column(Text, nullable=False))
    brand: str = Field(sa_column=Column(Text, nullable=False))
    mersis: str = Field(sa_column=Column(Text, nullable=False))  # empty: not in the trade register
    tax: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))  # or an identity number
    signatory: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    phone: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    size: int = Field(sa_column=Column(SmallInteger, nullable=False))
    partner: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("partner.id")))
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    decided_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    decided_by: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("panel_user.id")))
    why: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))
    provider: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("provider.id")))


class ProviderContact(SQLModel, table=True):
    """Whom at a company the operator calls or writes to. ``sealed``: JSON of ``panel/accounts/contacts.py``."""

    __tablename__ = "provider_contact"
    __table_args__ = ({"sqlite_with_rowid": False},)

    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    changed_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class PanelClaim(SQLModel, table=True):
    """A claimed name or number, without effect until accepted. ``kind``, ``state``: of
    ``panel/brands/claim_store.py``; ``brand``: None before it exists, with ``about`` its title; ``value``: the
    number, name or title."""

    __tablename__ = "panel_claim"
    __table_args__ = (Index("panel_claim_state", "state"), Index("panel_claim_provider", "provider"))

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    provider: int = Field(sa_column=Column(Id, ForeignKey("provider.id"), nullable=False))
    brand: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("brand.id")))
    kind: int = Field(sa_column=Column(SmallInteger, nullable=False))
    value: str = Field(sa_column=Column(Text, nullable=False))
    about: str = Field(sa_column=Column(Text, nullable=False))
    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), nullable=False))
    state: int = Field(sa_column=Column(SmallInteger, nullable=False))
    asked_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    decided_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    decided_by: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("panel_user.id")))
    why: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))


class PanelNotice(SQLModel, table=True):
    """A notice sent to a person, kept so that it is sent once; ``at`` is renewed while its subject lasts. ``kind``:
    ``notice_store.NoticeKind``; ``about``: its subject, without an address."""

    __tablename__ = "panel_notice"
    __table_args__ = (Index("panel_notice_at", "at"), {"sqlite_with_rowid": False})

    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), primary_key=True, autoincrement=False))
    kind: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    about: str = Field(sa_column=Column(Text, primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False))


class Erasure(SQLModel, table=True):
    """An erasure, so that one that a restored backup lacks is found (panel/retention/erased_list.py). ``digest``: of
    the address, as table ``recipient`` has it; ``at``: µs."""

    __table_args__ = ({"sqlite_with_rowid": False},)

    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    at: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))


class Destruction(SQLModel, table=True):
    """A run that destroys old data, and how far it is: ``kind`` and ``place`` of ``panel/retention/destruction.py``;
    ``counts``: JSON, by kind."""

    __tablename__ = "destruction_run"

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    begun_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    kind: int = Field(sa_column=Column(SmallInteger, nullable=False))
    place: int = Field(sa_column=Column(Id, nullable=False))
    counts: str = Field(sa_column=Column(Text, nullable=False))


DEVICES_KEPT = NOTICES_KEPT = 400 * DAY
EXPORTS_KEPT = 7 * DAY  # µs: files that people have asked for
SWEEPS = (
    Sweep("panel_export_part", "export, place", "asked_at < :before", EXPORTS_KEPT, most=50),
    Sweep("panel_session", "key", "started_at < :before", 12 * HOUR),
    Sweep("panel_device", "person, device", "last_at < :before", DEVICES_KEPT),
    Sweep("panel_notice", "person, kind, about", "at < :before", NOTICES_KEPT),
    *loading_tables.SWEEPS,
)
