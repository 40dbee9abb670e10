"""What administrators do to people, and people to their own account.

Must not: leave the portal without an active administrator, or a disabled user with a session or token.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from apps.accounts import links
from apps.accounts.models import ApiToken, User
from apps.accounts.sessions import end_sessions, keep_own_session
from apps.audit import services as audit
from apps.common.db import db_now
from apps.common.errors import Conflict, Invalid, Missing
from apps.common.problems import model_problems
from apps.policy.actor import Actor


def create_user(*, username: str, password: str | None, actor: Actor, **fields: Any) -> User:
    """A person with an initial password, or with none until he redeems a link."""
    _check_fields(User(username=username, **fields))
    if password is not None:
        check_password_rules(password, User(username=username, **fields))
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password, **fields)
            audit.record("user.created", target=user, params=_told(fields), actor=actor)
    except IntegrityError as error:
        raise Invalid(fields={"username": ["unique"]}) from error
    return user


def update_user(user_id: int, changes: dict[str, Any], *, actor: Actor) -> User:
    """Change a person as an administrator; disabling or a new password ends sessions and links, disabling tokens too."""
    with transaction.atomic():
        # all administrators are locked in one order, so that two cannot unmake each other at the same time
        admins = list(User.objects.select_for_update().filter(is_instance_admin=True, is_active=True).order_by("pk"))
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise Missing
        password = changes.pop("password", None)
        changed = {name: value for name, value in changes.items() if getattr(user, name) != value}
        for name, value in changed.items():
            setattr(user, name, value)
        if [admin.pk for admin in admins] == [user.pk] and not (user.is_active and user.is_instance_admin):
            raise Conflict("last_admin")
        if password is not None:
            check_password_rules(password, user)
            user.set_password(password)
        user.save()
        if password is not None or not user.is_active:
            end_sessions(user)
            links.void_links(user)
        elif "email" in changed:  # what was mailed to the address before no longer counts
            links.void_links(user, links.Purpose.PASSWORD_RESET)
        if not user.is_active:
            ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=db_now())
        _record_update(user, changed, password is not None, actor)
    return user


def update_self(user: User, changes: dict[str, Any], *, actor: Actor) -> User:
    """What a person may change of himself: how he is called, and how the portal looks and speaks to him."""
    if not changes:
        return user
    with transaction.atomic():
        for name, value in changes.items():
            setattr(user, name, value)
        user.save(update_fields=list(changes))
        audit.record("user.updated", target=user, params=_told(changes), actor=actor)
    return user


def change_password(request: HttpRequest, user: User, old: str, new: str, *, actor: Actor) -> None:
    """A new password by the person; every other session ends."""
    if not user.check_password(old):
        raise Invalid(fields={"old_password": ["wrong_password"]})
    check_password_rules(new, user, field="new_password")
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        keep_own_session(request, user)
        links.void_links(user)
        audit.record("user.password_changed", target=user, actor=actor)


def check_password_rules(password: str, user: User, *, field: str = "password") -> None:
    """The configured rules, as field errors."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        (problems,) = model_problems(error).values()
        raise Invalid(fields={field: problems}) from error


def _check_fields(user: User) -> None:
    """The model's own rules, for callers without a serializer."""
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise Invalid(fields=model_problems(error)) from error


def _record_update(user: User, changed: dict[str, Any], is_password_set: bool, actor: Actor) -> None:
    if changed or is_password_set:
        params = {**_told(changed), **({"password": "set"} if is_password_set else {})}
        disabled = changed.get("is_active") is False
        audit.record("user.disabled" if disabled else "user.updated", target=user, params=params, actor=actor)


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": {name: value for name, value in fields.items() if name != "password"}}
