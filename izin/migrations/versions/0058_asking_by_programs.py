"""The outbox row of a request's message; a partner's right to ask for consents."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("consent_request", sa.Column("message", ID))
    op.add_column("partner_grant", sa.Column("via", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("partner_grant", "via")
    op.drop_column("consent_request", "message")
