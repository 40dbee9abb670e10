"""A service as matching proposes it: what it is made of, why that belongs together, and how sure that is.

Pure values. Must not: read a row, or decide what is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.access.intake.languages import guess_language
from apps.access.intake.things import DeploymentSeen, JobSeen, Repository, comparable, image_host, image_path
from apps.projects.services.names import suggested_name

Json = dict[str, Any]
MOST_CANDIDATES = 10


@dataclass(frozen=True)
class Settings:
    """What the portal knows that matching needs: registries by the host in images, languages, their template jobs."""

    registries: Mapping[str, str] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    templates: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()  # environments, as they promote


@dataclass
class Proposal:
    """One service. `doubts`: what was found twice, as codes with candidates; with one it is never ticked by itself."""

    job: JobSeen | None = None
    repository: Repository | None = None
    deployments: list[DeploymentSeen] = field(default_factory=list)
    why: list[Json] = field(default_factory=list)
    doubts: list[Json] = field(default_factory=list)
    candidates: dict[str, list[Json]] = field(default_factory=dict)
    is_by_name: bool = False  # something was joined by its name alone

    def because(self, code: str, **params: Any) -> None:
        """Note a reason, each once."""
        reason = {"code": f"intake.why_{code}", "params": params}
        if reason not in self.why:
            self.why.append(reason)

    def doubt(self, code: str, kind: str, candidates: list[Json], **params: Any) -> None:
        """Note what could be several things."""
        self.doubts.append({"code": f"intake.{code}", "params": params})
        there = self.candidates.setdefault(kind, [])
        there += [one for one in candidates if one not in there]
        del there[MOST_CANDIDATES:]

    @property
    def names(self) -> set[str]:
        """The names by which a Deployment may be known to be of it."""
        found = {comparable(self.job.name)} if self.job else set()
        found |= {comparable(self.job.project)} if self.job else set()
        found |= {self.repository.leaf} if self.repository else set()
        return found - {""}

    @property
    def slug(self) -> str:
        """The proposed name: the namespace's, where its pattern has the project in it, leaves no choice."""
        if self.deployments and self.deployments[0].project:
            return self.deployments[0].project
        if self.job:
            return self.job.project or suggested_name(self.job.name)
        if self.deployments:
            return suggested_name(self.deployments[0].name)
        return suggested_name(self.repository.path.rpartition("/")[2]) if self.repository else ""

    @property
    def confidence(self) -> str:
        """certain: all of it by addresses; likely: something by a name that only one thing has; else unsure."""
        if self.doubts or self.repository is None:
            return "unsure"
        return "likely" if self.is_by_name else "certain"

    def container_of(self, seen: DeploymentSeen) -> tuple[str, str]:
        """(name, image) of the container that is the service; ("", "") when several could be."""
        wanted = {self.job.image} if self.job else set()
        wanted |= {self.repository.path.lower()} if self.repository else set()
        fitting = [one for one in seen.containers if image_path(one[1]) in wanted - {""}]
        named = [one for one in seen.containers if comparable(one[0]) in self.names | {comparable(seen.name)}]
        for found in (fitting, list(seen.containers), named):
            if len(found) == 1:
                return found[0]
        return "", ""


def as_values(one: Proposal, settings: Settings) -> Json:
    """The columns of its row."""
    workloads = [_workload(one, seen, settings) for seen in one.deployments]
    images = [image for image in (_image_of(one, seen) for seen in one.deployments) if image]
    hosts = [settings.registries.get(image_host(image), "") for image in images]
    environments = {seen.environment for seen in one.deployments}
    path = next((image_path(image) for image in images), "") or (one.job.image if one.job else "")
    names = [*sorted(one.names), comparable(one.slug), *(comparable(seen.name) for seen in one.deployments)]
    job, repository = one.job, one.repository
    return {
        "slug": one.slug[:200],
        "name": one.slug[:200],
        "language": guess_language(
            job.template if job else "", job.hints if job else (), names, settings.templates, settings.languages
        ),
        "gitlab": repository.gitlab if repository else "",
        "gitlab_path": repository.path if repository else "",
        "jenkins": job.jenkins if job else "",
        "job": job.name[:255] if job else "",
        "registry": next((host for host in hosts if host), ""),
        "image_repository": path or (repository.path.lower() if repository else ""),
        "environments": [slug for slug in settings.order if slug in environments],
        "workloads": workloads,
        "confidence": one.confidence,
        "why": one.why + one.doubts,
        "candidates": one.candidates,
    }


def _image_of(one: Proposal, seen: DeploymentSeen) -> str:
    return one.container_of(seen)[1]


def _workload(one: Proposal, seen: DeploymentSeen, settings: Settings) -> Json:
    container, image = one.container_of(seen)
    place = {"environment": seen.environment, "cluster": seen.cluster, "namespace": seen.namespace}
    return {**place, "deployment": seen.name, "container": container, "image": image[:500]}
