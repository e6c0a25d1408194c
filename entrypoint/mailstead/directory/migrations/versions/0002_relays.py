"""Relays: by which server the mail of a domain leaves."""

import sqlalchemy as sa
from alembic import op

from mailstead.directory import triggers

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and let PostgreSQL count its changes."""
    op.create_table(
        "relays",
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("tls", sa.String(16), nullable=False),
        sa.Column("login", sa.String(255), nullable=True),
        sa.Column("password", sa.String(255), nullable=True),
        sa.Column("sender", sa.String(254), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.current_timestamp()),
        sa.PrimaryKeyConstraint("domain", name="pk_relays"),
        sa.ForeignKeyConstraint(["domain"], ["domains.name"], name="fk_relays_domain", ondelete="CASCADE"),
    )
    triggers.count(op.get_bind(), ["relays"])
