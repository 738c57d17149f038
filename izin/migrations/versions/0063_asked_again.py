"""Which version of its form a poster prints (of those that are there, the one published when they were made); how the
requests of each day ended; an index of verified numbers, whose proofs are stamped. Files that were not loaded before
loads and files were numbered together, and whose number a load has, get a number of their own."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
VERIFIED = sa.text("state = 2 AND purpose = 0")


def upgrade() -> None:
    op.add_column("till", sa.Column("version", sa.SmallInteger()))
    op.execute(
        "UPDATE till SET version = (SELECT max(number) FROM form_version "
        "WHERE form_version.form = till.form AND published_at <= till.made_at) WHERE kind = 'poster'"
    )
    op.create_table(
        "request_count",
        sa.Column("company", ID, sa.ForeignKey("provider.id"), primary_key=True, autoincrement=False),
        sa.Column("day", INSTANT, primary_key=True),
        sa.Column("brand", ID, primary_key=True, autoincrement=False),
        sa.Column("purpose", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("method", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("yes", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("no", sa.SmallInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", ID, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("request_count_day", "request_count", ["day"])
    op.create_table(
        "requests_counted",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("until", INSTANT, nullable=False),
    )
    op.create_index(
        "consent_request_verified",
        "consent_request",
        ["ended_at"],
        sqlite_where=VERIFIED,
        postgresql_where=VERIFIED,
    )

    renumber_files()


def renumber_files() -> None:
    """By the number of a load people find the file of that load, and never the older one."""
    connection = op.get_bind()
    names = ", ".join(one["name"] for one in sa.inspect(connection).get_columns("panel_upload") if one["name"] != "id")
    hidden = "SELECT id FROM panel_upload WHERE upload IS NULL AND id IN (SELECT id FROM upload) ORDER BY id"
    for (was,) in connection.execute(sa.text(hidden)).fetchall():
        connection.execute(sa.text("UPDATE load_number SET last = last + 1"))
        number = connection.execute(sa.text("SELECT last FROM load_number")).scalar_one()
        for statement in (  # a copy, since the pieces of a file refer to its number
            f"INSERT INTO panel_upload (id, {names}) SELECT :number, {names} FROM panel_upload WHERE id = :was",
            "UPDATE panel_upload_piece SET upload = :number WHERE upload = :was",
            "DELETE FROM panel_upload WHERE id = :was",
        ):
            wanted = {"was": was, "number": number}
            connection.execute(sa.text(statement), {one: wanted[one] for one in wanted if f":{one}" in statement})


def downgrade() -> None:
    op.drop_index("consent_request_verified", "consent_request")
    op.drop_table("requests_counted")
    op.drop_index("request_count_day", "request_count")
    op.drop_table("request_count")
    op.drop_column("till", "version")
