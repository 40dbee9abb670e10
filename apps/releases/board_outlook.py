"""What may follow from what runs: the verdict on each cell, where its image may go next, and the reader's rights.

Everything is read once per board, however many cells it has. Must not: ask a cluster, or keep a right for the next answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from apps.policy.actor import Actor
from apps.policy.services import Decision, allowed
from apps.projects.grants import OneMember
from apps.projects.models import Environment, Project, ProjectEnvironment
from apps.releases.gates import judge_gates, predecessor_ids, promotion_edges
from apps.releases.models import Release, Rollout, Verdict
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.transitions import OPEN
from apps.workloads.api import observed_of
from apps.workloads.models import Workload

Json = dict[str, Any]
ACTIONS = {
    "release": "release.request",
    "promote": "promote.request",
    "roll_back": "roll_back.request",
    "verdict": "verdict.give",
}


class Outlook:
    """The chain, gates and verdicts of a project's running images; four statements, two more for rights."""

    def __init__(
        self,
        project: Project,
        pairs: Sequence[ProjectEnvironment],
        workloads: Sequence[Workload],
        releases: Mapping[str, Release],
    ) -> None:
        self.project, self.releases = project, releases
        self.environments = [pair.environment for pair in pairs]
        used = {environment.pk for environment in self.environments}
        edges = promotion_edges()
        self.before = {pk: predecessor_ids(pk, edges, used) for pk in used}
        # What each target of an environment runs; a switched-off cluster is no target. "" stands for "not known".
        self.images: dict[int, list[str]] = defaultdict(list)
        for workload in workloads:
            if workload.placement.cluster.is_enabled:
                self.images[workload.project_environment.environment_id].append(_digest(workload))
        digests = {_digest(workload) for workload in workloads} - {""}
        self.ran = _places_of_success(project, digests)
        latest = Verdict.objects.filter(project=project, digest__in=digests).select_related("actor", "environment")
        latest = latest.order_by("digest", "environment_id", "-id").distinct("digest", "environment_id")
        self.verdicts = {(verdict.digest, verdict.environment_id): verdict for verdict in latest}
        self.asked = _open_promotes(project, digests)

    def verdict_on(self, workload: Workload) -> Verdict | None:
        """The verdict that counts on what the workload runs, in its environment."""
        return self.verdicts.get((_digest(workload), workload.project_environment.environment_id))

    # -- where the image may go next ----------------------------------------------------------------------------
    def next_of(self, environment: Environment) -> list[Json]:
        """Each environment that promotes from this one and does not run its image on every target yet."""
        here = self._running(environment)
        if not here:
            return []
        targets = [one for one in self.environments if environment.pk in self.before[one.pk]]
        return [self._step(environment, one, here) for one in targets if set(self.images[one.pk]) != here]

    def _step(self, environment: Environment, target: Environment, here: set[str]) -> Json:
        if len(here) > 1:
            params = {"environment": environment.slug, "count": len(here)}
            reason = {"code": "board.several_images", "params": params}
            return _next(target, None, "", None, reason)
        (digest,) = here
        release = self.releases.get(digest)
        if release is None:
            reason = {"code": "board.image_unknown", "params": {"environment": environment.slug}}
            return _next(target, None, digest, None, reason)
        ticket = self.asked.get((target.pk, digest))
        return _next(target, release, digest, ticket, None if ticket else self._in_the_way(target, digest))

    def _in_the_way(self, target: Environment, digest: str) -> Json | None:
        """Why a promote of the image to the target would be refused or would wait for a tester; None: nothing."""
        place = self._no_place(target)
        if place is not None:
            return {"code": place.code, "params": place.params}
        before = self._predecessors(target)
        ran = [one for one in before if (digest, one.pk) in self.ran]
        verdicts = [self.verdicts[key] for one in ran if (key := (digest, one.pk)) in self.verdicts]
        gates = judge_gates(digest, target, before, ran, verdicts)
        unmet = next((gate for gate in gates if gate.state != "met"), None)
        return {"code": unmet.code, "params": unmet.params} if unmet else None

    # -- what the reader may do ---------------------------------------------------------------------------------
    def rights_of(self, actor: Actor) -> dict[int, dict[str, Decision]]:
        """By environment: release, promote (into it), roll back and verdict; the rule first, then what is there."""
        source = OneMember(actor.user_id, self.project.pk) if actor.user_id is not None else None
        checks = {
            "release": self._may_release,
            "promote": self._may_promote,
            "roll_back": self._no_place,
            "verdict": self._may_judge,
        }
        found: dict[int, dict[str, Decision]] = {}
        for environment in self.environments:
            where: dict[str, Any] = {"project_id": self.project.pk, "environment_id": environment.pk, "source": source}
            rights = {name: allowed(actor, action, **where) for name, action in ACTIONS.items()}
            found[environment.pk] = {
                name: (checks[name](environment) or decision) if decision.allowed else decision
                for name, decision in rights.items()
            }
        return found

    def _may_release(self, environment: Environment) -> Decision | None:
        if environment.is_gated:
            params = {"environment": environment.slug, "tier": environment.tier}
            return Decision(False, "release.gated_environment", params)
        return self._no_place(environment)

    def _may_promote(self, environment: Environment) -> Decision | None:
        if environment.is_gated and not self.before[environment.pk]:
            return Decision(False, "gate.no_predecessor", {"environment": environment.slug})
        return self._no_place(environment)

    def _may_judge(self, environment: Environment) -> Decision | None:
        here = self._running(environment)
        if not here:
            return Decision(False, "commits.nothing_runs", {"environment": environment.slug})
        if any((digest, environment.pk) in self.ran for digest in here):
            return None
        digest = min(here)
        tag = str(self.releases.get(digest) or digest[:19])
        return Decision(False, "verdict.never_ran", {"tag": tag, "environment": environment.slug})

    def _no_place(self, environment: Environment) -> Decision | None:
        """Nothing can be filed for it: the project is not in use, or there is no target."""
        if self.project.stage != Project.Stage.ACTIVE:
            about = {"project": self.project.slug, "stage": self.project.stage.value}
            return Decision(False, "project.not_active", about)
        if not self.images[environment.pk]:
            params = {"project": self.project.slug, "environment": environment.slug}
            return Decision(False, "release.no_workload", params)
        return None

    def _running(self, environment: Environment) -> set[str]:
        return set(self.images[environment.pk]) - {""}

    def _predecessors(self, target: Environment) -> list[Environment]:
        return [one for one in self.environments if one.pk in self.before[target.pk]]


def _digest(workload: Workload) -> str:
    observed = observed_of(workload)
    return observed.digest if observed is not None and observed.exists else ""


def _places_of_success(project: Project, digests: set[str]) -> set[tuple[str, int | None]]:
    """(digest, environment) where a ticket of it succeeded: `gates.ran_in` for many at once."""
    brought = Rollout.objects.filter(
        ticket__project=project,
        ticket__status=TicketStatus.SUCCEEDED,
        to_digest__in=digests,
        result=Rollout.Result.SUCCEEDED,
    )
    return set(brought.order_by().values_list("to_digest", "ticket__environment").distinct())


def _open_promotes(project: Project, digests: set[str]) -> dict[tuple[int | None, str], int]:
    """(environment, digest) → the newest open ticket that asks the image into it."""
    rows = Ticket.objects.filter(
        project=project, kind="promote", status__in=OPEN, about__release__digest__in=digests
    ).order_by("pk")
    return {
        (place, digest): pk for place, digest, pk in rows.values_list("environment", "about__release__digest", "pk")
    }


def _next(target: Environment, release: Release | None, digest: str, ticket: int | None, reason: Json | None) -> Json:
    return {
        "environment": target.slug,
        "tag": release.tag if release else "",
        "digest": digest,
        "is_open": ticket is None and reason is None,
        "ticket": ticket,
        "reason": reason,
    }
