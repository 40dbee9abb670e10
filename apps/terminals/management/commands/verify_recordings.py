"""`manage.py verify_recordings`: checks recordings against themselves and the audit trail; exit code 1 and the places
when something was tampered with. Running sessions are checked as far as they have come.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.common.messages import sentence
from apps.terminals.models import TerminalSession
from apps.terminals.recording.checking import check_all, check_session
from apps.terminals.recording.store import recording_store
from apps.terminals.recording.verify import Verdict


class Command(BaseCommand):
    help = "Check the recordings of terminals and name session, segment and byte of what does not hold."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--session", type=int, action="append", default=[], help="only this one; may be repeated")

    def handle(self, *args: Any, **options: Any) -> None:
        recordings = segments = wrong = 0
        for session_id, verdict in self._verdicts(options["session"]):
            recordings += 1
            segments += verdict.sealed.segments
            if not verdict.is_intact:
                wrong += 1
                self.stdout.write(told(session_id, verdict))
        if wrong:
            raise CommandError(f"{wrong} of {recordings} recordings do not hold.")
        self.stdout.write(f"{recordings} recordings with {segments} segments are intact.")

    def _verdicts(self, wanted: list[int]) -> Iterator[tuple[int, Verdict]]:
        store = recording_store()
        if not wanted:
            yield from check_all(store)
            return
        rows = TerminalSession.objects.in_bulk(wanted)
        for session_id in wanted:
            if session_id not in rows:
                raise CommandError(f"There is no session {session_id}.")
            yield session_id, check_session(store, rows[session_id])


def told(session_id: int, verdict: Verdict) -> str:
    """One line: the place, and what is wrong with it."""
    place = f"session {session_id}"
    if verdict.segment is not None:
        place += f", segment {verdict.segment}, byte {verdict.position}"
    params = {"session": session_id, "segment": verdict.segment, "position": verdict.position}
    return f"{place}: {sentence(verdict.code, params)}"
