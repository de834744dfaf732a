"""What can go wrong with a database, and which of it is worth another try.

The texts of these errors may hold rows, and rows hold speech: log the class only.
"""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

DATABASE_FAILURES = (SQLAlchemyError, OSError)
"""Everything that a dead, slow or full database raises; a refused connection and every timeout are OSErrors."""

WRITE_FAILURES = (*DATABASE_FAILURES, ValueError, OverflowError)
"""The same, and what the drivers raise themselves for a value that has no place in a column."""

_REFUSED_STATES = ("22", "23")
"""SQLSTATE classes "data exception" and "integrity constraint violation" (PostgreSQL documentation, appendix A)."""


def is_refusal(error: BaseException) -> bool:
    """Return whether the data itself does not fit: to try the same again cannot help.

    False for a database that is away, locked, full or not migrated yet.
    """
    match error:
        case IntegrityError() | DataError() | ValueError() | OverflowError():
            return True
        case DBAPIError():
            # SQLAlchemy has no DataError for asyncpg: the server's are told by their SQLSTATE, and those that asyncpg
            # finds while it encodes a parameter are InterfaceErrors caused by a ValueError.
            state = getattr(error.orig, "sqlstate", None) or ""
            encoding = error.statement is not None and isinstance(getattr(error.orig, "__cause__", None), ValueError)
            return encoding or state.startswith(_REFUSED_STATES)
        case StatementError():
            return True
        case _:
            return False
