"""What is wrong with rows of an intake, and which are projects already: by the portal's rows alone, all at once (P7).

Must not: call outside, change a row, or stop at the first problem.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.access.models import IntakeRow, Provision
from apps.accounts.models import User
from apps.catalog.models import Language
from apps.common.problems import field_problems
from apps.integrations.models import Connection, GitLabServer, JenkinsController, Registry
from apps.projects.addresses import server_address
from apps.projects.models import Environment, MigrationRevision, Placement, Project
from apps.projects.services import names
from apps.projects.services.migration import WEIGHTS
from apps.workloads.models import Workload

OPEN = (IntakeRow.State.WAITING, IntakeRow.State.FAILED)
SYSTEMS: dict[str, type[Connection]] = {"gitlab": GitLabServer, "jenkins": JenkinsController, "registry": Registry}
Json = dict[str, Any]


@dataclass
class Finding:
    """Of one row: its problems by field, and the project it is already (then it has none)."""

    problems: dict[str, list[Json]] = field(default_factory=dict)
    project: Project | None = None

    def add(self, on: str, code: str, /, **params: Any) -> None:
        """Note a problem of a field."""
        self.problems.setdefault(on, []).append({"code": code, "params": params})


class Portal:
    """The portal's rows that these intake rows are compared with, read once."""

    def __init__(self, rows: Iterable[IntakeRow]) -> None:
        rows = list(rows)
        self.languages = set(Language.objects.values_list("slug", flat=True))
        self.systems = {name: set(_enabled(model)) for name, model in SYSTEMS.items()}
        self.placements = list(Placement.objects.select_related("environment", "cluster"))
        self.environments = set(Environment.objects.values_list("slug", flat=True))
        wanted = {name for row in rows for name in row.owners}
        self.people = set(User.objects.filter(username__in=wanted, is_active=True).values_list("username", flat=True))
        self._read_projects(rows)
        self._read_workloads(rows)
        self.slugs = Counter(row.slug for row in rows if row.state in OPEN)

    def _read_projects(self, rows: list[IntakeRow]) -> None:
        slugs, paths = {row.slug for row in rows}, {row.gitlab_path for row in rows}
        live = Project.objects.filter(withdrawn_at=None).select_related("gitlab", "jenkins")
        self.by_slug = {one.slug: one for one in live.filter(slug__in=slugs)}
        self.by_repository: dict[tuple[str, str], list[Project]] = defaultdict(list)
        for one in live.filter(gitlab_path__in=paths).order_by("pk"):
            self.by_repository[one.gitlab.name, one.gitlab_path.lower()].append(one)
        names_of = dict(JenkinsController.objects.values_list("pk", "name"))
        jobs = {row.job for row in rows if row.job}
        bound = Provision.objects.filter(what=Provision.What.JOB, target__in=jobs, removed_at=None)
        self.by_job = {
            (names_of.get(int(one.system.partition(":")[2] or 0), ""), one.target): one.project
            for one in bound.filter(project__withdrawn_at=None).select_related("project", "project__gitlab")
        }

    def _read_workloads(self, rows: list[IntakeRow]) -> None:
        wanted = {one.get("deployment", "") for row in rows for one in row.workloads}
        found = Workload.objects.filter(deployment__in=wanted).select_related(
            "placement__cluster", "project_environment__project__gitlab"
        )
        self.by_workload = {
            (one.placement.cluster.name, one.namespace, one.deployment, one.container): one.project_environment.project
            for one in found
        }

    def placement(self, environment: str, cluster: str) -> Placement | None:
        """The placement of that environment on that cluster."""
        found = (p for p in self.placements if (p.environment.slug, p.cluster.name) == (environment, cluster))
        return next(found, None)


def check_row(row: IntakeRow, portal: Portal) -> Finding:
    """Everything that rows say of it."""
    found = Finding()
    found.project = _existing(row, portal)
    if found.project is not None:
        return found
    _check_name(row, portal, found)
    _check_systems(row, portal, found)
    for slug in row.environments:
        if slug not in portal.environments:
            found.add("environments", "does_not_exist", value=slug)
    for name in row.owners:
        if name not in portal.people:
            found.add("owners", "does_not_exist", value=name)
    _check_places(row, portal, found)
    for one in row.workloads:
        _check_workload(one, row, portal, found)
    _check_migration(row.migration, found)
    return found


def _existing(row: IntakeRow, portal: Portal) -> Project | None:
    """The project this service is: of its repository, and of its name, its job or one of its Deployments."""
    repository = (row.gitlab, row.gitlab_path.lower())
    same = portal.by_repository.get(repository, [])
    pointed = [portal.by_slug.get(row.slug), portal.by_job.get((row.jenkins, row.job))]
    pointed += [portal.by_workload.get(_key(one)) for one in row.workloads]
    ids = {one.pk for one in pointed if one is not None}
    return next((one for one in same if one.pk in ids), None)


def _key(one: Json) -> tuple[str, str, str, str]:
    return (one.get("cluster", ""), one.get("namespace", ""), one.get("deployment", ""), one.get("container", ""))


def _check_name(row: IntakeRow, portal: Portal, found: Finding) -> None:
    if not row.slug:
        found.add("slug", "required")
    elif not names.is_service_name(row.slug):
        found.add("slug", "project.bad_name", name=row.slug[:100], suggestion=names.suggested_name(row.slug))
    elif row.slug in portal.by_slug:
        found.add("slug", "project.name_taken", name=row.slug)
    elif portal.slugs[row.slug] > 1:
        found.add("slug", "intake.slug_twice", name=row.slug, count=portal.slugs[row.slug])
    if not row.name:
        found.add("name", "required")
    if not row.language:
        found.add("language", "required")
    elif row.language not in portal.languages:
        found.add("language", "does_not_exist", value=row.language)


def _check_systems(row: IntakeRow, portal: Portal, found: Finding) -> None:
    for name, there in portal.systems.items():
        value = getattr(row, name)
        if not value:
            found.add(name, "required")
        elif value not in there:
            found.add(name, "does_not_exist", value=value)
    if not row.gitlab_path:
        found.add("gitlab_path", "required")
    if row.image_repository and not names.is_repository(row.image_repository):
        found.add("image_repository", "project.bad_image_repository", path=row.image_repository[:200])
    holder = portal.by_job.get((row.jenkins, row.job)) if row.job else None
    if holder is not None:
        found.add("job", "intake.job_bound", job=row.job, jenkins=row.jenkins, project=holder.slug)


def _check_places(row: IntakeRow, portal: Portal, found: Finding) -> None:
    """The project's namespaces are such that a cluster accepts."""
    wanted = {*row.environments, *(one.get("environment", "") for one in row.workloads)}
    if "slug" in found.problems:
        return
    for place in portal.placements:
        slug = place.environment.slug
        namespace = names.namespace_of(place.namespace_pattern, slug, row.slug)
        if slug in wanted and not names.is_label(namespace):
            params = {"namespace": namespace, "environment": slug, "project": row.slug}
            found.add("environments", "environment.bad_namespace", **params)


def _check_workload(one: Json, row: IntakeRow, portal: Portal, found: Finding) -> None:
    environment, cluster = one.get("environment", ""), one.get("cluster", "")
    place = portal.placement(environment, cluster)
    if place is None:
        found.add("workloads", "workload.no_placement", environment=environment, cluster=cluster)
        return
    expected = names.namespace_of(place.namespace_pattern, environment, row.slug)
    if one["namespace"] != expected:
        found.add("workloads", "workload.other_namespace", namespace=one["namespace"], expected=expected)
    if not one["container"]:
        found.add("workloads", "intake.container_unclear", deployment=one["deployment"], namespace=one["namespace"])
    holder = portal.by_workload.get(_key(one))
    if holder is not None:
        about = {"deployment": one["deployment"], "namespace": one["namespace"], "cluster": cluster}
        found.add("workloads", "intake.workload_bound", project=holder.slug, **about)


def _check_migration(given: Json, found: Finding) -> None:
    if not given:
        return
    state = given.get("state", "")
    if state not in MigrationRevision.State.values:
        found.add("migration", "invalid_choice", value=str(state)[:100])
        return
    low, high = WEIGHTS[MigrationRevision.State(state)]
    if not low <= given.get("container_weight", low) <= high:
        found.add("migration", "out_of_range", min_value=low, max_value=high)
    for name in ("container_servers", "servers"):
        for address in given.get(name, []):
            if server_address(address) is None:
                found.add("migration", "server_address", value=address[:100])


def problems_of(error_fields: Any) -> dict[str, list[Json]]:
    """A refusal's fields in the form that a row keeps."""
    return field_problems(error_fields or {})


def _enabled(model: type[Connection]) -> list[str]:
    return list(model._default_manager.filter(is_enabled=True).values_list("name", flat=True))
