"""What the releases room tells: its part of tickets' cards and inboxes, and commits since what runs somewhere (B11).

Must not: change anything. GitLab is asked only by `commits_since`, on demand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from apps.common.errors import DomainError
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.types import Commit
from apps.integrations.loop import run
from apps.policy.actor import Actor
from apps.policy.services import Decision, allowed
from apps.projects.models import Environment, Grant, Project, ProjectEnvironment, Role
from apps.releases.gates import predecessor_ids, promotion_edges, ran_in
from apps.releases.models import Build, Release, Rollout, Verdict
from apps.tickets import api
from apps.tickets.api import Extension, PreviewParts
from apps.tickets.models import Ticket, TicketStatus
from apps.tickets.registry import Filing, Prepared
from apps.workloads.models import ObservedDeployment

KINDS = frozenset({"release", "promote", "roll_back"})
MOST_ROWS = 500
Reason = dict[str, Any]


class Releases(Extension):
    """The tickets of this room's kinds."""

    kinds = KINDS
    related = ("about__release",)

    def release_of(self, ticket: Ticket) -> Release | None:
        return ticket.about.release if hasattr(ticket, "about") else None

    def builds_of(self, ticket: Ticket) -> Sequence[Build]:
        return list(Build.objects.filter(ticket=ticket).order_by("id")[:MOST_ROWS])

    def rollouts_of(self, ticket: Ticket) -> Sequence[Rollout]:
        found = Rollout.objects.filter(ticket=ticket).select_related("workload__placement__cluster")
        return list(found.order_by("workload__placement__wave", "workload__placement__cluster__name", "id")[:MOST_ROWS])

    def excluded(self, user_id: int) -> Q:
        return Q(kind__in=("promote", "roll_back"), about__release__requester=user_id)

    def awaits_verdict_of(self, user_id: int) -> Q:
        places = targets_waiting_for(user_id)
        pairs = [Q(environment=target, project__in=projects) for target, projects in places.items()]
        return reduce(or_, pairs, api.NOBODY) & Q(kind="promote")

    def unjudged_for(self, user_id: int) -> Q:
        judged = Verdict.objects.filter(
            project=OuterRef("project"),
            environment=OuterRef("environment"),
            digest=OuterRef("about__release__digest"),
        )
        asked = Ticket.objects.filter(
            kind="promote",
            status=TicketStatus.PENDING_CONFIRMATION,
            project=OuterRef("project"),
            about__release=OuterRef("about__release"),
        )
        brought = Q(kind__in=("release", "promote"), about__isnull=False, requires_review=False)
        return brought & tested_by(user_id) & ~Exists(judged) & ~Exists(asked)

    def tagged(self, beginning: str) -> Q:
        return Q(about__release__tag__startswith=beginning)

    def verdict_right(self, ticket: Ticket, actor: Actor) -> Decision:
        release = self.release_of(ticket)
        where: dict[str, Any] = {"project_id": ticket.project_id, "environment_id": ticket.environment_id}
        decision = allowed(actor, "verdict.give", **where, obj=release)
        if not decision.allowed:
            return decision
        if release is None or ticket.environment_id is None:
            return Decision(False, "verdict.nothing_to_judge")
        if not release.digest or not ran_in(ticket.project, release.digest, ticket.environment_id):
            environment = ticket.environment.slug if ticket.environment else ""
            return Decision(False, "verdict.never_ran", {"tag": str(release), "environment": environment})
        return Decision(True)

    def preview(self, kind: str, filing: Filing, prepared: Prepared | None) -> PreviewParts:
        from apps.releases.preview import preview_parts

        return preview_parts(kind, filing, prepared)


# -- whose verdict is wanted --------------------------------------------------------------------------
def tested_by(user_id: int) -> Q:
    """Tickets in places where this person tests and from which an image travels on, so that a verdict opens a gate."""
    onward = Environment.objects.filter(promotes_to__isnull=False)
    live = Grant.objects.filter(Grant.live(), user=user_id, role=Role.TESTER, environment__in=onward)
    here = live.filter(project=OuterRef("project"), environment=OuterRef("environment"))
    return Q(Exists(here))


def targets_waiting_for(user_id: int) -> dict[int, list[int]]:
    """Environment → projects whose promotes to there wait for this tester; four statements, however many projects.

    A tester of an environment decides for those whose predecessor it is in his project (D15, D16).
    """
    tested: dict[int, set[int]] = defaultdict(set)
    live = Grant.objects.filter(Grant.live(), user=user_id, role=Role.TESTER)
    for project_id, environment_id in live.values_list("project_id", "environment_id"):
        tested[project_id].add(environment_id)
    if not tested:
        return {}
    edges = promotion_edges()
    used: dict[int, set[int]] = defaultdict(set)
    rows = ProjectEnvironment.objects.filter(project__in=list(tested))
    for project_id, environment_id in rows.values_list("project_id", "environment_id"):
        used[project_id].add(environment_id)
    found: dict[int, list[int]] = defaultdict(list)
    for project_id, environments in tested.items():
        for target in used[project_id]:
            if predecessor_ids(target, edges, used[project_id]) & environments:
                found[target].append(project_id)
    return found


# -- what runs, and the commits since ---------------------------------------------------------------------
def running_release(project: Project, environment: Environment) -> tuple[Release | None, Reason | None]:
    """The release that runs there by what was last observed, else by what was last brought; or why there is no one."""
    where = {"environment": environment.slug}
    rows = ObservedDeployment.objects.filter(
        workload__project_environment__project=project,
        workload__project_environment__environment=environment,
        workload__placement__cluster__is_enabled=True,
        exists=True,
    )
    digests = set(rows.values_list("digest", flat=True)) - {""}
    if len(digests) > 1:
        return None, {"code": "commits.several_run", "params": {**where, "count": len(digests)}}
    digest = digests.pop() if digests else _last_brought(project, environment)
    if digest is None:
        return None, {"code": "commits.nothing_runs", "params": where}
    release = Release.objects.filter(project=project, digest=digest).order_by("-id").first()
    if release is None or not release.commit:
        return None, {"code": "commits.not_built_here", "params": where}
    return release, None


def _last_brought(project: Project, environment: Environment) -> str | None:
    brought = Rollout.objects.filter(
        ticket__project=project, ticket__environment=environment, ticket__status=TicketStatus.SUCCEEDED
    )
    return brought.order_by("-ticket__finished_at").values_list("to_digest", flat=True).first()


def commits_since(
    project: Project, environment: Environment, commit: str, *, backwards: bool = False
) -> tuple[dict[str, Any] | None, Reason | None]:
    """Commits between what runs there and `commit` (backwards: those taken back); null and a reason when unknown."""
    runs, reason = running_release(project, environment)
    if runs is None:
        return None, reason
    if not commit:
        return None, {"code": "commits.unknown_commit", "params": {"environment": environment.slug}}
    first, last = (commit, runs.commit) if backwards else (runs.commit, commit)
    found: list[Commit] = []
    if first != last:
        work = _compare(get_gitlab(project.gitlab), project.gitlab_path, first, last)
        try:
            found = run(work, settings.CONFIG.outside_timeout * 2)
        except DomainError as error:
            return None, error.as_reason()
    commits = [
        {"sha": one.sha, "title": one.title, "author_name": one.author_name, "committed_at": one.committed_at}
        for one in found
    ]
    return {
        "from_commit": runs.commit,
        "from_tag": runs.tag,
        "to_commit": commit,
        "taken_back": backwards,
        "commits": commits,
    }, None


async def _compare(gitlab: GitLab, path: str, first: str, last: str) -> list[Commit]:
    repository = await gitlab.get_project(path)
    return await gitlab.compare(repository.id, first, last)


def production_of(project: Project) -> Environment | None:
    """The project's first production environment, for which commits are shown unless another is named."""
    pair = (
        ProjectEnvironment.objects.filter(project=project, environment__tier="production")
        .select_related("environment")
        .order_by("environment__position", "environment_id")
        .first()
    )
    return pair.environment if pair else None


# -- what a list of releases shows ------------------------------------------------------------------------
def dress(releases: Sequence[Release]) -> Sequence[Release]:
    """Put on each release where it ran, the verdict that counts there, and its last build; three statements."""
    digests = {release.digest for release in releases if release.digest}
    projects = {release.project_id for release in releases}
    ran: dict[tuple[int, str], dict[str, Any]] = defaultdict(dict)
    succeeded = Rollout.objects.filter(
        to_digest__in=digests,
        ticket__project__in=projects,
        ticket__status=TicketStatus.SUCCEEDED,
        result=Rollout.Result.SUCCEEDED,
    )
    place = ("ticket__project_id", "to_digest", "ticket__environment_id")
    places = succeeded.order_by(*place, "-finished_at").distinct(*place)
    for project_id, digest, slug, at in places.values_list(
        "ticket__project", "to_digest", "ticket__environment__slug", "finished_at"
    ):
        ran[project_id, digest][slug] = at
    verdicts: dict[tuple[int, str], list[Verdict]] = defaultdict(list)
    latest = (
        Verdict.objects.filter(digest__in=digests, project__in=projects)
        .order_by("project_id", "digest", "environment_id", "-id")
        .distinct("project_id", "digest", "environment_id")
        .select_related("environment", "actor")
    )
    for verdict in latest:
        verdicts[verdict.project_id, verdict.digest].append(verdict)
    builds = _last_builds([release.pk for release in releases])
    for release in releases:
        extra: Any = release
        key = (release.project_id, release.digest)
        extra.ran_in = [{"environment": slug, "at": at} for slug, at in sorted(ran.get(key, {}).items())]
        extra.latest_verdicts = verdicts.get(key, [])
        extra.last_build = builds.get(release.pk)
    return releases


def _last_builds(ids: Iterable[int]) -> dict[int, Build]:
    found = Build.objects.filter(release__in=list(ids)).order_by("release_id", "-id").distinct("release_id")
    return {build.release_id: build for build in found}
