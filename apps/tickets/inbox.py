"""The inbox: what needs a person, what he follows, what is done (UI 5.1), in a constant number of statements.

Must not: show what the reader may not see, or count without bound.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from rest_framework import serializers
from rest_framework.request import Request

from apps.common.errors_api import language_of
from apps.common.messages import sentence
from apps.common.pagination import KeysetPagination
from apps.common.serializers import StrictSerializer
from apps.policy.actor import Actor
from apps.projects.models import Grant, Role
from apps.tickets import api
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.reminders import Reminder, reminders_for
from apps.tickets.serializers import TicketSerializer
from apps.tickets.transitions import ENDED, OPEN

S = TicketStatus
TABS = ("needs", "following", "done")
MOST_COUNTED = 1000
FAILED_FOR = timedelta(days=7)
UNJUDGED_FOR = timedelta(days=14)
DONE_FOR = timedelta(days=30)
REVIEWED_AFTER = (S.SUCCEEDED, S.FAILED, S.ERRORED)


class InboxFilter(StrictSerializer):
    """The query parameters."""

    tab = serializers.ChoiceField(TABS, required=False, default="needs")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=200)
    cursor = serializers.CharField(required=False)


class InboxLineSerializer(TicketSerializer):
    """A ticket in the inbox, and why it is there: approve, confirm, verdict, emergency, review or failed."""

    needs = serializers.CharField(read_only=True, allow_blank=True)

    class Meta(TicketSerializer.Meta):
        fields = (*TicketSerializer.Meta.fields, "needs")
        read_only_fields = fields


class InboxCountsSerializer(serializers.Serializer[Any]):
    """How many in each tab, counted up to 1000."""

    needs = serializers.IntegerField()
    following = serializers.IntegerField()
    done = serializers.IntegerField()


class ReminderSerializer(serializers.Serializer[Any]):
    """Something that waits for the reader and is no ticket (yet)."""

    what = serializers.CharField()
    id = serializers.IntegerField()
    code = serializers.CharField()
    params = serializers.DictField()
    detail = serializers.SerializerMethodField(help_text="the sentence of `code`")
    at = serializers.DateTimeField()
    project = serializers.CharField()
    environment = serializers.CharField()

    def get_detail(self, reminder: Reminder) -> str:
        return sentence(reminder.code, reminder.params, language_of(self.context["request"]))


class InboxSerializer(serializers.Serializer[Any]):
    """One page of one tab. `reminders` come with what needs the reader, and count there."""

    tab = serializers.CharField()
    counts = InboxCountsSerializer()
    reminders = ReminderSerializer(many=True)
    results = InboxLineSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class _Oldest:
    keyset = ("created_at", "id")


class _Newest:
    keyset = ("-created_at", "-id")


def read(tab: str, request: Request, *, actor: Actor) -> dict[str, Any]:
    """One page of the tab (what needs one: oldest first), the next cursor, the counts of all tabs, the reminders."""
    parts = _needs(actor)
    everything = reduce(or_, parts.values())
    mine = Q(requester=actor.person_id)
    conditions = {
        "needs": everything,
        "following": mine & Q(status__in=OPEN),
        "done": mine & Q(status__in=ENDED, finished_at__gte=Now() - DONE_FOR),
    }
    visible = api.visible_tickets(actor)
    counts = {name: _count(visible.filter(condition)) for name, condition in conditions.items()}
    pages = KeysetPagination()
    view: Any = _Oldest if tab == "needs" else _Newest
    page: list[Any] = pages.paginate_queryset(visible.filter(conditions[tab]), request, view)
    api.dress(page)
    for ticket in page:
        ticket.needs = _why(ticket, actor.person_id) if tab == "needs" else ""
    reminders = reminders_for(actor)
    counts["needs"] += len(reminders)
    shown = reminders if tab == "needs" and not request.query_params.get("cursor") else []
    return {"tab": tab, "counts": counts, "reminders": shown, "results": page, "next": pages.next}


def _count(tickets: QuerySet[Ticket]) -> int:
    return int(tickets.order_by()[:MOST_COUNTED].count())


def _needs(actor: Actor) -> dict[str, Q]:
    """Why a ticket may need this person, each as a condition."""
    user_id = actor.person_id
    ops = _pairs(user_id, Role.OPS)
    others = ops & ~Q(requester=user_id)
    anywhere = Q(kind__in=api.kinds_everywhere("ticket.approve", actor)) & ~Q(requester=user_id)
    failed = Q(status__in=(S.FAILED, S.ERRORED), finished_at__gte=Now() - FAILED_FOR)
    return {
        "approve": Q(status=S.PENDING_APPROVAL) & (others | anywhere) & ~_by_id(api.excluded_from(user_id)),
        "confirm": Q(status=S.PENDING_CONFIRMATION) & api.awaiting_verdict_of(user_id),
        "verdict": Q(pk__in=_unjudged(user_id)),
        "emergency": Q(is_emergency=True, status__in=(S.QUEUED, S.RUNNING)) & others,
        "review": Q(requires_review=True, review__isnull=True) & _over() & others & ~_by_id(api.excluded_from(user_id)),
        "failed": failed & Q(requester=user_id, project__withdrawn_at=None),
    }


def _unjudged(user_id: int) -> QuerySet[Any]:
    """The newest version in each place, while nobody has said whether it works; an older one is nobody's duty."""
    newer = Ticket.objects.filter(
        project=OuterRef("project"), environment=OuterRef("environment"), status=S.SUCCEEDED, id__gt=OuterRef("id")
    )
    recent = Ticket.objects.filter(status=S.SUCCEEDED, finished_at__gte=Now() - UNJUDGED_FOR)
    return recent.filter(api.unjudged_for(user_id)).exclude(Exists(newer)).values("pk")


def _by_id(condition: Q) -> Q:
    """As a subquery over open and reviewable tickets, so that its joins cannot drop a ticket without the relation."""
    return Q(pk__in=Ticket.objects.filter(condition).filter(_undecided()).values("pk"))


def _undecided() -> Q:
    return Q(status=S.PENDING_APPROVAL) | Q(requires_review=True) & _over()


def _over() -> Q:
    """Ended so that a review is owed; of an emergency also when it was cancelled, for it may have been used by then."""
    return Q(status__in=REVIEWED_AFTER) | Q(status=S.CANCELED, is_emergency=True)


def _pairs(user_id: int, role: str) -> Q:
    """Tickets in a (project, environment) in which the person holds this role now."""
    by_environment: dict[int, list[int]] = defaultdict(list)
    live = Grant.objects.filter(Grant.live(), user=user_id, role=role)
    for environment_id, project_id in live.values_list("environment_id", "project_id"):
        by_environment[environment_id].append(project_id)
    pairs = [Q(environment=place, project__in=projects) for place, projects in by_environment.items()]
    return reduce(or_, pairs, api.NOBODY)


def _why(ticket: Ticket, user_id: int) -> str:
    """Which of them put it there; the states exclude each other but for a review owed."""
    if ticket.status == S.PENDING_APPROVAL:
        return "approve"
    if ticket.status == S.PENDING_CONFIRMATION:
        return "confirm"
    if ticket.status in (S.QUEUED, S.RUNNING):
        return "emergency"
    if ticket.status == S.SUCCEEDED and not ticket.requires_review:
        return "verdict"
    return "failed" if ticket.requester_id == user_id else "review"
