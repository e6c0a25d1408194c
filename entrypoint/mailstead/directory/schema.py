"""The tables of the directory, and how a database gets them.

Plain SQL only, but for the few lines that say which database they are for: what runs on SQLite runs on PostgreSQL. To
change a table: change it here, add the next file to migrations/versions, raise HEAD; a test holds the two against each other.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
)

from . import HEAD, DirectoryError, server, triggers

# Constraints have names, so that a later migration can name the one it changes.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


def _created_at() -> Column:
    return Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.current_timestamp())


meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", String(255), nullable=False),
)
"""`counter`: raised by every change; a projection says which one it shows."""

domains = Table(
    "domains",
    metadata,
    Column("name", String(253), primary_key=True),
    Column("alias_of", ForeignKey("domains.name")),
    Column("receives", Boolean, nullable=False),
    Column("most_accounts", Integer),
    Column("total_quota", BigInteger),
    Column("catch_all", String(254)),
    Column("postmaster", String(254)),
    _created_at(),
)
"""`alias_of`: the domain whose addresses are meant by these; `total_quota` in bytes; null wherever nothing is set."""

accounts = Table(
    "accounts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", String(254), nullable=False, unique=True),
    Column("domain", ForeignKey("domains.name"), nullable=False),
    Column("typed", String(254), nullable=False),
    Column("name", String(255), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("quota", BigInteger),
    Column("enabled", Boolean, nullable=False),
    Column("may_send", Boolean, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("keeps_copy", Boolean, nullable=False),
    _created_at(),
)
"""`address` in lower case, `typed` as it was written when made; `name` is a person's; `quota` in bytes, null for the
settings' default; `must_change`: the password is a first one; `keeps_copy`: of what an alias at this address forwards."""

senders = Table(
    "senders",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("address", String(254), primary_key=True),
)
"""What an account may send as, beside its own address and the aliases that lead to it."""

former_addresses = Table(
    "former_addresses",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    _created_at(),
)
"""What a renamed account was called: mail for it may still wait in the queue."""

app_passwords = Table(
    "app_passwords",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("slot", Integer, nullable=False),
    Column("scope", String(8), nullable=False),
    Column("password_hash", String(255), nullable=False),
    _created_at(),
    UniqueConstraint("account_id", "slot"),
)
"""`slot`, from 0: which of the projected files has it; `scope`: send, read or both."""

deleted_accounts = Table(
    "deleted_accounts",
    metadata,
    Column("folder", String(300), primary_key=True),
    Column("address", String(254), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("record", JSON, nullable=False),
    _created_at(),
)
"""What `account restore` needs: where the mail lies below /var/mail/.deleted, until when, and the account as it was."""

aliases = Table(
    "aliases",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("target", String(254), primary_key=True),
    Column("domain", ForeignKey("domains.name"), nullable=False),
    _created_at(),
)
"""One row for each target of an alias. At the address of an account: where its mail is forwarded."""

patterns = Table(
    "patterns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain", ForeignKey("domains.name"), nullable=False),
    Column("pattern", String(254), nullable=False),
    Column("target", String(254), nullable=False),
    _created_at(),
    UniqueConstraint("domain", "pattern", "target"),
)
"""Aliases whose local part is a regular expression, tried in the order of `id`; one row for each target."""

groups = Table(
    "groups",
    metadata,
    Column("address", String(254), primary_key=True),
    Column("domain", ForeignKey("domains.name"), nullable=False),
    Column("post", String(8), nullable=False),
    Column("list_id", Boolean, nullable=False),
    Column("reply_to", String(254)),
    _created_at(),
)
"""`post`: anyone, domain or members; `list_id`: whether letters get a List-Id; `reply_to`: their Reply-To, or null."""

members = Table(
    "members",
    metadata,
    Column("group_address", ForeignKey("groups.address", ondelete="CASCADE"), primary_key=True),
    Column("member", String(254), primary_key=True),
)
"""Accounts, groups, aliases and addresses elsewhere."""

relays = Table(
    "relays",
    metadata,
    Column("domain", ForeignKey("domains.name", ondelete="CASCADE"), primary_key=True),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("tls", String(16), nullable=False),
    Column("login", String(255)),
    Column("password", String(255)),
    Column("sender", String(254)),
    _created_at(),
)
"""By which server the mail of a domain leaves; `tls`: verify, encrypt or opportunistic. `password` as it is, since that server
wants it so; `sender`: the one address it takes mail from."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.current_timestamp()),
    Column("who", String(64), nullable=False),
    Column("interface", String(16), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(254), nullable=False),
    Column("words", Text, nullable=False),
    Column("facts", JSON, nullable=False),
)
"""Every change, written in its transaction; never a password or a hash."""


def utc(moment: datetime) -> datetime:
    """Return a moment as a database gives it, in UTC; SQLite leaves out what all of them are in."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_UPGRADING = 0x6D61696C  # the number of a lock in the database that is nobody else's ("mail")

# Alembic's own table; not in `metadata`, where Alembic does not expect it.
_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def open(url: str) -> Engine:
    """Return an engine for the directory at a URL. A commit that has returned survives a power cut."""
    known = server(url)
    if known:
        # The URL is the server's own, with parameters that SQLAlchemy does not know.
        return create_engine(f"{known.DIALECT}://", creator=lambda: known.connect(url), use_native_hstore=False)
    engine = create_engine(url)
    _make_private(Path(engine.url.database or ""))
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def _make_private(file: Path) -> None:
    # It holds every password's hash. SQLite gives its journal the mode of the database.
    file.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _connected(connection, _record) -> None:
    # Python's own way of opening transactions leaves reads and DDL outside; `_begun` opens them instead.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 10000")
    # The default journal keeps the database one file, which any backup tool can take; with it, only EXTRA also waits
    # until the journal's removal, which is the commit, is on the disk (sqlite.org/pragma.html#pragma_synchronous).
    connection.execute("PRAGMA synchronous = EXTRA")


def _begun(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def steady(engine: Engine) -> Connection:
    """Return a connection that sees the directory as it is at one moment, whoever changes it meanwhile."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    return engine.connect()


def upgrade(engine: Engine) -> None:
    """Bring a database to the newest schema; DirectoryError if a newer Mailstead or another program wrote it."""
    with engine.begin() as connection:
        _queue(connection)
        tables = inspect(connection).get_table_names()
        if not tables:
            _create(connection)
        revision = _revision(connection, tables) if tables else HEAD
    if revision < HEAD:
        migrate(engine)


def _queue(connection: Connection) -> None:
    # Two machines that start with a new image at the same time, or with a new database.
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_UPGRADING)))


def _create(connection: Connection) -> None:
    # A new database needs no history: Alembic's import would cost a first start as much as SQLAlchemy's.
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(meta).values(key="counter", value="0"))
    _version.create(connection)
    connection.execute(insert(_version).values(version_num=HEAD))
    triggers.make(connection)


def _revision(connection: Connection, tables: list[str]) -> str:
    if _version.name not in tables:
        raise DirectoryError("the database holds tables that are not Mailstead's; give the directory a database of its own")
    revision = connection.scalar(select(_version.c.version_num)) or ""
    if revision > HEAD:
        raise DirectoryError(
            f"the directory was written by a newer Mailstead (schema {revision}; this one knows {HEAD}): "
            "start that version again, or restore a backup from before it"
        )
    return revision


def migrate(engine: Engine, to: str = "head") -> None:
    """Run the migrations a database lacks, up to one of them, all in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        _queue(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, to)
