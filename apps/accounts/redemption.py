"""What a link does: shown once more before it is used, then redeemed for a password and a session.

Must not: say why a link does not work: used, expired, revoked and never made look alike.
"""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from apps.accounts import links, throttle
from apps.accounts.errors import LinkGone
from apps.accounts.models import AccountLink, User
from apps.accounts.people import check_password_rules
from apps.accounts.sessions import begin_session, end_sessions, person_at
from apps.audit import services as audit
from apps.common.db import db_now

MOST_FAILURES = 30  # an office behind one address redeems many; guessing a secret is hopeless anyway
_WHAT = "account-link"


def look(request: HttpRequest, secret: str) -> AccountLink:
    """The link that works; looking does not use it."""
    _count(request)
    row = links.find_by_secret(secret)
    if row is None:
        raise _gone(request)
    _forget(request)
    return row


def redeem(request: HttpRequest, secret: str, *, password: str, **profile: str) -> User:
    """Set the password, end the person's other sessions and links, and sign him in; a link works once.

    `profile`: what the person says of himself on the way (`display_name`, `language`).
    """
    _count(request)
    row = links.find_by_secret(secret)
    if row is None:
        raise _gone(request)
    _forget(request)
    try:
        return _redeemed(request, row.user_id, secret, password, profile)
    except LinkGone:
        raise _gone(request) from None


@transaction.atomic
def _redeemed(request: HttpRequest, user_id: int, secret: str, password: str, profile: dict[str, str]) -> User:
    user = User.objects.select_for_update().get(pk=user_id)
    row = links.find_by_secret(secret)  # again, now that nobody else can use it at the same time
    if row is None:
        raise LinkGone
    for name, value in profile.items():
        setattr(user, name, value)
    check_password_rules(password, user)
    user.set_password(password)
    user.save(update_fields=["password", *profile])
    AccountLink.objects.filter(pk=row.pk).update(used_at=db_now())
    links.void_links(user)
    end_sessions(user)
    params = {"link_id": row.pk, "purpose": row.purpose}
    audit.record("account_link.redeemed", target=user, params=params, actor=person_at(request, user))
    begin_session(request, user)
    return user


def _count(request: HttpRequest) -> None:
    throttle.count_attempt("", person_at(request, None).ip, what=_WHAT, most=MOST_FAILURES)


def _forget(request: HttpRequest) -> None:
    throttle.forget("", person_at(request, None).ip, what=_WHAT)


def _gone(request: HttpRequest) -> LinkGone:
    """The error, with its row in the trail."""
    audit.record_refusal("account_link.use", params={"code": LinkGone.code}, actor=person_at(request, None))
    return LinkGone()
