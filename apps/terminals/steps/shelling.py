"""The steps of an emergency shell: ops are told of a broken glass, and the ticket is held open while it may be used.

Must not: open or end a shell; the process that holds one ends it when its ticket does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from apps.accounts import mail
from apps.terminals.models import TerminalSession
from apps.terminals.rights import FIRST_USE_WITHIN
from apps.terminals.services.notes import HOLD_OPEN
from apps.tickets import api, registry
from apps.tickets.outcomes import Canceled, Done, Outcome, Waiting
from apps.tickets.visit import Visit

TELL_OPS = "tell_ops"
RECHECK, HURRY = 10.0, 0.5
# After these the person is done; after any other end he may open another one while the ticket's time lasts.
HIS_OWN = frozenset({"terminal.end.left", "terminal.end.exited", "terminal.end.ended_by", "terminal.end.time_limit"})
S = TerminalSession.State


@registry.step(TELL_OPS, writes=True)
def tell_ops(visit: Visit) -> Outcome:
    """A mail to everybody who may end the shell, at most once each; who has it in his inbox anyway misses nothing.

    After a crash nobody knows who was mailed: nobody is mailed twice, and the step says so.
    """
    ticket, has_mail = visit.ticket, mail.is_configured()
    if visit.was_begun and has_mail:
        return Done({"note": {"code": "emergency_shell.mail_unknown", "params": {}}})
    people = api.deciders(ticket.kind, ticket.project_id, ticket.environment_id, ticket.requester_ids)
    visit.save_intent_unless_cancelled(people=[person.pk for person in people])
    if not has_mail:
        return Done({"note": {"code": "mail.not_configured", "params": {}}})
    link = f"{next(iter(settings.CONFIG.origin_list()), '')}/tickets/{ticket.pk}"
    params = {
        "by": str(ticket.requester),
        "project": ticket.project.slug,
        "environment": str(ticket.environment),
        "workload": ticket.facts["name"],
        "reason": ticket.form["reason"],
        "link": link,
    }
    unsent: dict[str, Any] = {}
    for person in people:
        reason = mail.send_words(person, "mail.break_glass", params)
        if reason is not None:
            unsent[person.username] = reason
    return Done({"mailed": len(people) - len(unsent), "unsent": unsent})


@registry.step(HOLD_OPEN, writes=False, settles=True)
def hold_open(visit: Visit) -> Outcome:
    """Done when its user is done, when the time of its first shell is over, or when nobody used it within an hour.

    A cancelled ticket says so only once its last shell is closed.
    """
    sessions = TerminalSession.objects.filter(ticket=visit.ticket)
    is_open = sessions.exclude(state=S.ENDED).exists()
    if visit.ticket.frozen_at is None and sessions.exclude(first_used_at=None).exists():
        visit.freeze()
    if visit.is_cancelling:
        return Waiting(HURRY) if is_open else Canceled()
    if is_open:
        return Waiting(RECHECK)
    return _without_shell(visit, sessions)


def _without_shell(visit: Visit, sessions: QuerySet[TerminalSession]) -> Outcome:
    """Nothing is open: over, or may it still be used?"""
    first = sessions.exclude(first_used_at=None).order_by("first_used_at").first()
    if first is None:
        left = FIRST_USE_WITHIN - timedelta(seconds=visit.age)
        if left <= timedelta(0):
            return Done({"used": False})
        return Waiting(min(RECHECK * 6, left.total_seconds()))
    last = sessions.order_by("-ended_at", "-id").first()
    left = max(one.ends_at for one in sessions.exclude(ends_at=None) if one.ends_at) - visit.now
    if left <= timedelta(0) or (last is not None and last.end_code in HIS_OWN):
        return Done({"used": True, "sessions": sessions.count()})
    return Waiting(min(RECHECK * 6, left.total_seconds()))
