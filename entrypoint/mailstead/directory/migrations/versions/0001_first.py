"""The first schema: domains, accounts, aliases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _created_at() -> sa.Column:
    return sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.current_timestamp())


def upgrade() -> None:
    """Make the tables, and the counter at nought."""
    meta = op.create_table(
        "meta",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("value", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.bulk_insert(meta, [{"key": "counter", "value": "0"}])
    op.create_table(
        "domains",
        sa.Column("name", sa.String(253), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("name", name="pk_domains"),
    )
    _accounts()
    _aliases()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("typed", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("quota", sa.BigInteger),
        sa.Column("enabled", sa.Boolean, nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.ForeignKeyConstraint(["domain"], ["domains.name"], name="fk_accounts_domain"),
        sa.UniqueConstraint("address", name="uq_accounts_address"),
    )


def _aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("target", sa.String(254), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("address", "target", name="pk_aliases"),
        sa.ForeignKeyConstraint(["domain"], ["domains.name"], name="fk_aliases_domain"),
    )
