"""Sessions with recordings, as rows and content; nothing runs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.terminals.models import TerminalSession
from apps.terminals.recording.chain import Sealed
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.services.notes import note_ended
from apps.workloads.models import Workload
from tests.support.factories import make_cluster, make_environment, make_project
from tests.terminals.recording.sealing import seal
from tests.workloads.objects import make_workload

LINES = (
    b'{"version":2,"width":80,"height":24,"timestamp":1790000000,"title":"t","env":{},"session":%d}\n',
    b'[0.5,"o","$ id\\r\\n"]\n',
    b'[1.5,"o","uid=0(root)\\r\\n"]\n',
)


def workload_of(slug: str = "book") -> Workload:
    return make_workload(make_project(slug), make_environment("test", "test"), make_cluster("dc1"), "web")


def session_of(workload: Workload, user: User, **fields: Any) -> TerminalSession:
    """A session that runs."""
    pair = workload.project_environment
    given = {
        "state": TerminalSession.State.LIVE,
        "host": "web-1",
        "opened_at": timezone.now(),
        "seen_at": timezone.now(),
        **fields,
    }
    return TerminalSession.objects.create(
        project=pair.project,
        environment=pair.environment,
        workload=workload,
        cluster=workload.placement.cluster,
        user=user,
        reason="the tests want to look inside",
        namespace="test",
        pod="web-1",
        pod_uid="uid-1",
        container="app",
        minutes=30,
        **given,
    )


def record(store: DirectoryStore, session_id: int, lines: tuple[bytes, ...] = LINES) -> Sealed:
    """A recording of a few segments, as the recorder writes it."""
    sealed = Sealed()
    store.create(session_id)
    for number, line in enumerate(lines):
        body = line % session_id if number == 0 else line
        before = sealed
        data, sealed = seal(body, number + 0.5, before)
        store.append(session_id, sealed.segments, before.bytes, data)
    return sealed


def recorded(store: DirectoryStore, workload: Workload, user: User, **fields: Any) -> TerminalSession:
    """A session that has ended, with its recording."""
    session = session_of(workload, user, **fields)
    note_ended(session.pk, "terminal.end.left", {}, 0, record(store, session.pk))
    session.refresh_from_db()
    return session
