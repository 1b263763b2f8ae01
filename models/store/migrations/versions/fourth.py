"""Samples that an act made of others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Samples that are there came from their sources."""
    if "project" in context.config.attributes["parts"]:
        op.add_column("sample", sa.Column("made", sa.Integer, nullable=False, server_default="0"))
