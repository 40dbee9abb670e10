"""How far a new portal is on its way to the first release: ten steps, each read from rows, none remembered.

Must not: ask an outside system (a step counts the last connection test), or count beyond what a page shows: each
step is one bounded statement, however large the portal has grown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from apps.accounts.models import User
from apps.catalog.models import Language, TemplateVersion
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry
from apps.projects.models import Environment, Grant, Placement, Project, Tier
from apps.tickets.models import Ticket, TicketStatus
from apps.workloads.models import Workload

MOST_COUNTED = 100


@dataclass(frozen=True)
class Step:
    """One step: how many things of its kind there are (at most MOST_COUNTED are counted), and whether it is done."""

    name: str
    done: bool
    count: int


def first_hour() -> list[Step]:
    """All steps in the order in which one takes them."""
    return [_step(name, find()) for name, find in STEPS.items()]


def _step(name: str, found: QuerySet[Any]) -> Step:
    count = found[:MOST_COUNTED].count()
    done = _chain_is_whole() if name == "environment" and count else bool(count)
    return Step(name, done, count)


def _tested(model: type[Connection]) -> QuerySet[Any]:
    """Rows that are enabled and whose last connection test went well."""
    return model._default_manager.filter(is_enabled=True, last_check__ok=True).order_by()


def _placed() -> QuerySet[Environment]:
    return Environment.objects.filter(Exists(Placement.objects.filter(environment=OuterRef("pk")))).order_by()


def _chain_is_whole() -> bool:
    """A place to release to and a gated one to promote to (D14, D15)."""
    gated = {Tier.STAGING, Tier.PRODUCTION}
    tiers = set(_placed().values_list("tier", flat=True).distinct())
    return bool(tiers & gated) and bool(tiers - gated)


def _languages() -> QuerySet[Language]:
    """Languages that can be built: with a Jenkins template and a Dockerfile template."""
    own = TemplateVersion.objects.filter(language=OuterRef("pk"))
    kinds = TemplateVersion.Kind
    has_both = Exists(own.filter(kind=kinds.JENKINS_JOB)) & Exists(own.filter(kind=kinds.DOCKERFILE))
    return Language.objects.filter(has_both).order_by()


def _people() -> QuerySet[User]:
    """Active people besides the administrators who may do something somewhere."""
    live = Grant.objects.filter(Grant.live(), user=OuterRef("pk"))
    return User.objects.filter(Exists(live), is_active=True, is_instance_admin=False).order_by()


STEPS: dict[str, Callable[[], QuerySet[Any]]] = {
    "gitlab": lambda: _tested(GitLabServer),
    "jenkins": lambda: _tested(JenkinsController),
    "registry": lambda: _tested(Registry),
    "cluster": lambda: _tested(Cluster),
    "environment": _placed,
    "language": _languages,
    "project": lambda: Project.objects.filter(Project.in_stage("active")).order_by(),
    "people": _people,
    "workload": lambda: Workload.objects.order_by(),
    "first_release": lambda: Ticket.objects.filter(kind="release", status=TicketStatus.SUCCEEDED).order_by(),
}
