"""What the views of this and higher rooms ask about projects: querysets narrowed to what the actor may see.

Must not: change anything, or ask an outside system for more than the refs of a repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet

from apps.common.errors import Invalid, Missing
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.types import Ref
from apps.integrations.loop import run
from apps.policy.actor import Actor
from apps.policy.services import visible_project_ids
from apps.projects.hosts import HostEntry, entries
from apps.projects.models import Environment, Grant, HostsVersion, Placement, Project, ProjectEnvironment

REFS_MOST = 20


def visible_projects(actor: Actor, *, admin_sees_all: bool = True) -> QuerySet[Project]:
    """The projects a list may show to the actor."""
    ids = visible_project_ids(actor, admin_sees_all=admin_sees_all)
    return Project.objects.all() if ids is None else Project.objects.filter(pk__in=ids)


def with_everything(projects: QuerySet[Project], actor: Actor) -> QuerySet[Project]:
    """With all that an answer shows, in a number of queries that does not grow with the page."""
    mine = Grant.objects.filter(Grant.live(), user_id=actor.user_id or 0).select_related("environment").order_by("id")
    pairs = ProjectEnvironment.objects.select_related("environment").order_by("environment__position", "environment_id")
    return projects.select_related("gitlab", "jenkins", "registry").prefetch_related(
        "owners", Prefetch("environments", pairs), Prefetch("grants", mine, to_attr="my_grants")
    )


def environments_in_full() -> QuerySet[Environment]:
    """Environments with their chain and placements."""
    placements = Placement.objects.select_related("cluster").order_by("wave", "id")
    return Environment.objects.prefetch_related("promotes_from", Prefetch("placements", placements))


def visible_grants(actor: Actor, *, with_ended: bool = False) -> QuerySet[Grant]:
    """Grants of the projects the actor may see; only live ones unless told otherwise."""
    ids = visible_project_ids(actor, admin_sees_all=True)
    rows = grants_in_full() if ids is None else grants_in_full().filter(project__in=ids)
    return rows if with_ended else rows.filter(Grant.live())


def grants_in_full() -> QuerySet[Grant]:
    """Grants with the names an answer shows, and whether they are live."""
    is_live = ExpressionWrapper(Q(Grant.live()), output_field=BooleanField())
    return Grant.objects.annotate(is_live=is_live).select_related("user", "project", "environment", "granted_by")


def project_granted_in(environment: Environment, actor: Actor) -> int | None:
    """The id of a project on which the actor has a live grant in the environment: the pair about which the policy table
    is asked where the thing is the environment's. None without one; a token of one project has that one only, and
    nothing (Missing) in an environment that its project does not use."""
    limited = actor.token_project_id
    if limited is not None:
        if not ProjectEnvironment.objects.filter(project_id=limited, environment=environment).exists():
            raise Missing
        return limited
    grants = Grant.objects.filter(Grant.live(), user_id=actor.user_id or 0, environment=environment)
    return grants.order_by("id").values_list("project_id", flat=True).first()


def hosts_entries(environment: Environment) -> tuple[HostEntry, ...]:
    """The entries of the environment's current hosts file, one per address; none before its first version."""
    rows = HostsVersion.objects.filter(environment=environment).order_by("-number")
    return entries(rows.values_list("text", flat=True).first() or "")


def search_refs(project: Project, search: str) -> tuple[str, list[Ref]]:
    """The default branch, and branches and tags whose name contains the text, asked of GitLab now."""
    work = _search(get_gitlab(project.gitlab), project.gitlab_path, search)
    return run(work, settings.CONFIG.outside_timeout * 2)


async def _search(gitlab: GitLab, path: str, search: str) -> tuple[str, list[Ref]]:
    repository = await gitlab.get_project(path)
    return repository.default_branch, await gitlab.search_refs(repository.id, search, REFS_MOST)


def query_text(params: Mapping[str, Any], name: str, most: int = 100) -> str:
    """A text of the query string; refuses what no row could hold."""
    text = str(params.get(name, "")).strip()
    if "\x00" in text or len(text) > most:
        raise Invalid(fields={name: [{"code": "invalid", "params": {}}]})
    return text


def query_flag(params: Mapping[str, Any], name: str) -> bool:
    """A yes or no of the query string: 1, true, 0, false or absent."""
    text = str(params.get(name, "")).lower()
    if text not in ("", "0", "1", "true", "false"):
        raise Invalid(fields={name: [{"code": "invalid", "params": {}}]})
    return text in ("1", "true")
