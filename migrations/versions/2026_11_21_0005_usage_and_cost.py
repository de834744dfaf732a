"""What providers bill for a call, and what it costs

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-21 11:30:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite has no exact decimals: there they are text.
MONEY = sa.Numeric(18, 8).with_variant(sa.String(20), "sqlite")


def upgrade() -> None:
    op.create_table(
        "usage",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("provider", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(32), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("price", MONEY),
        sa.Column("price_per", sa.BigInteger()),
        sa.Column("cost", MONEY),
        sa.PrimaryKeyConstraint("call_sid", "stage", "provider", "unit", "variant", name="pk_usage"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="fk_usage_call_sid_calls", ondelete="CASCADE"),
    )
    op.add_column("calls", sa.Column("cost", MONEY))
    op.add_column("calls", sa.Column("currency", sa.String(3)))


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("currency")
        calls.drop_column("cost")
    op.drop_table("usage")
