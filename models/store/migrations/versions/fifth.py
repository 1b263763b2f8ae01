"""Acts that took a model's word say so themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Acts from before told it by how their title begins."""
    if "labels" in context.config.attributes["parts"]:
        op.add_column("event", sa.Column("accepts", sa.Integer, nullable=False, server_default="0"))
        op.execute("UPDATE event SET accepts = 1 WHERE undoes IS NULL AND redoes IS NULL AND title LIKE 'Accept %'")
