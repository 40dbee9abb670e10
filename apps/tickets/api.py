"""What a ticket's card says beyond its row: who may decide, what the reader may do, how fresh its fingerprint is.

Upper rooms hand in what only they know (`extend`), so that this room imports none of them. Must not: change a ticket,
or decide a right (the policy table does).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.accounts.models import User
from apps.common.db import db_now
from apps.common.errors import Missing
from apps.policy.actions import ACTIONS, Clause
from apps.policy.actor import Actor
from apps.policy.services import Decision, allowed, held_everywhere, require, visible_project_ids
from apps.projects.models import Grant, Project
from apps.tickets import brakes, registry, slots
from apps.tickets.models import OPEN_STEP, Approval, Review, Step, StepStatus, Ticket, TicketStatus
from apps.tickets.registry import Filing, Prepared
from apps.tickets.services import running
from apps.tickets.transitions import NOT_STARTED, OPEN

MAX_ID = 2**63 - 1
MOST_PEOPLE = 50
NOBODY = Q(pk__in=())


@dataclass
class PreviewParts:
    """What an upper room adds to a preview. `findings` are {level, code, params}; level: deny, warn or unknown.

    `configuration`: of a roll back, which revision may come back beside the image.
    """

    gates: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    commits: dict[str, Any] | None = None
    commits_reason: dict[str, Any] | None = None
    configuration: dict[str, Any] | None = None
    findings: list[dict[str, Any]] = field(default_factory=list)
    excluded: set[int] = field(default_factory=set)


class Extension:
    """What an upper room knows of its kinds' tickets; each method's default is "nothing"."""

    kinds: frozenset[str] = frozenset()
    related: tuple[str, ...] = ()

    def release_of(self, ticket: Ticket) -> Any:
        """The release the ticket is about, from `related`; None for none."""
        return None

    def builds_of(self, ticket: Ticket) -> Sequence[Any]:
        """The ticket's builds, oldest first."""
        return ()

    def rollouts_of(self, ticket: Ticket) -> Sequence[Any]:
        """The ticket's rollouts, one per target."""
        return ()

    def excluded(self, user_id: int) -> Q:
        """Tickets that this person may not decide although he did not file them (D13)."""
        return NOBODY

    def awaits_verdict_of(self, user_id: int) -> Q:
        """Tickets in `pending_confirmation` that wait for this person's verdict (D16)."""
        return NOBODY

    def unjudged_for(self, user_id: int) -> Q:
        """Tickets that brought a version to an environment where this person tests, and nobody has judged it there."""
        return NOBODY

    def tagged(self, beginning: str) -> Q:
        """Tickets about a version whose tag begins like this."""
        return NOBODY

    def verdict_right(self, ticket: Ticket, actor: Actor) -> Decision:
        """Whether the actor may give a verdict on what this ticket brought."""
        return Decision(False, "verdict.nothing_to_judge")

    def preview(self, kind: str, filing: Filing, prepared: Prepared | None) -> PreviewParts:
        """What would change, and what stands in the way; `prepared` is None when filing would be refused."""
        return PreviewParts()


_extensions: list[Extension] = []


def extend(extension: Extension) -> None:
    """Make an upper room's knowledge part of the tickets' API; a second extension of the same class replaces it."""
    _extensions[:] = [known for known in _extensions if type(known) is not type(extension)] + [extension]


def extension_of(kind: str) -> Extension:
    """The extension that knows this kind, else one that knows nothing."""
    return next((known for known in _extensions if kind in known.kinds), Extension())


def excluded_from(user_id: int) -> Q:
    """Tickets this person may not decide beside his own, over all rooms."""
    return reduce(or_, (known.excluded(user_id) for known in _extensions), NOBODY)


def awaiting_verdict_of(user_id: int) -> Q:
    """Tickets that wait for this person's verdict, over all rooms."""
    return reduce(or_, (known.awaits_verdict_of(user_id) for known in _extensions), NOBODY)


def unjudged_for(user_id: int) -> Q:
    """Tickets whose version waits for this person's verdict where it runs now, over all rooms."""
    return reduce(or_, (known.unjudged_for(user_id) for known in _extensions), NOBODY)


def matching(text: str) -> Q:
    """What a person means by `#4127` or by the beginning of a tag, over all rooms."""
    if text.startswith("#"):
        number = text[1:]
        return Q(pk=min(int(number), MAX_ID)) if number.isascii() and number.isdigit() else NOBODY
    return reduce(or_, (known.tagged(text) for known in _extensions), NOBODY)


# -- which tickets ----------------------------------------------------------------------------------------
def with_relations() -> QuerySet[Ticket]:
    """Tickets with all that a line of a list shows."""
    related = [path for known in _extensions for path in known.related]
    return Ticket.objects.select_related("project", "environment", "requester", *related)


def visible_tickets(actor: Actor) -> QuerySet[Ticket]:
    """The tickets of the projects the actor may see, and those of kinds that he may read in every project."""
    projects = visible_project_ids(actor)
    if projects is None:
        return with_relations()
    seen = Q(project_id__in=projects)
    everywhere = kinds_everywhere("ticket.read", actor)
    return with_relations().filter(seen | Q(kind__in=everywhere) if everywhere else seen)


def kinds_everywhere(action: str, actor: Actor) -> list[str]:
    """The kinds on whose tickets the actor has `action` ("ticket.…") whatever their project."""
    asked = {kind.stands_for(action) for kind in registry.KINDS.values()}
    return registry.kinds_under(action, held_everywhere(actor, asked))


def get_ticket(ticket_id: int, action: str, *, actor: Actor) -> Ticket:
    """The ticket, once `action` on it is allowed; what the actor may not see looks as if it were not there."""
    ticket = with_relations().filter(pk=min(ticket_id, MAX_ID)).first()
    if ticket is None:
        raise Missing
    action = registry.action_on(ticket.kind, action)
    require(actor, action, project_id=ticket.project_id, environment_id=ticket.environment_id, obj=ticket)
    return ticket


def get_project(slug: str, action: str, *, actor: Actor) -> Project:
    """The project of that slug, if the actor sees it; an attempt on another's is refused as `action` and recorded."""
    project = Project.objects.select_related("gitlab", "jenkins", "registry").filter(slug=slug).first()
    if project is None:
        raise Missing
    visible = visible_project_ids(actor)
    if visible is not None and not Project.objects.filter(pk=project.pk).filter(pk__in=visible).exists():
        require(actor, action, project_id=project.pk, obj=project)
        raise Missing
    return project


# -- what a line of a list shows --------------------------------------------------------------------------
def dress(tickets: Sequence[Ticket]) -> Sequence[Ticket]:
    """Put on each ticket what its line shows beside its row, in two statements whatever their number."""
    ids = [ticket.pk for ticket in tickets]
    progress = _progress(ids)
    given = Approval.objects.filter(ticket__in=ids, voided_at__isnull=True, decision=Approval.Decision.APPROVE)
    counts = dict(given.order_by().values_list("ticket").annotate(Count("pk")))
    for ticket in tickets:
        extra: Any = ticket
        extra.progress = progress[ticket.pk]
        extra.approvals_given = counts.get(ticket.pk, 0)
        extra.release = extension_of(ticket.kind).release_of(ticket)
    return tickets


def _progress(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Steps in all, steps done, and the names of those under way and of those that went wrong."""
    found = {ident: {"total": 0, "done": 0, "now": [], "wrong": []} for ident in ids}
    groups = Step.objects.filter(ticket__in=ids).order_by().values_list("ticket", "name", "status")
    lists = {
        StepStatus.DUE: "now",
        StepStatus.WAITING: "now",
        StepStatus.FAILED: "wrong",
        StepStatus.ERRORED: "wrong",
    }
    for ticket_id, name, status, count in groups.annotate(Count("pk")):
        one: dict[str, Any] = found[ticket_id]
        one["total"] += count
        one["done"] += count if status == StepStatus.SUCCEEDED else 0
        if status in lists and name not in one[lists[status]]:
            one[lists[status]].append(name)
    return found


# -- people and rights ------------------------------------------------------------------------------------
def deciders(kind: str, project_id: int, environment_id: int | None, excluded: Iterable[int]) -> list[User]:
    """Active people whom the kind's rule lets approve there, without those that may not decide (D13)."""
    rule = ACTIONS[registry.action_on(kind, "ticket.approve")]
    entitled = reduce(or_, (_holders(clause, project_id, environment_id) for clause in rule.any_of))
    people = User.objects.filter(entitled, is_active=True).exclude(pk__in=list(excluded))
    return list(people.order_by("username")[:MOST_PEOPLE])


def _holders(clause: Clause, project_id: int, environment_id: int | None) -> Q:
    """Who holds a clause of a rule about approving."""
    live = Grant.objects.filter(Grant.live(), role__in=clause.roles)
    here = live.filter(project_id=project_id, environment_id=environment_id or 0)
    return {
        "admin": Q(is_instance_admin=True),
        "role_on_pair": Q(pk__in=here.values("user_id")),
        "role_on_cluster": Q(pk__in=live.values("user_id")),
    }[clause.name]


def rights_of(ticket: Ticket, actor: Actor) -> dict[str, Decision]:
    """What the actor may do with the ticket now, and if not, why: the rule first, then the ticket's state."""
    checks = {
        "approve": _may_approve,
        "cancel": _may_cancel,
        "retry": _may_retry,
        "review": _may_review,
        "comment": lambda ticket, actor: Decision(True),
    }
    where: dict[str, Any] = {"project_id": ticket.project_id, "environment_id": ticket.environment_id, "obj": ticket}
    found = {}
    for name, check in checks.items():
        decision = allowed(actor, registry.action_on(ticket.kind, f"ticket.{name}"), **where)
        found[name] = check(ticket, actor) if decision.allowed else decision
    found["verdict"] = extension_of(ticket.kind).verdict_right(ticket, actor)
    return found


def _may_approve(ticket: Ticket, actor: Actor) -> Decision:
    if ticket.status != TicketStatus.PENDING_APPROVAL:
        return Decision(False, "approval.not_pending", {"ticket": ticket.pk, "status": ticket.status})
    if Approval.objects.filter(ticket=ticket, actor=actor.person_id, voided_at__isnull=True).exists():
        return Decision(False, "approval.decided_already", {"ticket": ticket.pk})
    return Decision(True)


def _may_cancel(ticket: Ticket, actor: Actor) -> Decision:
    if ticket.status not in (*NOT_STARTED, TicketStatus.RUNNING):
        return Decision(False, "ticket.ended_already", {"ticket": ticket.pk, "status": ticket.status})
    if ticket.cancel_requested_at is not None:
        return Decision(False, "ticket.cancel_requested_already", {"ticket": ticket.pk})
    return Decision(True)


def _may_retry(ticket: Ticket, actor: Actor) -> Decision:
    if ticket.status not in running.RETRYABLE:
        return Decision(False, "ticket.not_retryable", {"ticket": ticket.pk, "status": ticket.status})
    later = slots.later_started(ticket)
    if later is not None:
        return Decision(False, "ticket.later_started", {"ticket": ticket.pk, "later": later})
    return Decision(True)


def _may_review(ticket: Ticket, actor: Actor) -> Decision:
    if not ticket.requires_review:
        return Decision(False, "review.not_owed", {"ticket": ticket.pk})
    if Review.objects.filter(ticket=ticket).exists():
        return Decision(False, "review.given_already", {"ticket": ticket.pk})
    return Decision(True)


def held_by(ticket: Ticket) -> dict[str, Any] | None:
    """The reason of a step that an emergency brake holds; None when nothing is held."""
    steps = Step.objects.filter(ticket=ticket.pk, status__in=OPEN_STEP, reason__code__in=brakes.CODES)
    return steps.order_by("wave", "order", "target").values_list("reason", flat=True).first()


def place_in_queue(ticket: Ticket) -> int | None:
    """How many go before it; None for a ticket that takes no slot, holds it, or has ended."""
    if not ticket.takes_slot or ticket.environment_id is None or ticket.status not in OPEN:
        return None
    return None if ticket.slots.exists() else slots.place(ticket)


def place_of_new(filing: Filing, *, slot_first: bool) -> int | None:
    """How many would go before a ticket filed now."""
    if filing.environment is None:
        return None
    newcomer = Ticket(
        pk=0,
        project_id=filing.project.pk,
        environment_id=filing.environment.pk,
        slot_first=slot_first,
        slot_wanted_at=db_now(),
    )
    return slots.place(newcomer)
