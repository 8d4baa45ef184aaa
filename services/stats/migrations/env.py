"""Run by alembic; everything it needs is shared by the services."""

from shared.runtime.migrate import run_in_alembic

run_in_alembic()
