"""Tables of uploaded files. Contents are sealed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlmodel import Field, SQLModel

from consents.care.sweeping import Sweep
from consents.columns import Id, Instant, SealedBytes


class PanelUpload(SQLModel, table=True):
    """An uploaded file. ``state``: ``upload_store.UploadState``. ``name``, ``tried``, ``loaded``, ``fault``: sealed,
    because they may name people. ``holder``, ``held_until``: the lease of its process."""

    __tablename__ = "panel_upload"
    __table_args__ = (
        Index("panel_upload_state", "state"),
        Index("panel_upload_brand", "brand", "id"),
        Index("panel_upload_kept_until", "kept_until"),
    )

    id: int | None = Field(default=None, sa_column=Column(Id, primary_key=True))
    brand: int = Field(sa_column=Column(Id, ForeignKey("brand.id"), nullable=False))
    person: int = Field(sa_column=Column(Id, ForeignKey("panel_user.id"), nullable=False))
    name: bytes = Field(sa_column=Column(SealedBytes("evidence"), nullable=False))
    form: str | None = Field(default=None, sa_column=Column(Text))  # how it writes dates; None: found out
    initial: bool = Field(sa_column=Column(Boolean, nullable=False))  # old records, in a transition window
    size: int = Field(sa_column=Column(Id, nullable=False))  # bytes
    lines: int = Field(sa_column=Column(Id, nullable=False))  # about how many rows; 0: not known
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # SHA-256 of the file
    state: str = Field(sa_column=Column(Text, nullable=False))
    received_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    changed_at: datetime = Field(sa_column=Column(Instant, nullable=False))  # into this state
    kept_until: datetime = Field(sa_column=Column(Instant, nullable=False))  # its file and its refused rows
    asked_by: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("panel_user.id")))  # of the last action
    done: int = Field(sa_column=Column(Id, nullable=False))  # rows of the work that goes on
    holder: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    held_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    tries: int = Field(sa_column=Column(SmallInteger, nullable=False))  # at the work that goes on
    upload: int | None = Field(default=None, sa_column=Column(Id, ForeignKey("upload.id")))  # its batch number
    loaded_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    tried: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # counts of the dry run
    loaded: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # counts of the loading
    fault: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # a sentence
    layout: bytes | None = Field(default=None, sa_column=Column(SealedBytes("evidence")))  # its columns, as matched


class PanelUploadPiece(SQLModel, table=True):
    """A sealed piece of such a file (``kind`` 0), or of the refusals of its dry run (1) or its loading (2), or its
    header (3)."""

    __tablename__ = "panel_upload_piece"
    __table_args__ = ({"sqlite_with_rowid": False},)

    upload: int = Field(sa_column=Column(Id, ForeignKey("panel_upload.id"), primary_key=True, autoincrement=False))
    kind: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    place: int = Field(sa_column=Column(Id, primary_key=True, autoincrement=False))
    sealed: bytes = Field(sa_column=Column(SealedBytes("evidence", 50), nullable=False))


_OVER = "kept_until < :before AND state NOT IN ('loading', 'undoing')"
SWEEPS = (
    Sweep(
        "panel_upload_piece",
        "upload, kind, place",
        f"upload IN (SELECT id FROM panel_upload WHERE {_OVER})",
        most=50,  # each may be large
    ),
    # One that was never received whole names nothing that anybody has seen.
    Sweep("panel_upload", "id", "kept_until < :before AND state = 'receiving'"),
)
