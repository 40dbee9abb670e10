"""Taking in one row: everything outside is looked at first, then project, bindings and workloads are one transaction.

Whatever is bound was there before: its provision says so, and archiving leaves it. Must not: write anything outside, or
write here for a row that another worker holds by now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from apps.access.intake.checking import SYSTEMS, Portal, check_row
from apps.access.models import Intake, IntakeRow, Provision
from apps.access.provisioning.hooking import hook_address
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict, DomainError, Invalid
from apps.integrations.clients import get_gitlab, get_jenkins
from apps.integrations.gitlab.hooks import list_hooks
from apps.integrations.gitlab.types import GitProject, Hook
from apps.integrations.loop import run
from apps.policy.actor import Actor
from apps.projects.models import Environment, Placement, Project, Resource
from apps.projects.services import projects as services
from apps.projects.services.migration import WEIGHTS, change_migration
from apps.projects.services.people import people_named
from apps.projects.services.refusals import refused
from apps.projects.services.resources import add_resource
from apps.workloads.services import look_at_deployment, write_workload

Json = dict[str, Any]
What = Provision.What
WRITING = 0x6F706E74  # the advisory lock of all who write a row of an intake


class Overtaken(Exception):
    """No error: another worker has the row by now, or the intake was stopped. Nothing was written or is to be noted."""


@dataclass
class Looked:
    """What stands outside for a row, as it is now."""

    systems: dict[str, Any]
    repository: GitProject
    hook: Hook | None = None
    job: str = ""
    workloads: list[tuple[Placement, Json, str]] = field(default_factory=list)
    owners: list[User] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)


def take_in(row: IntakeRow, actor: Actor) -> None:
    """Make the row's project. Invalid or Conflict: it cannot be as it stands; IntegrationError: the outside did not
    tell; Overtaken: somebody else has it."""
    finding = check_row(row, Portal([row]))
    if finding.project is not None:
        _note_existing(row, finding.project)
        return
    if finding.problems:
        raise Invalid(fields=finding.problems)
    looked = _look(row)
    try:
        with transaction.atomic():
            _write(row, looked, actor)
    except IntegrityError as error:
        if Project.objects.filter(slug=row.slug).exists():
            raise services.name_taken(row.slug) from error
        raise


def _note_existing(row: IntakeRow, project: Project) -> None:
    owned = IntakeRow.objects.filter(pk=row.pk, fence=row.fence, state=IntakeRow.State.WAITING)
    owned.update(state=IntakeRow.State.EXISTS, project=project, is_ticked=False, lease_until=None, error=None)


def _look(row: IntakeRow) -> Looked:
    """Ask GitLab, Jenkins and the clusters; the row's names were checked."""
    systems: Json = {name: model._default_manager.get(name=getattr(row, name)) for name, model in SYSTEMS.items()}
    looked = Looked(systems, services.find_repository(systems["gitlab"], row.gitlab_path))
    looked.owners = people_named(row.owners, "owners")
    looked.environments = services.environments_named(row.environments)
    looked.hook = _hook(systems["gitlab"], looked.repository, row.slug)
    if row.job:
        looked.job = _job(systems["jenkins"], row.job)
    for one in row.workloads:
        placement = Placement.objects.select_related("cluster", "environment").get(
            environment__slug=one["environment"], cluster__name=one["cluster"]
        )
        uid = look_at_deployment(placement, one["namespace"], one["deployment"], one["container"])
        looked.workloads.append((placement, one, uid))
    return looked


def _hook(gitlab: Any, repository: GitProject, slug: str) -> Hook | None:
    """A webhook that calls us for a project of this name already; a token that may not read them has none to bind."""
    try:
        address = hook_address(Project(slug=slug))
        hooks = run(list_hooks(get_gitlab(gitlab), repository.id), settings.CONFIG.outside_timeout)
    except DomainError as error:
        if getattr(error, "retryable", False):
            raise
        return None
    return next((hook for hook in hooks if hook.url == address), None)


def _job(jenkins: Any, name: str) -> str:
    """The job's name as Jenkins writes it."""
    found = run(get_jenkins(jenkins).find_job(name), settings.CONFIG.outside_timeout)
    if found is None:
        raise refused("job", "intake.job_missing", job=name, jenkins=jenkins.name)
    return str(found["name"])


def _write(row: IntakeRow, looked: Looked, actor: Actor) -> None:
    """All of it, or nothing. One row at a time in the whole portal, so that two intakes cannot bind one thing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITING])
    intake = Intake.objects.select_for_update(of=("self",)).get(pk=row.intake_id)
    mine = IntakeRow.objects.select_for_update(of=("self",)).filter(pk=row.pk, fence=row.fence)
    if intake.state != Intake.State.TAKING or not mine.filter(state=IntakeRow.State.WAITING).exists():
        raise Overtaken
    finding = check_row(row, Portal([row]))
    if finding.project is not None:  # somebody else's intake was a moment faster
        _note_existing(row, finding.project)
        return
    if finding.problems:
        raise Conflict("intake.changed_meanwhile", name=row.slug)
    values = {"slug": row.slug, "name": row.name, "language": row.language, **looked.systems}
    values |= {"gitlab_path": looked.repository.path, "image_repository": row.image_repository}
    project = services.write_project(values, looked.owners, looked.environments, action="project.created", actor=actor)
    _bind(project, looked)
    for placement, one, uid in looked.workloads:
        write_workload(
            project, placement, deployment=one["deployment"], container=one["container"], uid=uid, actor=actor
        )
    _migrate(project, row, actor)
    mine.update(
        state=IntakeRow.State.TAKEN, project=project, taken_at=Now(), lease_until=None, error=None, is_ticked=False
    )
    params = {"intake": row.intake_id, "row": row.number, "job": looked.job, "workloads": len(looked.workloads)}
    record("intake.row_taken", target=project, params=params, project_id=project.pk, actor=actor)


def _bind(project: Project, looked: Looked) -> None:
    """Repository, webhook and job as they were found: adopted, so that no removal ever takes them away."""
    gitlab, jenkins, found = looked.systems["gitlab"], looked.systems["jenkins"], looked.repository
    _adopt(
        project, What.REPOSITORY, f"gitlab:{gitlab.pk}", found.path, {"id": found.id, "path": found.path}, found.web_url
    )
    if looked.hook is not None:
        address = {"project_id": found.id, "url": looked.hook.url, "hook_id": looked.hook.id}
        link = f"{found.web_url}/-/hooks"
        _adopt(project, What.WEBHOOK, f"gitlab:{gitlab.pk}", looked.hook.url, address, link)
    if looked.job:
        link = f"{jenkins.url.rstrip('/')}/job/{quote(looked.job, safe='')}/"
        _adopt(project, What.JOB, f"jenkins:{jenkins.pk}", looked.job, {"job": looked.job}, link)


def _adopt(project: Project, what: str, system: str, target: str, address: Json, link: str) -> None:
    Provision.objects.create(
        project=project,
        what=what,
        system=system,
        target=target[:255],
        address=address,
        link=link[:600],
        is_adopted=True,
        confirmed_at=Now(),
    )


def _migrate(project: Project, row: IntakeRow, actor: Actor) -> None:
    """Its servers, and where its traffic goes in each environment; everything on virtual machines is no revision."""
    given = row.migration
    for number, address in enumerate(given.get("servers", []), 1):
        values = {"kind": Resource.Kind.SERVER, "name": f"{project.slug} {number}", "address": address}
        add_resource(project, values, actor=actor)
    state = given.get("state", "vm")
    if state == "vm":
        return
    for pair in project.environments.select_related("project", "environment").order_by("environment__position"):
        change_migration(
            pair,
            state=state,
            container_weight=given.get("container_weight", WEIGHTS[state][0]),
            container_servers=given.get("container_servers", []),
            reason=f"intake {row.intake_id}",
            based_on=0,
            actor=actor,
        )
