"""Declared classes and the locked test set stand with a shared journal, the same for all its curators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables in a database that holds a journal alone; a project's own file has them already."""
    if "project" in context.config.attributes["parts"]:
        return
    op.create_table(
        "setting", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_table("test_sample", sa.Column("id", sa.Text, primary_key=True))
    op.create_table(
        "test_version",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
