"""People of partners at the panel, and their invitations; whom at a company the operator calls."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT: sa.types.TypeEngine[Any] = sa.Double().with_variant(sa.Numeric(asdecimal=False), "sqlite")


def upgrade() -> None:
    op.create_table(
        "panel_partner_member",
        sa.Column("person", ID, sa.ForeignKey("panel_user.id"), primary_key=True, autoincrement=False),
        sa.Column("partner", ID, sa.ForeignKey("partner.id"), nullable=False),
        sa.Column("owner", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("panel_partner_member_partner", "panel_partner_member", ["partner"])
    op.add_column("panel_invitation", sa.Column("partner", ID, nullable=True))
    op.create_table(
        "provider_contact",
        sa.Column("provider", ID, sa.ForeignKey("provider.id"), primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("provider_application", sa.Column("phone", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("provider_application", "phone")
    op.drop_table("provider_contact")
    op.drop_column("panel_invitation", "partner")
    op.drop_table("panel_partner_member")
