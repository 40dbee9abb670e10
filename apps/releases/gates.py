"""The gates of an environment: what must be true before an image may enter it (D14–D16, R2, R3).

Must not: change anything; callers decide what an unmet gate means.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
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


def promotion_edges() -> dict[int, list[int]]:
    """From each environment to those it promotes from, by id; one statement."""
    edges: dict[int, list[int]] = defaultdict(list)
    through = Environment.promotes_from.through.objects
    for target, before in through.order_by("id").values_list("from_environment_id", "to_environment_id"):
        edges[target].append(before)
    return edges


def predecessor_ids(target: int, edges: Mapping[int, Collection[int]], used: Collection[int]) -> set[int]:
    """`predecessors` on plain ids, for many at once; `edges` leads from an environment to those it promotes from."""
    found: set[int] = set()
    seen: set[int] = set()
    frontier = list(edges.get(target, ()))
    while frontier:
        candidate = frontier.pop()
        if candidate in seen:
            continue
        seen.add(candidate)
        if candidate in used:
            found.add(candidate)
        else:
            frontier += edges.get(candidate, ())
    return found


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
    if not environment.is_gated:
        return judge_gates(release.digest, environment, [], [], [])
    before = predecessors(project, environment)
    ran = [e for e in before if ran_in(project, release.digest, e.pk)]
    verdicts = [found for e in ran if (found := latest_verdict(project, release.digest, e.pk)) is not None]
    return judge_gates(release.digest, environment, before, ran, verdicts)


def judge_gates(
    digest: str,
    environment: Environment,
    before: Sequence[Environment],
    ran: Sequence[Environment],
    verdicts: Sequence[Verdict],
) -> list[Gate]:
    """The gates from what was looked up: the predecessors, those the image ran in, and the verdicts that count there."""
    gates = [Gate("built", "met", "gate.built", {"digest": digest})]
    if not environment.is_gated:
        return gates
    if not before:
        return [*gates, Gate("tested", "refused", "gate.no_predecessor", {"environment": environment.slug})]
    if not ran:
        return [*gates, Gate("tested", "refused", "gate.never_ran", {"environments": _slugs(before)})]
    passed = next((v for v in verdicts if v.outcome == Verdict.Outcome.PASSED), None)
    if passed is not None:
        return [*gates, Gate("tested", "met", "gate.passed", _said(passed))]
    if verdicts:
        return [*gates, Gate("tested", "refused", "gate.failed_verdict", _said(verdicts[0]))]
    return [*gates, Gate("tested", "missing", "gate.no_verdict", {"environments": _slugs(ran)})]


def _slugs(environments: Sequence[Environment]) -> str:
    return ", ".join(e.slug for e in environments)


def _said(verdict: Verdict) -> dict[str, Any]:
    name = str(verdict.actor)
    return {"name": name, "environment": verdict.environment.slug}
