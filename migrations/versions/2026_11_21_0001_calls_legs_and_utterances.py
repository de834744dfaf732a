"""Calls, legs and utterances

Revision ID: 0001
Revises:
Create Date: 2026-11-21 05:28:05+00:00
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("agent_call_sid", sa.String(64)),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("end_reason", sa.String(32)),
        sa.Column("agent_language", sa.String(16)),
        sa.Column("client_language", sa.String(16)),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("call_sid", name="pk_calls"),
    )
    op.create_index("ix_calls_started_at_call_sid", "calls", ["started_at", "call_sid"])
    op.create_index("ix_calls_ended_at", "calls", ["ended_at"])
    op.create_table(
        "legs",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("leg", sa.String(32), nullable=False),
        sa.Column("leg_call_sid", sa.String(64)),
        sa.Column("stream_sid", sa.String(64)),
        sa.Column("status", sa.String(32)),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("call_sid", "leg", name="pk_legs"),
        sa.ForeignKeyConstraint(["call_sid"], ["calls.call_sid"], name="fk_legs_call_sid_calls", ondelete="CASCADE"),
    )
    op.create_table(
        "utterances",
        sa.Column("call_sid", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("speaker", sa.String(32), nullable=False),
        sa.Column("source_language", sa.String(16), nullable=False),
        sa.Column("target_language", sa.String(16), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("translated_text", sa.Text()),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("speech_ms", sa.Integer(), nullable=False),
        sa.Column("recognition_ms", sa.Integer()),
        sa.Column("translation_ms", sa.Integer()),
        sa.Column("synthesis_ms", sa.Integer()),
        sa.Column("queue_ms", sa.Integer()),
        sa.Column("total_ms", sa.Integer()),
        sa.Column("error_code", sa.String(64)),
        sa.PrimaryKeyConstraint("call_sid", "sequence", name="pk_utterances"),
        sa.ForeignKeyConstraint(
            ["call_sid"], ["calls.call_sid"], name="fk_utterances_call_sid_calls", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("utterances")
    op.drop_table("legs")
    op.drop_table("calls")
