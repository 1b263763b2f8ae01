"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of the parts that this database holds."""
    parts = context.config.attributes["parts"]
    op.create_table("counter", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", Number, nullable=False))
    if "project" in parts:
        _create_project()
    if "labels" in parts:
        _create_labels()


def _create_project() -> None:
    op.create_table(
        "setting", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )
    op.create_table(
        "source",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", Number, nullable=False),
        sa.Column("mtime", Number, nullable=False),
    )
    op.create_index("source_name", "source", ["name"])
    op.create_table(
        "sample",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject", Number, nullable=False),
        sa.Column("source", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("grp", sa.Text, nullable=False),
        sa.Column("meta", sa.Text, nullable=False),
    )
    op.create_index("sample_id", "sample", ["id"], unique=True)
    op.create_index("sample_source", "sample", ["source"])


def _create_labels() -> None:
    op.create_table(
        "subject",
        sa.Column("number", Number, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
    )
    op.create_index("subject_id", "subject", ["id"], unique=True)
    op.create_table(
        "event",
        sa.Column("number", Number, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("undoes", Number),
        sa.Column("redoes", Number),
    )
    op.create_table(
        "change",
        sa.Column("event", Number, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subject", Number, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("before_stamp", Number, nullable=False),
        sa.Column("after", sa.Text),
        sa.Column("after_stamp", Number, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("change_subject", "change", ["subject"])
