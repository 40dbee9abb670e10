"""Signing in and out with a browser session, and the list of one's own sessions.

Must not: say why a login failed, write what was typed as a name into the audit trail (it may be a password), or tell
a session's key to anybody.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Now
from django.http import HttpRequest

from apps.accounts import throttle
from apps.accounts.errors import LoginFailed
from apps.accounts.models import User, UserSession
from apps.audit import services as audit
from apps.common.db import ClockTimestamp
from apps.common.errors import Missing
from apps.policy.actor import ANONYMOUS, Actor

BACKEND = "django.contrib.auth.backends.ModelBackend"
SEEN_EVERY = timedelta(minutes=1)
_MOST_NOTED = 10_000
_noted: dict[str, float] = {}  # session key → when this process last wrote that it was seen


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """A new session for the right name and password; each attempt is counted first."""
    visitor = person_at(request, None)
    throttle.count_attempt(username, visitor.ip)
    found = authenticate(request, username=username.lower(), password=password)
    if found is None:
        _record_failure(username, visitor)
        raise LoginFailed
    with transaction.atomic():
        # the row lock orders this after or before `people.disable`, so no session outlives it
        user = User.objects.select_for_update().filter(pk=found.pk, is_active=True).first()
        if user is None:
            raise LoginFailed
        begin_session(request, user)
    throttle.forget(username, visitor.ip)
    return user


def begin_session(request: HttpRequest, user: User) -> None:
    """A session for a person who has shown who he is; inside the transaction that holds his row."""
    login(request, user, backend=BACKEND)
    request.session.save()
    remember_session(request, user)
    audit.record("session.created", target=user, actor=person_at(request, user))


def sign_out(request: HttpRequest, *, actor: Actor) -> None:
    """End the session and forget its key."""
    with transaction.atomic():
        UserSession.objects.filter(session_key=request.session.session_key or "").delete()
        audit.record("session.ended", target=_owner(actor), actor=actor)
        logout(request)


def remember_session(request: HttpRequest, user: User) -> None:
    """Note whose session this is; rows of sessions that have run out go at the same time."""
    key = request.session.session_key or ""
    UserSession.objects.filter(user=user).exclude(session_key__in=_live_keys()).delete()
    UserSession.objects.get_or_create(
        session_key=key,
        defaults={
            "user": user,
            "ip": request.META.get("REMOTE_ADDR", ""),
            "user_agent": _printable(request.META.get("HTTP_USER_AGENT", ""))[:300],
        },
    )
    _note(key)


def own_sessions(user: User) -> QuerySet[UserSession]:
    """The person's sessions that have not run out."""
    return UserSession.objects.filter(user=user, session_key__in=_live_keys())


def end_own_session(user: User, session_id: int, *, actor: Actor) -> None:
    """End one of the person's own sessions; another's looks as if it did not exist."""
    with transaction.atomic():
        row = UserSession.objects.select_for_update().filter(pk=session_id, user=user).first()
        if row is None:
            raise Missing
        Session.objects.filter(session_key=row.session_key).delete()
        row.delete()
        audit.record("session.ended", target=user, params={"session_id": session_id}, actor=actor)


def end_other_sessions(request: HttpRequest, user: User, *, actor: Actor) -> None:
    """End all sessions of the person but the one that asks."""
    with transaction.atomic():
        ended = end_sessions(user, but=request.session.session_key or "")
        audit.record("session.others_ended", target=user, params={"sessions": ended}, actor=actor)


def touch_session(request: HttpRequest) -> None:
    """Note that the session is in use, at most once a minute; most requests cost no statement for it."""
    key = request.session.session_key or ""
    if time.monotonic() - _noted.get(key, float("-inf")) < SEEN_EVERY.total_seconds():
        return
    _note(key)
    stale = UserSession.objects.filter(session_key=key, last_seen_at__lte=ClockTimestamp() - Value(SEEN_EVERY))
    stale.update(last_seen_at=ClockTimestamp())


def keep_own_session(request: HttpRequest, user: User) -> None:
    """After a change of password every other session is void; the one that made the change goes on."""
    old_key = request.session.session_key
    update_session_auth_hash(request, user)
    request.session.save()
    end_sessions(user, but=old_key or "")
    UserSession.objects.filter(session_key=old_key or "").update(session_key=request.session.session_key)


def end_sessions(user: User, *, but: str = "") -> int:
    """Delete the user's sessions, from the next request on nobody holds one; how many there were."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=but)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    return len(keys)


def person_at(request: HttpRequest, user: User | None) -> Actor:
    """Who acts in a request that no authentication has signed: the person, or a visitor."""
    ip, request_id = request.META.get("REMOTE_ADDR", ""), getattr(request, "request_id", "")
    if user is None:
        return Actor(user_id=None, name=ANONYMOUS.name, kind="user", ip=ip, request_id=request_id)
    return Actor(
        user.pk,
        user.username,
        "user",
        is_instance_admin=user.is_instance_admin,
        ip=ip,
        request_id=request_id,
        display_name=user.display_name,
    )


def _live_keys() -> QuerySet[Session, Any]:
    return Session.objects.filter(expire_date__gt=Now()).values("session_key")


def _note(key: str) -> None:
    if len(_noted) >= _MOST_NOTED:
        _noted.clear()
    _noted[key] = time.monotonic()


def _printable(text: str) -> str:
    """A header as a column takes it: PostgreSQL stores no NUL, and a line break has no business here."""
    return "".join(char for char in text if char.isprintable())


def _owner(actor: Actor) -> tuple[str, int, str]:
    return ("accounts.user", actor.user_id or 0, actor.name)


def _record_failure(username: str, visitor: Actor) -> None:
    known = User.objects.filter(username=username.lower()).first()
    target = ("accounts.user", known.pk, known.username) if known else None
    audit.record_refusal("session.create", target=target, params={"code": LoginFailed.code}, actor=visitor)
