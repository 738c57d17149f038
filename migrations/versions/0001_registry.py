"""The registry: providers, recipients, acts and events, what stands, the log's checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.SmallInteger()
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")

# History may grow, nothing else. An act's evidence alone may be emptied (erasure) or sealed anew (rotation).
FROZEN = {
    "consent_event": ("UPDATE", "DELETE"),
    "act": (
        "UPDATE OF id, actor, door, recorded_at, recipient, upload, undoes, first_event, last_event, evidence_digest",
        "DELETE",
    ),
    "checkpoint": ("UPDATE", "DELETE"),
}


def key(name: str, kind: sa.types.TypeEngine, *rest: object, **options: object) -> sa.Column:
    return sa.Column(name, kind, *rest, nullable=False, **options)


def reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey")


def upgrade() -> None:
    companies()
    people()
    history()
    standing()
    freeze()


def companies() -> None:
    op.create_table(
        "registry",
        key("id", CODE),
        key("reconsent", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="registry_pkey"),
        sa.CheckConstraint("id = 1", name=op.f("registry_one_row_check")),
    )
    op.create_table(
        "registry_key",
        key("purpose", sa.Text()),
        key("version", CODE),
        key("wrapped", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("purpose", "version", name="registry_key_pkey"),
    )
    op.create_table(
        "provider",
        key("id", ID),
        key("code", ID),
        key("title", sa.Text()),
        sa.Column("mersis", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="provider_pkey"),
        sa.UniqueConstraint("code", name="provider_code_key"),
        sa.UniqueConstraint("mersis", name="provider_mersis_key"),
    )
    op.create_table(
        "brand",
        key("id", ID),
        key("provider", ID),
        key("code", ID),
        key("title", sa.Text()),
        key("folded", sa.Text()),
        key("example", sa.Boolean()),
        sa.PrimaryKeyConstraint("id", name="brand_pkey"),
        sa.UniqueConstraint("code", name="brand_code_key"),
        reference("brand", "provider", "provider"),
    )
    op.create_index("brand_provider", "brand", ["provider"])
    op.create_table(
        "brand_name",
        key("name", sa.Text()),
        key("brand", ID),
        key("header", sa.Boolean()),
        sa.PrimaryKeyConstraint("name", name="brand_name_pkey"),
        reference("brand_name", "brand", "brand"),
    )
    op.create_index("brand_name_brand", "brand_name", ["brand"])
    op.create_table(
        "dealer",
        key("id", ID),
        key("brand", ID),
        key("code", ID),
        key("title", sa.Text()),
        sa.Column("external", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="dealer_pkey"),
        sa.UniqueConstraint("code", name="dealer_code_key"),
        reference("dealer", "brand", "brand"),
    )
    op.create_index("dealer_brand_external", "dealer", ["brand", "external"], unique=True)
    op.create_table(
        "api_user",
        key("id", ID),
        key("provider", ID),
        key("username", sa.Text()),
        key("password", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="api_user_pkey"),
        sa.UniqueConstraint("username", name="api_user_username_key"),
        reference("api_user", "provider", "provider"),
    )
    op.create_index("api_user_provider", "api_user", ["provider"])


def people() -> None:
    op.create_table(
        "recipient",
        key("id", ID, autoincrement=False),
        key("sealed", sa.LargeBinary()),
        key("commitment", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="recipient_pkey"),
        sa.UniqueConstraint("sealed", name="recipient_sealed_key"),
    )
    erased = sa.text("length(sealed) = 16")
    op.create_index("recipient_erased", "recipient", ["sealed"], sqlite_where=erased, postgresql_where=erased)


def history() -> None:
    op.create_table(
        "upload",
        key("id", ID),
        key("brand", ID),
        key("digest", sa.LargeBinary()),
        key("started_at", INSTANT),
        sa.Column("finished_at", INSTANT),
        key("rows", ID),
        key("refused", ID),
        sa.PrimaryKeyConstraint("id", name="upload_pkey"),
        reference("upload", "brand", "brand"),
    )
    op.create_index("upload_brand", "upload", ["brand"])
    op.create_table(
        "act",
        key("id", ID, autoincrement=False),
        key("actor", CODE),
        key("door", CODE),
        key("recorded_at", INSTANT),
        sa.Column("recipient", ID),
        sa.Column("upload", ID),
        sa.Column("undoes", ID),
        key("first_event", ID),
        key("last_event", ID),
        sa.Column("evidence", sa.LargeBinary()),
        sa.Column("evidence_digest", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name="act_pkey"),
        reference("act", "recipient", "recipient"),
        reference("act", "upload", "upload"),
        reference("act", "undoes", "act"),
    )
    for column, unique in (("recipient", False), ("undoes", True), ("upload", False)):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"act_{column}", "act", [column], unique=unique, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "consent_event",
        key("id", ID, autoincrement=False),
        key("recipient", ID),
        key("brand", ID),
        key("channel", CODE),
        key("identity", CODE),
        key("status", CODE),
        sa.Column("source", CODE),
        key("decided_at", INSTANT),
        sa.Column("dealer", ID),
        key("act", ID),
        sa.PrimaryKeyConstraint("id", name="consent_event_pkey"),
        sa.CheckConstraint("status IN (0, 1)", name=op.f("consent_event_word_check")),
        reference("consent_event", "recipient", "recipient"),
        reference("consent_event", "brand", "brand"),
        reference("consent_event", "dealer", "dealer"),
        reference("consent_event", "act", "act"),
    )
    # SQLite appends the row number to every index by itself.
    number = [] if op.get_bind().dialect.name == "sqlite" else ["id"]
    op.create_index("consent_event_brand", "consent_event", ["brand", *number])
    op.create_index("consent_event_recipient", "consent_event", ["recipient", *number])
    op.create_table(
        "checkpoint",
        key("size", ID, autoincrement=False),
        key("root", sa.LargeBinary()),
        key("frontier", sa.LargeBinary()),
        key("made_at", INSTANT),
        key("signature", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("size", name="checkpoint_pkey"),
    )


def standing() -> None:
    op.create_table(
        "consent",
        key("recipient", ID),
        key("brand", ID),
        key("channel", CODE),
        key("identity", CODE),
        key("status", CODE),
        sa.Column("citizen_status", CODE),
        sa.Column("citizen_source", CODE),
        sa.Column("citizen_at", INSTANT),
        sa.Column("citizen_event", ID),
        sa.Column("provider_status", CODE),
        sa.Column("provider_source", CODE),
        sa.Column("provider_at", INSTANT),
        sa.Column("provider_dealer", ID),
        sa.Column("provider_event", ID),
        sa.PrimaryKeyConstraint("recipient", "brand", "channel", "identity", name="consent_pkey"),
        sa.CheckConstraint("status IN (0, 1, 2)", name=op.f("consent_state_check")),
        reference("consent", "recipient", "recipient"),
        reference("consent", "brand", "brand"),
        reference("consent", "provider_dealer", "dealer"),
        sqlite_with_rowid=False,
    )
    # A table clustered by its key carries the key in every index.
    following = [] if op.get_bind().dialect.name == "sqlite" else ["recipient"]
    op.create_index("consent_brand", "consent", ["brand", *following])


def freeze() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, deeds in FROZEN.items():
            for deed in deeds:
                op.execute(
                    f"CREATE TRIGGER {table}_no_{deed.split()[0].lower()} BEFORE {deed} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is history and cannot be changed'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION izin_history() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is history and cannot be changed', TG_TABLE_NAME; END $$"
    )
    for table, deeds in FROZEN.items():
        for deed in deeds:
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.split()[0].lower()} BEFORE {deed} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION izin_history()"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION izin_history()"
        )
