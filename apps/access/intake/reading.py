"""Reading one outside system for an intake: bounded, in pages, a few calls at a time. Reads only.

What one system does not answer is that system's problem: the others are read all the same. Must not: write anything
outside, look into a namespace that no placement names, or keep an answer whole.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from apps.access.intake.things import DeploymentSeen, JobSeen, Repository, as_json, image_path, source_of
from apps.common.errors import NotFound, Rejected
from apps.integrations.clients import get_gitlab, get_jenkins, get_kubernetes
from apps.integrations.errors import quote
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.projects import list_projects
from apps.integrations.jenkins import jobfacts
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.provisioning import list_jobs
from apps.integrations.jenkins.types import JobFound
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController
from apps.projects.models import Placement
from apps.projects.services import names

MOST_REPOSITORIES = 5000
MOST_JOBS = 2000
MOST_DEPLOYMENTS = 5000
AT_ONCE = 6
READ_SECONDS = 60.0
OURS = re.compile(r"project (\S+)")  # as `notes.of_project` writes it
MODELS: dict[str, type[Connection]] = {"gitlab": GitLabServer, "jenkins": JenkinsController, "cluster": Cluster}
Json = dict[str, Any]


@dataclass
class Read:
    """What a system told: things as JSON; a problem that kept nothing but a part of them away."""

    items: list[Json] = field(default_factory=list)
    is_complete: bool = True
    problem: Json | None = None


@dataclass(frozen=True)
class Place:
    """Where an environment's Deployments lie on a cluster; `pattern` reads the project out of a namespace's name."""

    environment: str
    namespace: str
    pattern: re.Pattern[str] | None


def systems() -> list[tuple[str, str]]:
    """(system, name) of all that an intake reads: what is switched on; clusters only where something is placed."""
    found: list[tuple[str, str]] = []
    for kind, model in MODELS.items():
        rows = model._default_manager.filter(is_enabled=True).order_by("name")
        placed = set(Placement.objects.values_list("cluster_id", flat=True))
        found += [(f"{kind}:{row.pk}", row.name) for row in rows if kind != "cluster" or row.pk in placed]
    return found


def read_system(system: str) -> Read:
    """Everything of one system; an IntegrationError when it cannot be read. Row.DoesNotExist is the caller's to see."""
    kind, _, ident = system.partition(":")
    row: Any = MODELS[kind]._default_manager.get(pk=int(ident))
    if kind == "gitlab":
        return run(_read_gitlab(get_gitlab(row), row), READ_SECONDS)
    if kind == "jenkins":
        return run(_read_jenkins(get_jenkins(row), row.name), READ_SECONDS)
    return run(_read_cluster(get_kubernetes(row), row.name, places_of(row)), READ_SECONDS)


async def _read_gitlab(client: GitLab, row: GitLabServer) -> Read:
    listed = await list_projects(client, MOST_REPOSITORIES)
    own = urlsplit(row.url).hostname or ""
    items = []
    for one in listed.projects:
        urls = {urlsplit(url).hostname or "" for url in (one.clone_url, one.web_url)}
        hosts = tuple(sorted({own.lower(), *(host.lower() for host in urls)} - {""}))
        items.append(as_json(Repository(row.name, one.path, hosts, one.archived)))
    return Read(items, listed.complete)


async def _read_jenkins(client: Jenkins, name: str) -> Read:
    """The jobs at the top and what each builds. A job whose configuration may not be read is known by its name."""
    listed = await list_jobs(client, MOST_JOBS)
    jobs = [job for job in listed.jobs if not job.is_folder]
    gate, refused = asyncio.Semaphore(AT_ONCE), list[str]()

    async def one(job: JobFound) -> JobSeen:
        async with gate:
            return await _read_job(client, name, job, refused)

    items = [as_json(job) for job in await asyncio.gather(*(one(job) for job in jobs))]
    return Read(items, listed.complete, _passed_over(name, refused, len(listed.jobs) - len(jobs)))


async def _read_job(client: Jenkins, jenkins: str, job: JobFound, refused: list[str]) -> JobSeen:
    ours = OURS.fullmatch(job.text) if job.is_ours else None
    known: Json = {"is_ours": job.is_ours, "disabled": job.disabled, "template": job.template}
    known |= {"project": ours[1] if ours else ""}
    if job.is_ours:
        return JobSeen(jenkins, job.name, **known)
    try:
        facts = jobfacts.facts_of(await client.get_config(job.name))
    except NotFound:  # deleted since it was listed
        return JobSeen(jenkins, job.name, **known)
    except Rejected as error:
        if error.retryable or error.code == "outside.unauthorized":
            raise
        refused.append(job.name)
        return JobSeen(jenkins, job.name, **known)
    sources = [source for source in map(source_of, facts.repositories) if source]
    known |= {"sources": tuple(dict.fromkeys(sources)), "image": image_path(facts.image), "hints": facts.tools}
    return JobSeen(jenkins, job.name, **known)


def _passed_over(name: str, refused: list[str], folders: int) -> Json | None:
    if refused:
        params = {"name": name, "count": len(refused), "jobs": [quote(one) for one in refused[:5]]}
        return {"code": "intake.jobs_unread", "params": params}
    return {"code": "intake.folders_unread", "params": {"name": name, "count": folders}} if folders else None


def places_of(cluster: Cluster) -> list[Place]:
    """Where to look on a cluster: fixed names first, for a pattern may fit them too; in the order of promotion."""
    rows = Placement.objects.filter(cluster=cluster).select_related("environment").order_by("environment__position")
    found = []
    for row in rows:
        text = row.namespace_pattern.replace("{environment}", row.environment.slug)
        has_project = "{project}" in text
        pattern = _pattern(text) if has_project else None
        found.append(Place(row.environment.slug, "" if has_project else text, pattern))
    return sorted(found, key=lambda place: place.pattern is not None)


def _pattern(text: str) -> re.Pattern[str]:
    """Reads the project's name; where it stands twice, both are the same."""
    first, *more = (re.escape(part) for part in text.split("{project}"))
    return re.compile(f"{first}(?P<project>{names.SERVICE_NAME.pattern})" + "(?P=project)".join(more))


async def _read_cluster(client: Kubernetes, name: str, places: Iterable[Place]) -> Read:
    """Deployments of fixed namespaces one by one; where the project is in the name, of all, and then only those."""
    places = list(places)
    objects: list[Json] = []
    is_complete = True
    is_wide = any(place.pattern for place in places)
    for namespace in [""] if is_wide else sorted({place.namespace for place in places}):
        listed = await client.list_objects("deployments", namespace or None, limit=MOST_DEPLOYMENTS)
        is_complete &= len(listed.items) < MOST_DEPLOYMENTS
        objects += listed.items
    seen = [_deployment(name, one, places) for one in objects]
    return Read([as_json(one) for one in seen if one is not None][:MOST_DEPLOYMENTS], is_complete)


def _deployment(cluster: str, raw: Json, places: list[Place]) -> DeploymentSeen | None:
    """None where no placement names its namespace."""
    namespace = str(raw["metadata"]["namespace"])
    for place in places:
        found = place.pattern.fullmatch(namespace) if place.pattern else None
        if place.namespace != namespace and found is None:
            continue
        spec = raw.get("spec", {}).get("template", {}).get("spec", {})
        containers = [(str(one.get("name", "")), str(one.get("image", ""))) for one in spec.get("containers") or []]
        project = found["project"] if found else ""
        name = str(raw["metadata"]["name"])
        return DeploymentSeen(cluster, place.environment, namespace, name, tuple(containers), project)
    return None
