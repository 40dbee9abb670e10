"""Signing in and out with a browser session.

Must not: say why a login failed, or write what was typed as a name into the audit trail (it may be a password).
"""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from apps.accounts import throttle
from apps.accounts.errors import LoginFailed
from apps.accounts.models import User, UserSession
from apps.audit import services as audit
from apps.policy.actor import ANONYMOUS, Actor

BACKEND = "django.contrib.auth.backends.ModelBackend"


def sign_in(request: HttpRequest, username: str, password: str) -> User:
    """A new session for the right name and password; each attempt is counted first."""
    visitor = _actor(request, None)
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
        login(request, user, backend=BACKEND)
        request.session.save()
        remember_session(request, user)
        audit.record("session.created", target=user, actor=_actor(request, user))
    throttle.forget(username, visitor.ip)
    return user


def sign_out(request: HttpRequest, *, actor: Actor) -> None:
    """End the session and forget its key."""
    with transaction.atomic():
        UserSession.objects.filter(session_key=request.session.session_key or "").delete()
        audit.record("session.ended", target=("accounts.user", actor.user_id or 0, actor.name), actor=actor)
        logout(request)


def remember_session(request: HttpRequest, user: User) -> None:
    """Note whose session this is; rows of sessions that have run out go at the same time."""
    live = Session.objects.filter(expire_date__gt=Now()).values("session_key")
    UserSession.objects.filter(user=user).exclude(session_key__in=live).delete()
    UserSession.objects.get_or_create(
        session_key=request.session.session_key or "",
        defaults={"user": user, "ip": request.META.get("REMOTE_ADDR", "")},
    )


def keep_own_session(request: HttpRequest, user: User) -> None:
    """After a change of password every other session is void; the one that made the change goes on."""
    old_key = request.session.session_key
    update_session_auth_hash(request, user)
    request.session.save()
    end_sessions(user, but=old_key or "")
    UserSession.objects.filter(session_key=old_key or "").update(session_key=request.session.session_key)


def end_sessions(user: User, *, but: str = "") -> None:
    """Delete the user's sessions, from the next request on nobody holds one."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=but)
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()


def _actor(request: HttpRequest, user: User | None) -> Actor:
    ip, request_id = request.META.get("REMOTE_ADDR", ""), getattr(request, "request_id", "")
    if user is None:
        return Actor(user_id=None, name=ANONYMOUS.name, kind="user", ip=ip, request_id=request_id)
    return Actor(user.pk, user.username, "user", is_instance_admin=user.is_instance_admin, ip=ip, request_id=request_id)


def _record_failure(username: str, visitor: Actor) -> None:
    known = User.objects.filter(username=username.lower()).first()
    target = ("accounts.user", known.pk, known.username) if known else None
    audit.record_refusal("session.create", target=target, params={"code": LoginFailed.code}, actor=visitor)
