"""Why a clause was translated when it was

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-21 08:40:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("utterances", sa.Column("commit_reason", sa.String(32), server_default="final", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        utterances.drop_column("commit_reason")
