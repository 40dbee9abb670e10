"""The kind `promote`, and what it shares with `roll_back`: an image that exists goes to an environment, by digest.

R2–R5, D14–D18. Must not: build anything.
"""

from __future__ import annotations

from typing import Any

from apps.common.errors import Conflict
from apps.policy.actor import Actor
from apps.projects.models import Project
from apps.releases.change import change_content, moved_target
from apps.releases.gates import Gate, gates_for
from apps.releases.kinds.filing import (
    NOT_STARTED,
    TAG,
    environment_of,
    find_release,
    project_environment,
    settle_rollouts,
)
from apps.releases.models import TicketRelease
from apps.releases.steps.callback import facts_of, with_callback
from apps.releases.targets import (
    planned_workloads,
    pre_rollouts_moved,
    target_steps,
    targets_changed,
    workloads_of,
)
from apps.tickets import registry
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.outcomes import Failed, Outcome, SentBack
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.tickets.services.running import end_superseded


class ExistingRelease(Kind):
    """What promote and roll back share: an image that exists, a fingerprint, a slot before the first step."""

    takes_slot = True

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        # Of two filed at once neither would see the other: one after the other, the last one stays. No key lock,
        # because each already holds the project's key by its own ticket.
        Project.objects.select_for_update(no_key=True).get(pk=ticket.project_id)
        TicketRelease.objects.create(ticket=ticket, release=prepared.row)
        waiting = (
            Ticket.objects.select_for_update()
            .filter(
                kind=self.name,
                project=ticket.project_id,
                environment=ticket.environment_id,
                status__in=NOT_STARTED,
            )
            .exclude(pk=ticket.pk)
            .order_by("pk")
        )
        for older in waiting:
            end_superseded(older, ticket, actor=Actor.system("engine"))

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        workloads = workloads_of(ticket.project, environment_of(ticket))
        return [StepSpec("take_slot", 0), StepSpec("start", 1), *target_steps(self.name, ticket.project, workloads)]

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any]:
        release = ticket.about.release
        return change_content(self.name, release, planned_workloads(ticket))

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """The plan is fixed: what was adopted or taken away since needs another ticket."""
        planned = {w.pk for w in planned_workloads(ticket)}
        if planned != {w.pk for w in workloads_of(ticket.project, environment_of(ticket))}:
            raise targets_changed(ticket)
        return None

    def on_slot(self, ticket: Ticket) -> Outcome | None:
        return pre_rollouts_moved(ticket)

    def recheck_frozen(self, ticket: Ticket) -> Outcome | None:
        """Nobody approved the images a ticket without approvals meets, so that it goes on whatever they are."""
        return moved_target(ticket) if ticket.approvals_needed else None

    def excluded_approvers(self, ticket: Ticket) -> set[int]:
        requester = ticket.about.release.requester_id if hasattr(ticket, "about") else None
        return {requester} if requester is not None else set()

    def summary(self, ticket: Ticket) -> dict[str, Any]:
        release = ticket.about.release
        gates = gates_for(ticket.project, release, environment_of(ticket))
        return {"release": release.tag, "digest": release.digest, "gates": [g.__dict__ for g in gates]}

    def on_end(self, ticket: Ticket) -> None:
        settle_rollouts(ticket)


@registry.register
class PromoteKind(ExistingRelease):
    """Bring a tested image, by digest, to the next environment (R2–R5)."""

    name = "promote"
    request_action = "promote.request"
    schema = {
        "type": "object",
        "properties": {"release": TAG},
        "required": ["release"],
        "additionalProperties": False,
    }

    def prepare(self, filing: Filing) -> Prepared:
        pair = project_environment(filing)
        release = find_release(filing, filing.form["release"])
        gates = gates_for(filing.project, release, pair.environment)
        refused = next((g for g in gates if g.state == "refused"), None)
        if refused is not None:
            raise Conflict(refused.code, **refused.params)
        needed = pair.approvals_needed if pair.environment.is_gated else 0
        content = change_content(self.name, release, workloads_of(filing.project, pair.environment))
        return Prepared(
            title=f"{filing.project.slug} {release} → {pair.environment.slug}",
            status=first_status(gates, needed),
            facts={"gates": [g.__dict__ for g in gates], **facts_of(filing.project)},
            approvals_needed=needed,
            fingerprint_content=content,
            row=release,
        )

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        return with_callback(ticket, super().plan(ticket))

    def recheck(self, ticket: Ticket) -> SentBack | None:
        """Gates are read again at start (D16)."""
        gate = _unmet(ticket)
        if gate is not None:
            return SentBack(TicketStatus.PENDING_CONFIRMATION, {"code": gate.code, "params": gate.params})
        return super().recheck(ticket)

    def recheck_frozen(self, ticket: Ticket) -> Outcome | None:
        gate = _unmet(ticket)
        return Failed(gate.code, gate.params) if gate is not None else super().recheck_frozen(ticket)


def _unmet(ticket: Ticket) -> Gate | None:
    gates = gates_for(ticket.project, ticket.about.release, environment_of(ticket))
    return next((gate for gate in gates if gate.state != "met"), None)


def first_status(gates: list[Gate], approvals_needed: int) -> str:
    """Where a promote begins: with the tester, with ops, or in the queue."""
    if any(g.state == "missing" for g in gates):
        return TicketStatus.PENDING_CONFIRMATION
    return TicketStatus.PENDING_APPROVAL if approvals_needed else TicketStatus.QUEUED
