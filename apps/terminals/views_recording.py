"""The recording of a session over the API: its lines from an offset, for replay and for watching along, and whether it
is what was recorded.

Must not: decide rights, show a line without a note in the audit trail, or hold more than a page in memory.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import Conflict, Invalid, Missing
from apps.common.plain_text import AnyAccept
from apps.policy.permissions import actor_of
from apps.terminals import api
from apps.terminals.models import TerminalSession
from apps.terminals.recording.checking import check_session
from apps.terminals.recording.errors import RecordingError, RecordingGone
from apps.terminals.recording.reader import Page, read_page
from apps.terminals.recording.replays import note_replayed
from apps.terminals.recording.store import recording_store

ASCIICAST = "application/x-asciicast"
# Checking reads everything: what takes longer than a request may is a command's work.
CHECKED_BYTES = 256 * 1024 * 1024
MEGABYTE = 1024 * 1024
HEADERS = [
    OpenApiParameter("X-Recording-Size", int, OpenApiParameter.HEADER, response=True, description="bytes there are"),
    OpenApiParameter(
        "X-Recording-Complete", bool, OpenApiParameter.HEADER, response=True, description="no more will come"
    ),
]


class RecordingVerdictSerializer(serializers.Serializer[Any]):
    """Whether a recording is what was recorded; if not, the first place that does not hold."""

    intact = serializers.BooleanField()
    checked = serializers.IntegerField(help_text="segments that hold")
    segment = serializers.IntegerField(allow_null=True, help_text="number of the first that does not")
    position = serializers.IntegerField(allow_null=True, help_text="byte at which it begins")
    code = serializers.CharField(help_text="what is wrong with it; empty when nothing is")


class SessionRecording(APIView):
    """The lines of a recording."""

    policy_actions = {"GET": "terminal.replay"}
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="terminal_sessions_recording",
        parameters=[OpenApiParameter("after", int, description="byte offset, 0 by default"), *HEADERS],
        responses={(200, ASCIICAST): OpenApiTypes.STR},
    )
    def get(self, request: Request, session_id: int) -> HttpResponse:
        """Whole lines from `after` on, at most a megabyte; the next offset is `after` and the length of the answer."""
        after = _offset(request)
        session = readable(session_id, request)
        page = _page(session, after)
        note_replayed(session, actor=actor_of(request))
        response = HttpResponse(page.data, content_type=ASCIICAST)
        response["X-Recording-Size"] = str(page.size)
        response["X-Recording-Complete"] = "true" if session.state == TerminalSession.State.ENDED else "false"
        response["Cache-Control"] = "private, no-store"
        return response


class SessionRecordingVerify(APIView):
    """Is the recording what was recorded?"""

    policy_actions = {"GET": "terminal.replay"}

    @extend_schema(
        operation_id="terminal_sessions_recording_verify",
        responses=OpenApiResponse(response=RecordingVerdictSerializer),
    )
    def get(self, request: Request, session_id: int) -> Response:
        """Check every segment, and the end against the audit trail; 409 when there is too much of it for a request."""
        session = readable(session_id, request)
        store = recording_store()
        if (store.find_size(session.pk) or 0) > CHECKED_BYTES:
            raise Conflict("recording.too_big_to_check", megabytes=CHECKED_BYTES // MEGABYTE, session=session.pk)
        verdict = check_session(store, session)
        content = {
            "intact": verdict.is_intact,
            "checked": verdict.sealed.segments,
            "segment": verdict.segment,
            "position": verdict.position,
            "code": verdict.code,
        }
        return Response(RecordingVerdictSerializer(content).data)


def readable(session_id: int, request: Request) -> TerminalSession:
    """The session whose recording the reader may see: that of one that runs is watched, of one that ended replayed."""
    session = api.get_session(session_id, "terminal.replay", actor=actor_of(request))
    if session.state != TerminalSession.State.ENDED:
        session = api.get_session(session_id, "terminal.watch", actor=actor_of(request))
    if session.recording_deleted_at is not None:
        raise RecordingGone(at=session.recording_deleted_at.date().isoformat())
    return session


def _page(session: TerminalSession, after: int) -> Page:
    """A session that has only been asked for has no content yet; one that ended before it began never had."""
    try:
        return read_page(recording_store(), session.pk, after)
    except RecordingError as error:
        if error.code != "recording.missing" or session.recording_segments:
            raise
    if session.state == TerminalSession.State.ENDED:
        raise Missing("recording.none")
    return Page(b"", 0)


def _offset(request: Request) -> int:
    text = request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Invalid(fields={"after": [{"code": "invalid", "params": {}}]})
    return int(text)
