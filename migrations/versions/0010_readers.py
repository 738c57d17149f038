"""Which program was handed a page or a file, so that one program's reading says nothing of another's."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = ["brand", "reader", "side", "last_event"]
UNTAKEN = sa.text("way = 'feed' AND taken_at IS NULL")


# Whose program it was can only have been one where the provider has one user and no partner.
KNOWN = """
UPDATE handout SET reader = (
    SELECT min(u.id) FROM api_user u JOIN brand b ON b.provider = u.provider WHERE b.id = handout.brand
    HAVING count(*) = 1
) WHERE way IN ('feed', 'file') AND NOT EXISTS (SELECT 1 FROM partner_grant g WHERE g.brand = handout.brand)
"""


def upgrade() -> None:
    with op.batch_alter_table("handout") as batch:
        batch.add_column(sa.Column("reader", ID))
        batch.create_foreign_key("handout_reader_fkey", "api_user", ["reader"], ["id"])
    op.execute(KNOWN)
    op.create_index("handout_read", "handout", COLUMNS)
    op.create_index("handout_untaken", "handout", COLUMNS, sqlite_where=UNTAKEN, postgresql_where=UNTAKEN)
