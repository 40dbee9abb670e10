"""Asking for project access: everything is checked first, then project and ticket are written in one transaction (P2).

Must not: call outside inside the transaction, or make anything outside: that is for the steps of an approved request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Model

from apps.access.kinds import ProjectAccessKind
from apps.access.outside import look_at_job
from apps.access.serializers import RequestSerializer
from apps.accounts.models import User
from apps.common.canonical import sha256_hex
from apps.common.errors import IntegrationError, Invalid
from apps.common.problems import field_problems
from apps.integrations.clients import get_gitlab, get_jenkins
from apps.integrations.gitlab.projects import path_of
from apps.integrations.gitlab.types import GitProject
from apps.integrations.loop import run
from apps.integrations.models import Connection, GitLabServer, JenkinsController, Registry
from apps.policy.actor import Actor
from apps.policy.services import require
from apps.projects.models import Environment, Project
from apps.projects.services import names
from apps.projects.services import projects as rows
from apps.projects.services.languages import is_language
from apps.projects.services.people import people_named
from apps.projects.services.refusals import refused, unknown
from apps.tickets import registry
from apps.tickets.models import Ticket
from apps.tickets.registry import Filing
from apps.tickets.services.filing import earlier_ticket, write_ticket

log = structlog.get_logger(__name__)
T = TypeVar("T")
ACTION = "project.request"
SYSTEMS: tuple[tuple[str, type[Connection]], ...] = (
    ("gitlab", GitLabServer),
    ("jenkins", JenkinsController),
    ("registry", Registry),
)
PEOPLE = ("owners", "testers", "operators")
MOST_NAMED = 10


@dataclass
class Examined:
    """What rows alone say of a body: the rows it names, and what is wrong with which field, all at once."""

    given: dict[str, Any]
    problems: dict[str, list[dict[str, Any]]]
    systems: dict[str, Any] = field(default_factory=dict)
    people: dict[str, list[User]] = field(default_factory=dict)
    environments: list[Environment] = field(default_factory=list)
    slug: str = ""  # empty: none that could be a project's
    holder: Project | None = None

    def attempt(self, work: Callable[[], T]) -> T | None:
        """The answer of `work`; what it refuses is noted under its fields."""
        try:
            return work()
        except Invalid as error:
            self.note(error)
            return None

    def note(self, error: Invalid) -> None:
        """Keep the problems of a refusal."""
        for name, items in field_problems(error.fields or {}).items():
            self.problems.setdefault(name, []).extend(items)


def request_project(data: Any, *, idempotency_key: str | None = None, actor: Actor) -> tuple[Ticket, bool]:
    """File a request; answers (ticket, created). The same Idempotency-Key with the same body gives the first ticket.

    Invalid with everything that is wrong, field by field; an IntegrationError when GitLab cannot be asked; Conflict
    `project.name_taken` when somebody was faster.
    """
    require(actor, ACTION)
    given, problems = read_body(data)
    request_hash = sha256_hex({"kind": ProjectAccessKind.name, "body": _plain(given)})
    earlier = None if problems else earlier_ticket(actor, idempotency_key, request_hash)
    if earlier is not None:
        return earlier, False
    examined = examine(given, problems, actor, is_whole=True)
    repository, trouble = _find_repository(examined)
    image = given.get("image_repository") or (repository.path.lower() if repository else "")
    examined.attempt(lambda: check_image(image))
    _refuse_taken_job(examined)
    try:
        if trouble is not None and not examined.problems:
            raise trouble
        if examined.problems or repository is None:
            raise Invalid(fields=examined.problems)
        with transaction.atomic():
            return _write(examined, repository, image, idempotency_key, request_hash, actor), True
    except (IntegrityError, Invalid) as error:  # of a click sent twice, the second finds the name taken by the first
        earlier = None if problems else earlier_ticket(actor, idempotency_key, request_hash)
        if earlier is not None:
            return earlier, False
        if isinstance(error, IntegrityError) and Project.objects.filter(slug=examined.slug).exists():
            raise rows.name_taken(examined.slug) from error
        raise


def read_body(
    data: Any, *, is_whole: bool = True, shape: type[RequestSerializer] = RequestSerializer
) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The fields that have the right shape, and the problems of the others, so that both can be told at once."""
    form = shape(data=data, partial=not is_whole)
    if form.is_valid():
        return dict(form.validated_data), {}
    if not isinstance(data, Mapping):
        form.is_valid(raise_exception=True)
    problems = field_problems(form.errors)
    bad = {name.split(".")[0] for name in problems}
    rest = shape(data={name: value for name, value in data.items() if str(name)[:100] not in bad}, partial=True)
    return (dict(rest.validated_data) if rest.is_valid() else {}), problems


def examine(
    given: dict[str, Any], problems: dict[str, list[dict[str, Any]]], actor: Actor, *, is_whole: bool
) -> Examined:
    """Look at everything that rows know; asks nobody outside."""
    found = Examined(given, dict(problems))
    found.attempt(lambda: _look_at_name(found))
    if "language" in given and not is_language(given["language"]):
        found.note(unknown("language", given["language"]))
    for name, model in SYSTEMS:
        found.systems[name] = given.get(name)
        if found.systems[name] is None and name not in problems:
            found.systems[name] = found.attempt(partial(only_one, name, model, is_needed=is_whole))
    for name in PEOPLE:
        found.people[name] = found.attempt(partial(people_named, given.get(name, []), name)) or []
    requester = User.objects.get(pk=actor.person_id)
    found.people["owners"] = list(dict.fromkeys([requester, *found.people["owners"]]))
    found.environments = found.attempt(lambda: rows.environments_named(given.get("environments", []))) or []
    if found.slug:
        found.attempt(lambda: rows.check_namespaces(found.slug, found.environments))
    return found


def _look_at_name(found: Examined) -> None:
    slug = found.given.get("slug")
    if slug is None:
        return
    if not names.is_service_name(slug):
        raise refused("slug", "project.bad_name", name=slug[:100], suggestion=names.suggested_name(slug))
    found.slug = slug
    found.holder = Project.objects.filter(slug=slug).first()
    if found.holder is not None:
        raise refused("slug", "project.name_taken", name=slug)


def only_one(name: str, model: type[Connection], *, is_needed: bool = True) -> Any:
    """The only system of its kind. With several the person says which (until then None, unless it is needed now), with
    none an administrator adds one."""
    there = list(model._default_manager.filter(is_enabled=True).order_by("name")[:MOST_NAMED])
    if not there:
        raise refused(name, "access.no_system", system=model.SYSTEM)
    if len(there) > 1 and is_needed:
        raise refused(name, "access.choose_system", system=model.SYSTEM, names=[str(one) for one in there])
    return there[0] if len(there) == 1 else None


def check_image(path: str) -> None:
    """Refuse what is no repository of a registry; an empty one is not known yet."""
    if path and not names.is_repository(path):
        raise refused("image_repository", "project.bad_image_repository", path=path[:200])


def _find_repository(found: Examined) -> tuple[GitProject | None, IntegrationError | None]:
    """The repository as GitLab names it, or why GitLab could not be asked; a missing one is noted."""
    server, text = found.systems["gitlab"], found.given.get("gitlab_path", "")
    if server is None or not text:
        return None, None
    try:
        path = path_of(get_gitlab(server), text)
        return found.attempt(lambda: rows.find_repository(server, path)), None
    except IntegrationError as error:
        return None, error


def _refuse_taken_job(found: Examined) -> None:
    """Somebody else's Jenkins job of this name is noted. A silent Jenkins is no reason to refuse: the step asks again."""
    jenkins = found.systems["jenkins"]
    if jenkins is None or not found.slug or found.holder is not None:
        return
    try:
        there = run(look_at_job(get_jenkins(jenkins), found.slug), settings.CONFIG.outside_timeout)
    except IntegrationError as error:
        log.info("a request was not compared with Jenkins", jenkins=jenkins.name, code=error.code)
        return
    if there.foreign is not None:
        found.note(refused("slug", "access.job_taken", **there.foreign))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Model) else value for name, value in values.items()}


def _write(
    found: Examined, repository: GitProject, image: str, key: str | None, request_hash: str, actor: Actor
) -> Ticket:
    """Project, owners, environments and the ticket with its plan; in the caller's transaction."""
    given = dict(found.given)
    note = given.pop("note", "")
    asked = {"migration": given.pop("migration", {"state": "vm"}), "environments": [e.slug for e in found.environments]}
    asked |= {name: [user.username for user in found.people[name]] for name in PEOPLE}
    values = {name: value for name, value in given.items() if name not in asked}
    values |= {**found.systems, "gitlab_path": repository.path, "image_repository": image}
    asked_for = {**values, "admitted_at": None}
    project = rows.write_project(
        asked_for, found.people["owners"], found.environments, action="project.requested", actor=actor
    )
    kind = registry.KINDS[ProjectAccessKind.name]
    assert isinstance(kind, ProjectAccessKind)
    form = {**_plain(values), **asked}
    filing = Filing(project, None, form, actor, note=note)
    return write_ticket(kind, filing, kind.prepared(form), key, request_hash)
