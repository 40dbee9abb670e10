"""The look at a request while it is typed: what is wrong, what is taken, what would be set up (P2, P7).

Never refuses content. What an outside system does not answer is told in its own part; the rest stands. Must not: write
a row but the audit's of a build that was started, or show of a repository more than that it is there.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction

from apps.access import cloning, outside
from apps.access.outside import JobThere, RepositoryThere
from apps.access.provisioning.places import Place, places_from
from apps.access.requesting import Examined, check_image, examine, read_body
from apps.access.serializers import CheckSerializer
from apps.audit.services import record
from apps.catalog.models import TemplateVersion
from apps.catalog.services import newest_template
from apps.common.db import db_now
from apps.common.errors import Conflict, IntegrationError, NotFound
from apps.integrations.clients import get_gitlab, get_jenkins, get_kubernetes
from apps.integrations.gitlab.projects import path_of
from apps.integrations.loop import run, run_many
from apps.policy.actor import Actor
from apps.projects.models import Placement, Project
from apps.projects.services import names
from apps.projects.services.refusals import refused

MOST_SUGGESTED = 50
STATES = {"waiting": "running", "can": "ok", "cannot": "failed", "unknown": "unknown"}
Json = dict[str, Any]


def check_request(data: Any, *, actor: Actor) -> Json:
    """The answer of POST /access/check/, without sentences."""
    given, problems = read_body(data, is_whole=False, shape=CheckSerializer)
    wants_clone = given.pop("check_clone", False)
    found = examine(given, problems, actor, is_whole=False)
    found.attempt(lambda: check_image(given.get("image_repository", "")))
    places = _places(found)
    looked = _look(found, places)
    repository, job = looked["repository"], looked["job"]
    path = given.get("gitlab_path", "")
    if isinstance(repository, NotFound) and repository.code == "gitlab.project_missing":
        found.note(refused("gitlab_path", "project.repository_missing", path=path, gitlab=str(found.systems["gitlab"])))
    taken_by = _taken_by(found, job)
    if taken_by == "jenkins":
        found.note(refused("slug", "access.job_taken", **job.foreign))
    return {
        "fields": found.problems,
        "suggested_slug": _suggested(given.get("slug", ""), is_taken=bool(taken_by)),
        "taken_by": taken_by,
        "repository": _repository(repository),
        "access": _access(repository),
        "clone": _clone(found, repository, actor, starts=wants_clone),
        "creates": _creates(found, places, looked),
    }


def _places(found: Examined) -> list[Place]:
    """Where the project would live; as the plan has it. A name that no cluster accepts is told under its field."""
    if not found.slug:
        return []
    placements = Placement.objects.filter(environment__in=found.environments, cluster__is_enabled=True)
    return [one for one in places_from(found.slug, placements) if names.is_label(one.namespace)]


def _look(found: Examined, places: list[Place]) -> Json:
    """Everything outside, side by side: an answer, an IntegrationError, or None for what was not asked."""
    gitlab, jenkins = found.systems["gitlab"], found.systems["jenkins"]
    works: Json = {}
    if gitlab is not None and found.given.get("gitlab_path"):
        server = get_gitlab(gitlab)
        path = path_of(server, found.given["gitlab_path"])
        works["repository"] = outside.look_at_repository(server, path, found.slug)
    if jenkins is not None and found.slug:
        works["job"] = outside.look_at_job(get_jenkins(jenkins), found.slug)
    for place in places:
        client = get_kubernetes(place.cluster)
        works[_place_key(place, "namespace")] = outside.has_namespace(client, place.namespace)
        if place.hard:
            works[_place_key(place, "quota")] = outside.has_quota(client, place.namespace)
    answers = run_many(list(works.values()), settings.CONFIG.outside_timeout * 3) if works else []
    return {"repository": None, "job": None, **dict(zip(works, answers, strict=True))}


def _place_key(place: Place, what: str) -> str:
    return f"{what} {place.cluster.pk}/{place.namespace}"


def _taken_by(found: Examined, job: Any) -> str:
    if found.holder is not None:
        return "request" if found.holder.stage == Project.Stage.REQUESTED else "project"
    return "jenkins" if isinstance(job, JobThere) and job.foreign is not None else ""


def _suggested(slug: str, *, is_taken: bool) -> str:
    """The nearest name that keeps the rule, with the first number that no project has when it is taken."""
    base = names.suggested_name(slug)
    if not base or not (is_taken or Project.objects.filter(slug=base).exists()):
        return base
    tried = [f"{base[: names.LONGEST_NAME - 3].rstrip('-')}-{number}" for number in range(2, MOST_SUGGESTED)]
    known = set(Project.objects.filter(slug__in=tried).values_list("slug", flat=True))
    return next((name for name in tried if name not in known), "")


def _repository(looked: Any) -> Json | None:
    if not isinstance(looked, RepositoryThere):
        return None
    access = looked.access
    about = {"path": access.project.path, "web_url": access.project.web_url, "archived": access.archived}
    return {**about, "default_branch": access.project.default_branch}


def _access(looked: Any) -> Json | None:
    """Whether the portal's token may do all that releases need; the first missing right, or why nobody could say."""
    if looked is None:
        return None
    if isinstance(looked, IntegrationError):
        return {"ok": False, **looked.as_reason()}
    missing = next((right for right in looked.access.rights if not right.allowed), None)
    if missing is None:
        return {"ok": True, "code": "", "params": {}}
    return {"ok": False, "code": missing.code, "params": missing.params}


def _clone(found: Examined, looked: Any, actor: Actor, *, starts: bool) -> Json | None:
    """None while language, Jenkins or repository are not known."""
    jenkins, language = found.systems["jenkins"], found.given.get("language")
    if jenkins is None or not language or "language" in found.problems or not isinstance(looked, RepositoryThere):
        return None
    url, day = looked.access.project.clone_url, db_now().date().isoformat()
    try:
        template = newest_template(language, TemplateVersion.Kind.JENKINS_JOB).jenkins_template
        client, deadline = get_jenkins(jenkins), settings.CONFIG.outside_timeout * 3
        if not starts:
            said = run(cloning.last_try(client, template, url, day), deadline)
        else:
            said, started = run(cloning.try_again(client, template, url, day), deadline)
            if started:
                _record_try(str(jenkins), template, url, actor)
    except (Conflict, IntegrationError) as error:
        return {"state": "unknown", **error.as_reason()}
    return {"state": STATES[said.state], "code": said.code, "params": said.params}


def _record_try(jenkins: str, template: str, url: str, actor: Actor) -> None:
    with transaction.atomic():
        told = {"jenkins": jenkins, "template": template, "url": url}
        record("access.clone_checked", params=told, actor=actor)


def _creates(found: Examined, places: list[Place], looked: Json) -> list[Json]:
    """What an approved request would set up, in the order of its plan."""
    rows: list[Json] = []
    repository, job = looked["repository"], looked["job"]
    gitlab, jenkins = found.systems["gitlab"], found.systems["jenkins"]
    if isinstance(repository, RepositoryThere):
        row = {"system": f"gitlab:{gitlab.pk}", "name": gitlab.name, "target": repository.access.project.path}
        rows.append({**row, "what": "webhook", "exists": repository.has_hook})
    if found.slug and jenkins is not None:
        row = {"system": f"jenkins:{jenkins.pk}", "name": jenkins.name, "target": found.slug}
        rows.append({**row, "what": "job", "exists": job.exists if isinstance(job, JobThere) else None})
    for place in places:
        row = {"system": f"cluster:{place.cluster.pk}", "name": place.cluster.name, "target": place.namespace}
        for what in ["namespace", *(["quota"] if place.hard else [])]:
            answer = looked[_place_key(place, what)]
            rows.append({**row, "what": what, "exists": answer if isinstance(answer, bool) else None})
    for environment in found.environments:
        rows.append({"system": "", "name": "", "target": environment.slug, "what": "grants", "exists": False})
    return rows
