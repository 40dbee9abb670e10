"""The gates of an environment: what must be true before an image may enter it (D14–D16, R2, R3).

Must not: change anything; callers decide what an unmet gate means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.projects.models import Environment, Project
from apps.releases.models import Release, Rollout, Verdict
from apps.tickets.models import TicketStatus


@dataclass(frozen=True)
class Gate:
    """One gate: `state` is met, missing (may still come) or refused (will not)."""

    name: str
    state: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


def predecessors(project: Project, environment: Environment) -> list[Environment]:
    """Environments an image comes from; those the project does not use are skipped upward (D15)."""
    used = set(project.environments.values_list("environment_id", flat=True))
    found: dict[int, Environment] = {}
    seen: set[int] = set()
    frontier = list(environment.promotes_from.all())
    while frontier:
        candidate = frontier.pop()
        if candidate.pk in seen:
            continue
        seen.add(candidate.pk)
        if candidate.pk in used:
            found[candidate.pk] = candidate
        else:
            frontier += candidate.promotes_from.all()
    return sorted(found.values(), key=lambda e: e.position)


def ran_in(project: Project, digest: str, environment_id: int) -> bool:
    """Whether a ticket of this image succeeded in that environment."""
    return Rollout.objects.filter(
        ticket__project=project,
        ticket__environment=environment_id,
        ticket__status=TicketStatus.SUCCEEDED,
        to_digest=digest,
        result=Rollout.Result.SUCCEEDED,
    ).exists()


def latest_verdict(project: Project, digest: str, environment_id: int) -> Verdict | None:
    """The verdict that counts: the latest on (digest, environment)."""
    return (
        Verdict.objects.filter(project=project, digest=digest, environment=environment_id)
        .select_related("actor", "environment")
        .order_by("-id")
        .first()
    )


def gates_for(project: Project, release: Release, environment: Environment) -> list[Gate]:
    """Every gate of entering `environment` with this release's digest, each with its state."""
    if not release.digest:
        return [Gate("built", "refused", "gate.not_built", {"tag": release.tag})]
    gates = [Gate("built", "met", "gate.built", {"digest": release.digest})]
    if not environment.is_gated:
        return gates
    before = predecessors(project, environment)
    if not before:
        return [*gates, Gate("tested", "refused", "gate.no_predecessor", {"environment": environment.slug})]
    ran = [e for e in before if ran_in(project, release.digest, e.pk)]
    names = ", ".join(e.slug for e in before)
    if not ran:
        return [*gates, Gate("tested", "refused", "gate.never_ran", {"environments": names})]
    verdicts = [(e, latest_verdict(project, release.digest, e.pk)) for e in ran]
    passed = next((v for _, v in verdicts if v is not None and v.outcome == Verdict.Outcome.PASSED), None)
    if passed is not None:
        params = {"name": passed.actor.display_name or passed.actor.username, "environment": passed.environment.slug}
        return [*gates, Gate("tested", "met", "gate.passed", params)]
    if any(v is not None for _, v in verdicts):
        failed = next(v for _, v in verdicts if v is not None)
        params = {"name": failed.actor.display_name or failed.actor.username, "environment": failed.environment.slug}
        return [*gates, Gate("tested", "refused", "gate.failed_verdict", params)]
    return [
        *gates,
        Gate("tested", "missing", "gate.no_verdict", {"environments": ", ".join(e.slug for e, _ in verdicts)}),
    ]
