"""Run by Alembic, on the connection that consents/store/schema.py hands over."""

from importlib import import_module

from alembic import context

from consents.tables import metadata

# Each room declares its tables in a module of its own; importing it adds them to the metadata.
for tables in (
    "evidence.tables",
    "trust.tables",
    "citizen.tables",
    "gateways.outbox.tables",
    "national.tables",
    "optout.tables",
    "panel.tables",
    "providers.tables",
):
    import_module(tables)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
