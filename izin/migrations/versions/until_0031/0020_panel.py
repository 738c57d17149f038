"""The panel: its people, what they may do, how they sign in, what they did, and companies that want to join."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")
SMALL, TEXT, BYTES, YES_NO = sa.SmallInteger(), sa.Text(), sa.LargeBinary(), sa.Boolean()


def must(name: str, kind: sa.types.TypeEngine, **options: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False, **options)


def may(name: str, kind: sa.types.TypeEngine) -> sa.Column:
    return sa.Column(name, kind)


def number(name: str) -> sa.Column:
    """A column of a key that names a row of another table."""
    return must(name, ID, autoincrement=False)


def key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"{table}_pkey")


def of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"{table}_{column}_fkey")


def upgrade() -> None:
    people()
    sign_in()
    acts()
    applications()


def people() -> None:
    op.create_table(
        "panel_user",
        must("id", ID),
        must("email", BYTES),
        must("staff", SMALL),
        must("created_at", INSTANT),
        may("ended_at", INSTANT),
        must("version", ID),
        key("panel_user", "id"),
        sa.UniqueConstraint("email", name="panel_user_email_key"),
    )
    op.create_table(
        "panel_member",
        number("person"),
        number("provider"),
        must("role", SMALL),
        must("rights", SMALL),
        must("every_brand", YES_NO),
        must("version", ID),
        key("panel_member", "person", "provider"),
        of("panel_member", "person", "panel_user"),
        of("panel_member", "provider", "provider"),
        sqlite_with_rowid=False,
    )
    op.create_index("panel_member_provider", "panel_member", ["provider"])
    op.create_table(
        "panel_member_brand",
        number("person"),
        number("provider"),
        number("brand"),
        key("panel_member_brand", "person", "provider", "brand"),
        of("panel_member_brand", "person", "panel_user"),
        of("panel_member_brand", "provider", "provider"),
        of("panel_member_brand", "brand", "brand"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "panel_invitation",
        must("id", ID),
        must("digest", BYTES),
        must("email", BYTES),
        must("staff", SMALL),
        may("provider", ID),
        must("role", SMALL),
        must("rights", SMALL),
        may("brands", TEXT),
        must("invited_by", ID),
        must("created_at", INSTANT),
        must("expires_at", INSTANT),
        may("ended_at", INSTANT),
        key("panel_invitation", "id"),
        of("panel_invitation", "provider", "provider"),
        of("panel_invitation", "invited_by", "panel_user"),
        sa.UniqueConstraint("digest", name="panel_invitation_digest_key"),
    )
    op.create_index("panel_invitation_provider", "panel_invitation", ["provider"])
    op.create_table(
        "panel_rule",
        number("provider"),
        must("second_step", YES_NO),
        key("panel_rule", "provider"),
        of("panel_rule", "provider", "provider"),
        sqlite_with_rowid=False,
    )


def sign_in() -> None:
    op.create_table(
        "panel_session",
        must("key", BYTES),
        must("person", ID),
        must("device", BYTES),
        must("started_at", INSTANT),
        must("touched_at", INSTANT),
        may("step_at", INSTANT),
        may("challenge", BYTES),
        may("challenge_at", INSTANT),
        key("panel_session", "key"),
        of("panel_session", "person", "panel_user"),
        sqlite_with_rowid=False,
    )
    op.create_index("panel_session_person", "panel_session", ["person"])
    op.create_index("panel_session_started_at", "panel_session", ["started_at"])
    op.create_table(
        "panel_device",
        number("person"),
        must("device", BYTES),
        must("label", TEXT),
        must("first_at", INSTANT),
        must("last_at", INSTANT),
        key("panel_device", "person", "device"),
        of("panel_device", "person", "panel_user"),
        sqlite_with_rowid=False,
    )
    op.create_index("panel_device_last_at", "panel_device", ["last_at"])
    op.create_table(
        "panel_factor",
        must("id", ID),
        must("person", ID),
        must("kind", SMALL),
        must("sealed", BYTES),
        may("credential", BYTES),
        must("counter", ID),
        must("label", TEXT),
        must("created_at", INSTANT),
        may("used_at", INSTANT),
        key("panel_factor", "id"),
        of("panel_factor", "person", "panel_user"),
        sa.UniqueConstraint("credential", name="panel_factor_credential_key"),
    )
    op.create_index("panel_factor_person", "panel_factor", ["person"])
    op.create_table(
        "panel_recovery",
        number("person"),
        must("digest", BYTES),
        key("panel_recovery", "person", "digest"),
        of("panel_recovery", "person", "panel_user"),
        sqlite_with_rowid=False,
    )


def acts() -> None:
    """The log of acts only grows, as history does."""
    op.create_table(
        "panel_act",
        number("id"),
        must("at", INSTANT),
        may("person", ID),
        must("what", TEXT),
        may("provider", ID),
        may("brand", ID),
        must("object", TEXT),
        must("before", TEXT),
        must("after", TEXT),
        must("why", TEXT),
        may("mark", BYTES),
        key("panel_act", "id"),
        of("panel_act", "id", "act"),
        of("panel_act", "person", "panel_user"),
        of("panel_act", "provider", "provider"),
        of("panel_act", "brand", "brand"),
    )
    op.create_index("panel_act_provider", "panel_act", ["provider", "id"])
    op.create_index("panel_act_person", "panel_act", ["person", "id"])
    marked = sa.text("mark IS NOT NULL")
    op.create_index("panel_act_mark", "panel_act", ["mark"], sqlite_where=marked, postgresql_where=marked)
    postgresql = op.get_bind().dialect.name == "postgresql"
    refusal = (
        "FOR EACH ROW EXECUTE FUNCTION izin_history()"
        if postgresql
        else "BEGIN SELECT RAISE(ABORT, 'panel_act is history and cannot be changed'); END"
    )
    for deed in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER panel_act_no_{deed.lower()} BEFORE {deed} ON panel_act {refusal}")
    if postgresql:
        op.execute(
            "CREATE TRIGGER panel_act_no_truncate BEFORE TRUNCATE ON panel_act "
            "FOR EACH STATEMENT EXECUTE FUNCTION izin_history()"
        )


def applications() -> None:
    op.create_table(
        "provider_application",
        must("id", ID),
        must("email", BYTES),
        must("title", TEXT),
        must("brand", TEXT),
        must("mersis", TEXT),
        must("tax", TEXT),
        must("signatory", BYTES),
        must("size", SMALL),
        may("partner", ID),
        must("state", SMALL),
        must("asked_at", INSTANT),
        may("decided_at", INSTANT),
        may("decided_by", ID),
        must("why", TEXT),
        may("provider", ID),
        key("provider_application", "id"),
        of("provider_application", "partner", "partner"),
        of("provider_application", "decided_by", "panel_user"),
        of("provider_application", "provider", "provider"),
    )
    op.create_index("provider_application_state", "provider_application", ["state"])
