"""Who called whom, calls that stay deleted, and how many recordings were deleted

Revision ID: 0010
Revises: 0008
Create Date: 2026-11-21 14:35:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("direction", sa.String(32)))
    op.add_column("deletions", sa.Column("recordings", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "tombstones",
        sa.Column("call_hash", sa.String(64), nullable=False),
        sa.Column("deletion_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("call_hash", name="pk_tombstones"),
        sa.ForeignKeyConstraint(["deletion_id"], ["deletions.id"], name="fk_tombstones_deletion_id_deletions"),
    )


def downgrade() -> None:
    op.drop_table("tombstones")
    with op.batch_alter_table("deletions") as deletions:
        deletions.drop_column("recordings")
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("direction")
