"""Adding and changing projects (P1, P7).

Must not: call GitLab inside a transaction, or let a project into an environment where its namespace would be refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict, NotFound
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.types import GitProject
from apps.integrations.loop import run
from apps.integrations.models import GitLabServer
from apps.policy.actor import Actor
from apps.projects.models import Environment, Pin, Placement, Project, ProjectEnvironment, Tier
from apps.projects.services import names
from apps.projects.services.grants import announce_change
from apps.projects.services.languages import is_language
from apps.projects.services.people import people_named
from apps.projects.services.refusals import differences, refused, unknown

SAID_OF_RUNNING = (
    "contacts",
    "alarm_contacts",
    "deploy_path",
    "log_path",
    "start_command",
    "stop_command",
    "callback",
)
CHANGEABLE = ("name", "description", *SAID_OF_RUNNING)


def create_project(values: dict[str, Any], *, actor: Actor) -> Project:
    """A new project; its repository is looked up in GitLab first, and kept under the path GitLab gives it."""
    slug = values["slug"]
    if not names.is_service_name(slug):
        raise refused("slug", "project.bad_name", name=slug[:100], suggestion=names.suggested_name(slug))
    if not is_language(values["language"]):
        raise unknown("language", values["language"])
    owners = people_named(values.pop("owners", []), "owners")
    environments = environments_named(values.pop("environments", []))
    check_namespaces(slug, environments)
    if Project.objects.filter(slug=slug).exists():
        raise name_taken(slug)
    repository = find_repository(values["gitlab"], values["gitlab_path"])
    image = values.pop("image_repository", "") or repository.path.lower()
    if not names.is_repository(image):
        raise refused("image_repository", "project.bad_image_repository", path=image[:200])
    checked = {**values, "gitlab_path": repository.path, "image_repository": image}
    try:
        with transaction.atomic():
            return write_project(checked, owners, environments, action="project.created", actor=actor)
    except IntegrityError as error:
        raise name_taken(slug) from error


def write_project(
    values: dict[str, Any], owners: list[User], environments: list[Environment], *, action: str, actor: Actor
) -> Project:
    """The rows of a project whose values were checked, with their audit row; inside the caller's transaction.

    With None for `admitted_at` it is asked for only. IntegrityError when the name is taken.
    """
    project = Project.objects.create(**values)
    project.owners.set(owners)
    ProjectEnvironment.objects.bulk_create(ProjectEnvironment(project=project, environment=e) for e in environments)
    after = {**_plain(project), "owners": _usernames(owners), "environments": _slugs(environments)}
    record(action, target=project, params={"before": None, "after": after}, project_id=project.pk, actor=actor)
    for owner in owners:
        announce_change(owner.pk, project.pk)
    return project


def update_project(project_id: int, changes: dict[str, Any], *, actor: Actor) -> None:
    """Change what a project says of itself, its owners or the environments it uses."""
    owners = people_named(changes["owners"], "owners") if "owners" in changes else None
    environments = environments_named(changes["environments"]) if "environments" in changes else None
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",)).get(pk=project_id)
        assert_active(project)
        before = _snapshot(project)
        for name in CHANGEABLE:
            if name in changes:
                setattr(project, name, changes[name])
        project.save(update_fields=CHANGEABLE)
        if owners is not None:
            _set_owners(project, owners)
        if environments is not None:
            _set_environments(project, environments)
        told = differences(before, _snapshot(project))
        if told:
            record("project.updated", target=project, params=told, project_id=project.pk, actor=actor)


def assert_active(project: Project) -> None:
    """Conflict while the project is only asked for, archived or withdrawn: nothing is changed or filed for it."""
    if project.stage != Project.Stage.ACTIVE:
        raise Conflict("project.not_active", project=project.slug, stage=project.stage.value)


def withdraw_project(project: Project, ticket_id: int, *, actor: Actor) -> None:
    """Give up a project that was never admitted: its name is free for others, its row stays for its ticket's sake, and
    nobody keeps it pinned.

    Inside the caller's transaction; a project that is admitted or withdrawn already stays as it is.
    """
    locked = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if locked.stage != Project.Stage.REQUESTED:
        return
    freed, name = locked.slug, f"{locked.slug}~{ticket_id}"
    Project.objects.filter(pk=locked.pk).update(slug=name, withdrawn_at=Now())
    Pin.objects.filter(project=locked).delete()
    project.refresh_from_db()
    told = {"before": {"slug": freed, "stage": "requested"}, "after": {"slug": name, "stage": "withdrawn"}}
    record(
        "project.withdrawn", target=project, params={**told, "ticket": ticket_id}, project_id=project.pk, actor=actor
    )


def set_approvals(project: Project, environment: Environment, number: int | None, *, actor: Actor) -> None:
    """The project's own number of approvals in an environment; None: the environment's number counts."""
    assert_active(project)
    if environment.tier == Tier.PRODUCTION and number == 0:
        raise refused("approvals_required", "environment.approval_needed", environment=environment.slug)
    with transaction.atomic():
        pair = ProjectEnvironment.objects.select_for_update().get(project=project, environment=environment)
        told = differences({"approvals_required": pair.approvals_required}, {"approvals_required": number})
        if not told:
            return
        pair.approvals_required = number
        pair.save(update_fields=["approvals_required"])
        record(
            "project.approvals_changed",
            target=project,
            params=told,
            project_id=project.pk,
            environment_id=environment.pk,
            actor=actor,
        )


def find_repository(server: GitLabServer, path: str) -> GitProject:
    """The repository as GitLab knows it; refuses a path that GitLab does not have."""
    try:
        return run(get_gitlab(server).get_project(path), settings.CONFIG.outside_timeout)
    except NotFound as error:
        raise refused("gitlab_path", "project.repository_missing", path=path[:200], gitlab=server.name) from error


def environments_named(slugs: Iterable[str]) -> list[Environment]:
    """The environments of these names; refuses the first there is not."""
    wanted = list(dict.fromkeys(slugs))
    found = {e.slug: e for e in Environment.objects.filter(slug__in=wanted)}
    for slug in wanted:
        if slug not in found:
            raise unknown("environments", slug)
    return [found[slug] for slug in wanted]


def check_namespaces(project: str, environments: Iterable[Environment]) -> None:
    """Refuse environments in which the project's namespace would be none that a cluster accepts."""
    for placement in Placement.objects.filter(environment__in=list(environments)).select_related("environment"):
        namespace = names.namespace_of(placement.namespace_pattern, placement.environment.slug, project)
        if not names.is_label(namespace):
            params = {"namespace": namespace, "environment": placement.environment.slug, "project": project}
            raise refused("environments", "environment.bad_namespace", **params)


def _set_owners(project: Project, owners: list[User]) -> None:
    before, after = set(project.owners.values_list("pk", flat=True)), {owner.pk for owner in owners}
    project.owners.set(owners)
    for user_id in before ^ after:
        announce_change(user_id, project.pk)


def _set_environments(project: Project, environments: list[Environment]) -> None:
    wanted = {e.pk: e for e in environments}
    pairs = {pair.environment_id: pair for pair in project.environments.select_related("environment")}
    fresh = [e for pk, e in wanted.items() if pk not in pairs]
    check_namespaces(project.slug, fresh)
    ProjectEnvironment.objects.bulk_create(ProjectEnvironment(project=project, environment=e) for e in fresh)
    for pk, pair in pairs.items():
        if pk not in wanted:
            try:
                pair.delete()
            except ProtectedError as error:
                raise Conflict("project.environment_in_use", environment=pair.environment.slug) from error


def _snapshot(project: Project) -> dict[str, Any]:
    """What an audit row compares, read anew."""
    return {
        "name": project.name,
        "description": project.description,
        **{name: getattr(project, name) for name in SAID_OF_RUNNING},
        "owners": sorted(project.owners.values_list("username", flat=True)),
        "environments": sorted(project.environments.values_list("environment__slug", flat=True)),
    }


def _plain(project: Project) -> dict[str, Any]:
    own = ("slug", "name", "description", "language", "gitlab_path", "image_repository", *SAID_OF_RUNNING)
    rows = {"gitlab": project.gitlab.name, "jenkins": project.jenkins.name, "registry": project.registry.name}
    return {**{name: getattr(project, name) for name in own}, **rows}


def _usernames(people: list[User]) -> list[str]:
    return sorted(user.username for user in people)


def _slugs(environments: list[Environment]) -> list[str]:
    return sorted(e.slug for e in environments)


def name_taken(slug: str) -> Conflict:
    """The error of a name that another project has."""
    return Conflict("project.name_taken", name=slug, fields={"slug": [{"code": "unique", "params": {}}]})
