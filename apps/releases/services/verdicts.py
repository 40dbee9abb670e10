"""A tester's verdict on an image in an environment, and what it does to waiting promotes (R2, D16).

Must not: be given on what never ran there.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.services import record
from apps.common.errors import Conflict, Invalid
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.models import Environment
from apps.releases.gates import gates_for, predecessors, ran_in
from apps.releases.models import Release, Verdict
from apps.tickets import hints
from apps.tickets.fingerprints import send_back
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.services.approvals import confirm
from apps.tickets.transitions import NOT_STARTED, transition

WAITING_PROMOTES = tuple(NOT_STARTED)


def give_verdict(
    release: Release,
    environment: Environment,
    *,
    outcome: str,
    comment: str = "",
    evidence: list[dict[str, Any]] | None = None,
    actor: Actor,
) -> Verdict:
    """Record passed or failed for (digest, environment); waiting promotes move on, or are rejected or sent back."""
    where: dict[str, Any] = {"project_id": release.project_id, "environment_id": environment.pk}
    require(actor, "verdict.give", **where, obj=release)
    if outcome == Verdict.Outcome.FAILED and not comment.strip():
        raise Invalid("verdict.comment_required", fields={"comment": [{"code": "required", "params": {}}]})
    if not release.digest or not ran_in(release.project, release.digest, environment.pk):
        raise Conflict("verdict.never_ran", tag=str(release), environment=environment.slug)
    with transaction.atomic():
        verdict = Verdict.objects.create(
            project=release.project,
            environment=environment,
            release=release,
            digest=release.digest,
            outcome=outcome,
            comment=comment,
            evidence=evidence or [],
            actor_id=actor.person_id,
        )
        record(
            f"release.verdict_{outcome}",
            target=release,
            params={"digest": release.digest, "environment": environment.slug, "comment": comment},
            **where,
            actor=actor,
        )
        hints.announce("release", release.pk, release.project_id)
    if outcome == Verdict.Outcome.PASSED:
        let_go_on(
            waiting_for_verdict().filter(project=release.project_id, about__release__digest=release.digest), actor
        )
    else:
        reason = {"code": "gate.failed_verdict", "params": {"name": actor.called, "environment": environment.slug}}
        _withdraw(release, environment, reason)
    return verdict


def waiting_for_verdict() -> QuerySet[Ticket]:
    """Promotes that wait for a tester."""
    return Ticket.objects.filter(kind="promote", status=TicketStatus.PENDING_CONFIRMATION)


def let_go_on(waiting: QuerySet[Ticket], actor: Actor) -> None:
    """Confirm those whose gates are all met now."""
    for ticket in waiting.select_related("environment", "about__release", "project"):
        assert ticket.environment is not None
        if all(g.state == "met" for g in gates_for(ticket.project, ticket.about.release, ticket.environment)):
            confirm(ticket, actor=actor)


def _withdraw(release: Release, environment: Environment, reason: dict[str, Any]) -> None:
    """A failed verdict: waiting promotes that come from that environment are rejected or sent back (D16)."""
    engine = Actor.system("engine")
    states = WAITING_PROMOTES
    found = Ticket.objects.filter(
        kind="promote", project=release.project_id, about__release__digest=release.digest, status__in=states
    ).values_list("pk", flat=True)
    for ticket_id in list(found):
        with transaction.atomic():
            ticket = Ticket.objects.select_for_update().get(pk=ticket_id)
            assert ticket.environment is not None
            gates = gates_for(ticket.project, ticket.about.release, ticket.environment)
            if ticket.status not in states or all(g.state != "refused" for g in gates):
                continue
            if environment not in predecessors(ticket.project, ticket.environment):
                continue  # nothing enters from there, so its verdict decides nothing here
            if ticket.status == TicketStatus.PENDING_CONFIRMATION:
                transition(ticket, TicketStatus.REJECTED, reason=reason, actor=engine)
            else:
                send_back(ticket, TicketStatus.PENDING_CONFIRMATION, reason)
