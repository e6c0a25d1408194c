"""The first schema: domains, accounts and what belongs to them, aliases, groups, the audit."""

import sqlalchemy as sa
from alembic import op

from mailstead.directory import triggers

revision = "0001"
down_revision = None

_COUNTED = (
    "domains", "accounts", "senders", "former_addresses", "app_passwords", "aliases", "patterns", "groups", "members",
)


def upgrade() -> None:
    """Make the tables, the counter at nought, and what lets PostgreSQL raise it."""
    meta = op.create_table("meta", _text("key", 64), _text("value", 255), _primary("meta", "key"))
    op.bulk_insert(meta, [{"key": "counter", "value": "0"}])
    for make in (_domains, _accounts, _senders, _former_addresses, _app_passwords, _deleted_accounts):
        make()
    for make in (_aliases, _patterns, _groups, _members, _audit):
        make()
    triggers.make(op.get_bind(), _COUNTED)


def _column(name: str, kind: sa.types.TypeEngine, *, optional: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=optional)


def _text(name: str, length: int = 254, *, optional: bool = False) -> sa.Column:
    return _column(name, sa.String(length), optional=optional)


def _moment(name: str = "created_at") -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.current_timestamp())


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _foreign(table: str, column: str, of: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [of], name=f"fk_{table}_{column}", ondelete=ondelete)


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _domains() -> None:
    op.create_table(
        "domains",
        _text("name", 253),
        _text("alias_of", 253, optional=True),
        _column("receives", sa.Boolean()),
        _column("most_accounts", sa.Integer(), optional=True),
        _column("total_quota", sa.BigInteger(), optional=True),
        _text("catch_all", optional=True),
        _text("postmaster", optional=True),
        _moment(),
        _primary("domains", "name"),
        _foreign("domains", "alias_of", "domains.name"),
    )


def _accounts() -> None:
    op.create_table(
        "accounts",
        _column("id", sa.Integer()),
        _text("address"),
        _text("domain", 253),
        _text("typed"),
        _text("name", 255),
        _text("password_hash", 255),
        _column("quota", sa.BigInteger(), optional=True),
        *(_column(name, sa.Boolean()) for name in ("enabled", "may_send", "must_change", "keeps_copy")),
        _moment(),
        _primary("accounts", "id"),
        _foreign("accounts", "domain", "domains.name"),
        _unique("accounts", "address"),
    )


def _senders() -> None:
    op.create_table(
        "senders",
        _column("account_id", sa.Integer()),
        _text("address"),
        _primary("senders", "account_id", "address"),
        _foreign("senders", "account_id", "accounts.id", "CASCADE"),
    )


def _former_addresses() -> None:
    op.create_table(
        "former_addresses",
        _text("address"),
        _column("account_id", sa.Integer()),
        _moment(),
        _primary("former_addresses", "address"),
        _foreign("former_addresses", "account_id", "accounts.id", "CASCADE"),
    )


def _app_passwords() -> None:
    op.create_table(
        "app_passwords",
        _column("account_id", sa.Integer()),
        _text("name", 64),
        _column("slot", sa.Integer()),
        _text("scope", 8),
        _text("password_hash", 255),
        _moment(),
        _primary("app_passwords", "account_id", "name"),
        _foreign("app_passwords", "account_id", "accounts.id", "CASCADE"),
        _unique("app_passwords", "account_id", "slot"),
    )


def _deleted_accounts() -> None:
    op.create_table(
        "deleted_accounts",
        _text("folder", 300),
        _text("address"),
        _column("until", sa.DateTime(timezone=True)),
        _column("record", sa.JSON()),
        _moment(),
        _primary("deleted_accounts", "folder"),
    )


def _aliases() -> None:
    op.create_table(
        "aliases",
        _text("address"),
        _text("target"),
        _text("domain", 253),
        _moment(),
        _primary("aliases", "address", "target"),
        _foreign("aliases", "domain", "domains.name"),
    )


def _patterns() -> None:
    op.create_table(
        "patterns",
        _column("id", sa.Integer()),
        _text("domain", 253),
        _text("pattern"),
        _text("target"),
        _moment(),
        _primary("patterns", "id"),
        _foreign("patterns", "domain", "domains.name"),
        _unique("patterns", "domain", "pattern", "target"),
    )


def _groups() -> None:
    op.create_table(
        "groups",
        _text("address"),
        _text("domain", 253),
        _text("post", 8),
        _column("list_id", sa.Boolean()),
        _text("reply_to", optional=True),
        _moment(),
        _primary("groups", "address"),
        _foreign("groups", "domain", "domains.name"),
    )


def _members() -> None:
    op.create_table(
        "members",
        _text("group_address"),
        _text("member"),
        _primary("members", "group_address", "member"),
        _foreign("members", "group_address", "groups.address", "CASCADE"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        _column("id", sa.Integer()),
        _moment("at"),
        _text("who", 64),
        _text("interface", 16),
        _text("action", 64),
        _text("subject"),
        _column("words", sa.Text()),
        _column("facts", sa.JSON()),
        _primary("audit", "id"),
    )
