"""How much was heard of utterances that were cut short

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-21 08:40:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("utterances", sa.Column("heard_ms", sa.Integer()))


def downgrade() -> None:
    with op.batch_alter_table("utterances") as utterances:
        utterances.drop_column("heard_ms")
