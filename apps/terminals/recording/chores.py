"""Periodic work on recordings. Must not: do anything that is not done as well when it is done twice."""

from __future__ import annotations

from apps.terminals.recording import retention
from apps.tickets import registry


@registry.chore("terminals.recordings_settle", every=lambda: 30.0)
def settle_lost(_ident: str) -> None:
    """The end of a recording whose process died goes into the trail."""
    retention.settle_lost()


@registry.chore("terminals.recordings_age", every=lambda: 600.0)
def delete_old(_ident: str) -> None:
    """What is older than `recording_days` goes."""
    retention.delete_old()
