"""Hashes of sources, the run that was shown, withdrawn samples, the locked test set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the second version knows; what was there stays as it is."""
    parts = context.config.attributes["parts"]
    if "project" in parts:
        op.add_column("source", sa.Column("sha", sa.Text, nullable=False, server_default=""))
        op.create_index("source_path", "source", ["path"])
        op.create_table("test_sample", sa.Column("id", sa.Text, primary_key=True))
        op.create_table(
            "test_version",
            sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("sha", sa.Text, nullable=False),
            sa.Column("at", sa.Text, nullable=False),
        )
    if "labels" in parts:
        op.add_column("event", sa.Column("run", sa.Text, nullable=False, server_default=""))
        op.create_table(
            "tombstone", sa.Column("sha", sa.Text, primary_key=True), sa.Column("at", sa.Text, nullable=False)
        )
