"""What Alembic runs for each upgrade; schema.migrate hands it the connection."""

from alembic import context

from mailstead.directory.schema import metadata

# Batch mode: SQLite changes a table by making it anew, and the same migration is an ALTER elsewhere.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
