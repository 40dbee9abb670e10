"""The database's clock and what happens after a commit.

Must not: open transactions or connections of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import BigIntegerField, BooleanField, DateTimeField, F, Func, Value


def db_now() -> datetime:
    """The time of the database's clock, the only one that counts (machines' clocks differ)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None  # the statement always answers one row
    now: datetime = row[0]
    return now


class ClockTimestamp(Func):
    """The database's clock at this very moment; `Now()` is the time at which the transaction began."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = DateTimeField()


class IsAnyOf(Func):
    """Whether a column is one of these numbers. One parameter for all of them, where `IN` has one for each: for some
    hundred of them that is most of what the statement costs here."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, numbers: Iterable[int]) -> None:
        super().__init__(F(column), Value(list(numbers), output_field=ArrayField(BigIntegerField())))


def bounded_transaction() -> None:
    """At the start of a transaction that holds what others wait for: a process that stands still in the middle of it is
    thrown out by the server, and its locks are free."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '5s'")


def on_commit(function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call after the transaction has committed; what fails there is logged and cannot undo the change."""
    transaction.on_commit(partial(function, *args, **kwargs), robust=True)


def in_own_transaction() -> bool:
    """Whether code (not a test case's wrapper) has opened a transaction that an exception would roll back."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)
