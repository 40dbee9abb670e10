"""Password resets: by an administrator, who gets the link, or by anybody who names an account, who gets nothing.

Must not: tell whether a name exists, in words or in time; or touch the old password: it works until the link is
redeemed.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from django.db import connection, transaction
from django.db.models import Q

from apps.accounts import links, mail, throttle
from apps.accounts.models import User
from apps.audit import services as audit
from apps.common.db import ClockTimestamp
from apps.common.errors import Conflict, Missing
from apps.policy.actor import Actor

log = structlog.get_logger(__name__)
MOST_PER_ADDRESS = 20
MOST_OPEN = 5
_WHAT = "password-reset"
_NOBODY = "account_link.nobody"
_SAME_ADDRESS = 5
_pool = ThreadPoolExecutor(2, thread_name_prefix="password-reset")


def reset_password(user_id: int, origin: str, *, actor: Actor) -> links.Delivery:
    """A link for the person, made by an administrator; earlier ones are void."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise Missing
        if not user.is_active:
            raise Conflict("account_link.user_disabled", username=user.username)
        links.void_links(user, links.Purpose.PASSWORD_RESET)
        row, secret = links.issue_link(user, links.Purpose.PASSWORD_RESET, actor=actor)
    return links.deliver(row, secret, origin)


def ask_for_reset(name: str, origin: str, *, visitor: Actor) -> bool:
    """Whether mail is configured; where it is, a link goes to whoever has that name or address.

    The request ends before the name is looked up, so that a known name takes as long as an unknown one. What is lost
    when the process ends at this moment is one mail, which can be asked for again.
    """
    throttle.count_attempt(name, visitor.ip, what=_WHAT)
    throttle.count_attempt("", visitor.ip, what=_WHAT, most=MOST_PER_ADDRESS)
    if not mail.is_configured():
        return False
    _pool.submit(_mail_links, name, origin, visitor).add_done_callback(_log_failure)
    return True


def _mail_links(name: str, origin: str, visitor: Actor) -> None:
    try:
        people = [user for user in _people_called(name) if user.email and user.has_usable_password()]
        if not people:
            audit.record_refusal("account_link.create", params={"code": _NOBODY}, actor=visitor)
        for user in people:
            _mail_link(user, origin, visitor)
    finally:
        connection.close()


def _mail_link(user: User, origin: str, visitor: Actor) -> None:
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        working = links.open_links(links.Purpose.PASSWORD_RESET).filter(user=user, expires_at__gt=ClockTimestamp())
        if working.count() >= MOST_OPEN:  # or a stranger could fill a mailbox from many addresses
            log.info("no further password reset", user_id=user.pk)
            return
        row, secret = links.issue_link(user, links.Purpose.PASSWORD_RESET, actor=visitor)
    links.deliver(row, secret, origin)


def _people_called(name: str) -> list[User]:
    by_name = Q(username=name.lower()) | Q(email__iexact=name)
    return list(User.objects.filter(by_name, is_active=True).order_by("pk")[:_SAME_ADDRESS])


def _log_failure(done: Future[None]) -> None:
    error = done.exception()
    if error is not None:
        log.error("password reset failed", exc_info=error)
