"""Flags of utterances

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-21 08:20:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("utterances", sa.Column("flags", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        utterances.drop_column("flags")
