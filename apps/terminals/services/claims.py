"""Claims: single use, thirty seconds, bound to a session and the login that asked; and what opening a socket takes.

Must not: keep a claim (only its SHA-256), tell why one was refused, or open anything by a right that was read earlier.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Now

from apps.accounts.authentication import actor_for
from apps.accounts.models import UserSession
from apps.audit.services import record, record_refusal
from apps.common.db import ClockTimestamp
from apps.common.errors import Conflict, Denied
from apps.integrations.models import Cluster
from apps.policy.services import require
from apps.terminals.models import TerminalClaim, TerminalSession
from apps.terminals.rights import Row, action_of, actor_of_session, causes, rows_of
from apps.terminals.services.notes import end_session
from apps.terminals.services.sweeping import HOST_SILENT_FOR
from apps.workloads.pods import own

CLAIM_LIVES = timedelta(seconds=30)
S = TerminalSession.State
# what a cluster says of the pod → how the session ends, and what was taken away
GONE = {
    "pod.gone": ("terminal.end.pod_gone", ""),
    "pod.replaced": ("terminal.end.pod_replaced", ""),
    "pod.not_ours": ("terminal.end.revoked", "pod"),
}


@dataclass(frozen=True)
class Target:
    """What a socket was opened for. `is_new`: no shell runs yet, one is to be started; else it is taken up again."""

    session_id: int
    is_new: bool
    cluster: Cluster
    namespace: str
    pod: str
    pod_uid: str
    container: str
    marker: str
    user_id: int
    project_id: int
    environment_id: int
    title: str
    image: str
    version: str
    shell: str
    minutes: int
    first_used_at: datetime | None
    ends_at: datetime | None
    extended: bool


def issue_claim(session: TerminalSession, login: UserSession) -> str:
    """A new claim for the session's socket; the caller has asked whether this login may have it."""
    claim = secrets.token_urlsafe(32)
    TerminalClaim.objects.create(
        session=session, digest=digest_of(claim), login=login, expires_at=Now() + Value(CLAIM_LIVES)
    )
    return claim


def digest_of(claim: str) -> str:
    """What is stored of a claim."""
    return hashlib.sha256(claim.encode()).hexdigest()


def redeem(session_id: int, claim: str, login_key: str, *, host: str, ip: str = "") -> Target:
    """Open the session's socket at the process `host`: the claim is used up, rights and pod are looked at anew.

    login_key: the session cookie that came with the handshake. May call the cluster, so never inside a transaction.
    Denied `terminal.claim_refused`; Conflict `terminal.elsewhere` (another live process holds it; the claim is still
    good), `terminal.ended_already` {end}; a cause to end (`terminal.end.…`, the session has ended then) as Conflict;
    what `require` raises; `pod.no_container`, `pod.container_not_running`; IntegrationError when the cluster is silent.
    """
    found = _claim(session_id, claim, login_key, ip)
    (row,) = rows_of([session_id])
    session = TerminalSession.objects.select_related("user", "project", "environment", "cluster").get(pk=session_id)
    if session.state == S.ENDED:
        raise Conflict("terminal.ended_already", end=session.end_code)
    _assert_here(session, row.now, host)
    if not TerminalClaim.objects.filter(_usable(), pk=found.pk).update(used_at=ClockTimestamp()):
        raise _refused(session, found.login, ip)
    _assert_entitled(session, row, ip)
    is_new = session.state == S.OPENING
    if is_new:
        _assert_own_pod(session)
    _take(session, host, ip)
    return _target(session, is_new)


def _usable() -> Q:
    return Q(used_at__isnull=True, expires_at__gt=ClockTimestamp())


def _claim(session_id: int, claim: str, login_key: str, ip: str) -> TerminalClaim:
    """The claim if it is this session's, this login's, unused and in time; one refusal for everything else."""
    live = Session.objects.filter(session_key=login_key, expire_date__gt=Now()).values("session_key")
    login = UserSession.objects.select_related("user").filter(session_key__in=live, user__is_active=True).first()
    session = TerminalSession.objects.filter(pk=session_id).first()
    if login is None:
        raise Denied("terminal.claim_refused")
    mine = TerminalClaim.objects.filter(_usable(), session=session_id, login=login, session__user=login.user_id)
    found = mine.filter(digest=digest_of(claim[:200])).select_related("login__user").first()
    if found is None or session is None:
        raise _refused(session, login, ip)
    return found


def _refused(session: TerminalSession | None, login: UserSession, ip: str) -> Denied:
    where = {} if session is None else {"project_id": session.project_id, "environment_id": session.environment_id}
    record_refusal(
        "terminal.connect",
        target=session,
        params={"code": "terminal.claim_refused"},
        **where,
        actor=actor_for(login.user, ip=ip),
    )
    return Denied("terminal.claim_refused")


def _assert_here(session: TerminalSession, now: datetime, host: str) -> None:
    """A shell lives in one process: another live one's is not taken away, a dead one's is lost."""
    if session.host in ("", host):
        return
    if session.seen_at is not None and now - session.seen_at <= HOST_SILENT_FOR:
        raise Conflict("terminal.elsewhere")
    end_session(session.pk, "terminal.end.host_lost", {})
    raise Conflict("terminal.ended_already", end="terminal.end.host_lost")


def _assert_entitled(session: TerminalSession, row: Row, ip: str) -> None:
    """As strict as the look of the guard; who lost the right is refused as in every room, and the session ends."""
    cause = causes([row]).get(row.pk)
    if cause is None:
        return
    end_session(session.pk, cause.code, cause.params)
    actor = actor_of_session(session, ip=ip)
    where = {"project_id": session.project_id, "environment_id": session.environment_id}
    require(actor, action_of(session), **where, obj=session)
    record_refusal("terminal.connect", target=session, params={"code": cause.code}, **where, actor=actor)
    raise Conflict(cause.code, **cause.params)


def _assert_own_pod(session: TerminalSession) -> None:
    """The pod may have gone, or left the workload, between the click and now: then the session is over."""
    try:
        own.assert_own_pod(session.workload, session.pod, uid=session.pod_uid, container=session.container)
    except Conflict as conflict:
        code, what = GONE.get(conflict.code, ("", ""))
        if not code:
            raise
        params: dict[str, Any] = {"pod": session.pod}
        if what:
            params = {"what": what, "project": session.project.slug, "environment": session.environment.slug}
        end_session(session.pk, code, params)
        raise Conflict(code, **params) from conflict


def _take(session: TerminalSession, host: str, ip: str) -> None:
    """The session is this process's from here on; Conflict when it ended or another process was quicker."""
    with transaction.atomic():
        free = TerminalSession.objects.filter(pk=session.pk, host__in=("", host)).exclude(state=S.ENDED)
        if not free.update(host=host, seen_at=ClockTimestamp()):
            raise Conflict("terminal.elsewhere")
        record(
            "terminal.connected",
            target=session,
            params={"pod": session.pod, "container": session.container, "again": session.state != S.OPENING},
            project_id=session.project_id,
            environment_id=session.environment_id,
            actor=actor_of_session(session, ip=ip),
        )


def _target(session: TerminalSession, is_new: bool) -> Target:
    return Target(
        session_id=session.pk,
        is_new=is_new,
        cluster=session.cluster,
        namespace=session.namespace,
        pod=session.pod,
        pod_uid=session.pod_uid,
        container=session.container,
        marker=str(session.marker),
        user_id=session.user_id,
        project_id=session.project_id,
        environment_id=session.environment_id,
        title=f"{session.project.slug} {session.environment.slug} {session.cluster.name} {session.pod}",
        image=session.image,
        version=session.version,
        shell=session.shell,
        minutes=session.minutes,
        first_used_at=session.first_used_at,
        ends_at=session.ends_at,
        extended=session.extended_at is not None,
    )
