"""Adding and changing projects (P1, P7).

Must not: call GitLab inside a transaction, or let a project into an environment where its namespace would be refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict, NotFound
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.types import GitProject
from apps.integrations.loop import run
from apps.integrations.models import GitLabServer
from apps.policy.actor import Actor
from apps.projects.models import Environment, Placement, Project, ProjectEnvironment, Tier
from apps.projects.services import names
from apps.projects.services.grants import announce_change
from apps.projects.services.languages import is_language
from apps.projects.services.people import people_named
from apps.projects.services.refusals import differences, refused, unknown


def create_project(values: dict[str, Any], *, actor: Actor) -> Project:
    """A new project; its repository is looked up in GitLab first, and kept under the path GitLab gives it."""
    slug = values["slug"]
    if not names.is_service_name(slug):
        raise refused("slug", "project.bad_name", name=slug[:100], suggestion=names.suggested_name(slug))
    if not is_language(values["language"]):
        raise unknown("language", values["language"])
    owners = people_named(values.pop("owners", []), "owners")
    environments = environments_named(values.pop("environments", []))
    _check_namespaces(slug, environments)
    if Project.objects.filter(slug=slug).exists():
        raise _taken(slug)
    repository = find_repository(values["gitlab"], values["gitlab_path"])
    image = values.pop("image_repository", "") or repository.path.lower()
    if not names.is_repository(image):
        raise refused("image_repository", "project.bad_image_repository", path=image[:200])
    try:
        with transaction.atomic():
            project = Project.objects.create(
                **{**values, "gitlab_path": repository.path, "image_repository": image},
            )
            project.owners.set(owners)
            ProjectEnvironment.objects.bulk_create(
                ProjectEnvironment(project=project, environment=e) for e in environments
            )
            after = {**_plain(project), "owners": _usernames(owners), "environments": _slugs(environments)}
            record(
                "project.created",
                target=project,
                params={"before": None, "after": after},
                project_id=project.pk,
                actor=actor,
            )
            for owner in owners:
                announce_change(owner.pk, project.pk)
    except IntegrityError as error:
        raise _taken(slug) from error
    return project


def update_project(project_id: int, changes: dict[str, Any], *, actor: Actor) -> None:
    """Change name, description, contacts, owners or the environments a project uses."""
    owners = people_named(changes["owners"], "owners") if "owners" in changes else None
    environments = environments_named(changes["environments"]) if "environments" in changes else None
    with transaction.atomic():
        project = Project.objects.select_for_update(of=("self",)).get(pk=project_id)
        before = _snapshot(project)
        for name in ("name", "description", "contacts"):
            if name in changes:
                setattr(project, name, changes[name])
        project.save(update_fields=["name", "description", "contacts"])
        if owners is not None:
            _set_owners(project, owners)
        if environments is not None:
            _set_environments(project, environments)
        told = differences(before, _snapshot(project))
        if told:
            record("project.updated", target=project, params=told, project_id=project.pk, actor=actor)


def set_approvals(project: Project, environment: Environment, number: int | None, *, actor: Actor) -> None:
    """The project's own number of approvals in an environment; None: the environment's number counts."""
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


def _check_namespaces(project: str, environments: Iterable[Environment]) -> None:
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
    _check_namespaces(project.slug, fresh)
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
        "contacts": project.contacts,
        "owners": sorted(project.owners.values_list("username", flat=True)),
        "environments": sorted(project.environments.values_list("environment__slug", flat=True)),
    }


def _plain(project: Project) -> dict[str, Any]:
    own = ("slug", "name", "description", "language", "gitlab_path", "image_repository", "contacts")
    rows = {"gitlab": project.gitlab.name, "jenkins": project.jenkins.name, "registry": project.registry.name}
    return {**{name: getattr(project, name) for name in own}, **rows}


def _usernames(people: list[User]) -> list[str]:
    return sorted(user.username for user in people)


def _slugs(environments: list[Environment]) -> list[str]:
    return sorted(e.slug for e in environments)


def _taken(slug: str) -> Conflict:
    return Conflict("project.name_taken", name=slug, fields={"slug": [{"code": "unique", "params": {}}]})
