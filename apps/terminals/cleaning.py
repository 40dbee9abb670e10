"""After a session: what it left in the container is ended, and that nothing is left is proved by a second look.

What a shell starts inherits its marker in the environment, and /proc shows the environment of every process. Must not:
take an answer that was not understood for "clean", or end a process without the marker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.audit.services import record
from apps.common.db import db_now
from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.exec import annotate_pod, run_in
from apps.integrations.kubernetes.types import TOUCHED
from apps.integrations.loop import run
from apps.terminals.models import TerminalSession
from apps.terminals.services.notes import TERMINAL
from apps.tickets import hints

C = TerminalSession.Cleanup
ATTEMPTS_MOST = 8
FIRST_AGAIN, MOST_AGAIN = timedelta(seconds=5), timedelta(minutes=10)
SECONDS = 30.0
# $1 is the marker, which this shell has as an argument and so not in its own environment. HUP at first, KILL after most
# of a second, in few rounds, for each looks at every process there is; one that goes between the list and the look is no
# error. A shell that cannot even see its own environment (no /proc, no grep) would find nothing whatever is there, so it
# says that it is blind.
SCRIPT = """
found=0
left=0
if grep -q = "/proc/$$/environ" 2>/dev/null; then sees=1; else echo blind; exit 3; fi
for round in 1 2 3 4 5 6 7 8 9; do
  pids=""
  left=0
  for place in /proc/[0-9]*; do
    if grep -q "OPSPORTAL_SESSION=$1" "$place/environ" 2>/dev/null; then
      pids="$pids ${place#/proc/}"
      left=$((left + 1))
    fi
  done
  if [ "$round" = 1 ]; then found=$left; fi
  if [ "$left" = 0 ]; then break; fi
  if [ "$round" = 1 ]; then kill -HUP $pids 2>/dev/null; sleep 0.7; else kill -KILL $pids 2>/dev/null; sleep 0.1; fi
done
echo "found=$found left=$left"
"""
ANSWER = re.compile(rb"^found=(\d+) left=(\d+)\s*$", re.MULTILINE)
BLIND = b"blind"
NO_PROGRAM = "kubernetes.exec_failed"


@dataclass(frozen=True)
class Look:
    """What a look into the container came to; `again`: nobody could tell yet."""

    state: str
    code: str
    params: dict[str, Any]
    pod_is_gone: bool = False
    again: bool = False


def clean(session: TerminalSession) -> Look:
    """Look, end, look again, and write down what came of it. Calls the cluster; never inside a transaction."""
    look = _look(session)
    attempts = session.cleanup_attempts + 1
    if look.state == C.DONE and session.touched_at is not None:
        look = _annotated(session, look)
    if look.again and attempts >= ATTEMPTS_MOST:
        look = Look(C.FAILED, look.code, look.params)
    _write(session, look, attempts)
    return look


def _look(session: TerminalSession) -> Look:
    if not session.cluster.is_enabled:
        return Look(C.FAILED, "terminal.cleanup.withdrawn", {"cluster": session.cluster.name})
    try:
        return run(_into_container(get_kubernetes(session.cluster), session), SECONDS + settings.CONFIG.outside_timeout)
    except IntegrationError as error:
        return Look(C.PENDING, error.code, error.params, again=True)


async def _into_container(client: Kubernetes, session: TerminalSession) -> Look:
    """The script, by the first shell that can be started; nothing to look into is as clean as can be."""
    pod = await client.find_object("pods", session.namespace, session.pod)
    if pod is None or pod["metadata"]["uid"] != session.pod_uid:
        return Look(C.NOT_NEEDED, "terminal.cleanup.container_gone", {}, pod_is_gone=True)
    if not _runs(pod, session.container):
        return Look(C.NOT_NEEDED, "terminal.cleanup.container_gone", {})
    for shell in _shells(session):
        argv = [shell, "-c", SCRIPT, shell, str(session.marker)]
        try:
            output, _ = await run_in(
                client, session.namespace, session.pod, session.container, argv, limit=4096, seconds=SECONDS
            )
        except Rejected as error:
            if error.code != NO_PROGRAM:
                raise
            continue
        return _judged(output)
    return Look(C.FAILED, "terminal.cleanup.no_shell", {})


def _judged(output: bytes) -> Look:
    answer = ANSWER.search(output)
    if output.strip() == BLIND:
        return Look(C.FAILED, "terminal.cleanup.blind", {})
    if answer is None:
        return Look(C.PENDING, "terminal.cleanup.unclear", {"said": output[-200:].decode(errors="replace")}, again=True)
    found, left = int(answer[1]), int(answer[2])
    if left:
        return Look(C.PENDING, "terminal.cleanup.left", {"found": found, "left": left}, again=True)
    return Look(C.DONE, "terminal.cleanup.done", {"found": found})


def _runs(pod: dict[str, Any], container: str) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses") or []
    return any(one.get("name") == container and "running" in (one.get("state") or {}) for one in statuses)


def _shells(session: TerminalSession) -> list[str]:
    allowed = [name.strip() for name in settings.CONFIG.terminal_shells.split(",") if name.strip()]
    return sorted(allowed, key=lambda name: name != session.shell)


def _annotated(session: TerminalSession, look: Look) -> Look:
    """On the pod stands who touched it, for everybody who looks there; until it does the cleaning is not done."""
    assert session.touched_at is not None
    told = {TOUCHED: f"{session.pk} {session.touched_at.isoformat(timespec='seconds')}"}
    work = annotate_pod(get_kubernetes(session.cluster), session.namespace, session.pod, session.pod_uid, told)
    try:
        run(work, settings.CONFIG.outside_timeout)
    except NotFound:
        return Look(C.NOT_NEEDED, "terminal.cleanup.container_gone", {}, pod_is_gone=True)
    except IntegrationError as error:
        return Look(C.PENDING, error.code, error.params, again=True)
    return look


def _write(session: TerminalSession, look: Look, attempts: int) -> None:
    now = db_now()
    changes: dict[str, Any] = {
        "cleanup_state": look.state,
        "cleanup_reason": {"code": look.code, "params": look.params},
        "cleanup_attempts": attempts,
        "cleanup_due_at": now + min(MOST_AGAIN, FIRST_AGAIN * 2 ** (attempts - 1)) if look.state == C.PENDING else None,
    }
    if look.pod_is_gone and session.touched_at is not None and session.pod_gone_at is None:
        changes["pod_gone_at"] = now
    with transaction.atomic():
        mine = TerminalSession.objects.filter(pk=session.pk, cleanup_state=C.PENDING)
        if not mine.update(**changes) or look.state == C.PENDING:
            return
        record(
            "terminal.cleaned",
            target=session,
            params={"state": look.state, **changes["cleanup_reason"]},
            project_id=session.project_id,
            environment_id=session.environment_id,
            actor=TERMINAL,
        )
        hints.announce("terminals", session.pk, session.project_id)
