"""The history of a call, and which process holds it

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-21 12:35:00+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_events",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("call_sid", "sequence", name="pk_call_events"),
        sa.ForeignKeyConstraint(
            ["call_sid"], ["calls.call_sid"], name="fk_call_events_call_sid_calls", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "instances",
        sa.Column("instance_id", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name="pk_instances"),
    )
    op.add_column("calls", sa.Column("instance_id", sa.String(64)))


def downgrade() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("instance_id")
    op.drop_table("instances")
    op.drop_table("call_events")
