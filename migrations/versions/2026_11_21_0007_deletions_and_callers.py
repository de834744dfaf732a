"""Evidence of deletions, and whose call it was as a keyed hash

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-21 12:52:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("older_than", sa.DateTime(timezone=True)),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("utterances", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deletions"),
    )
    op.add_column("calls", sa.Column("caller_hash", sa.String(64)))
    op.create_index("ix_calls_caller_hash", "calls", ["caller_hash"])


def downgrade() -> None:
    op.drop_index("ix_calls_caller_hash", "calls")
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("caller_hash")
    op.drop_table("deletions")
