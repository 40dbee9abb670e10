"""A shop on paper: projects, workloads, observations and tickets as rows, for what is told from rows alone.

Must not: need a server; digests are made from names.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.integrations.models import Cluster
from apps.projects.models import Environment, Placement, Project, ProjectEnvironment
from apps.releases.models import Release, Rollout, TicketRelease, Verdict
from apps.tickets.models import Ticket
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from tests.support.factories import grant, make_cluster, make_environment, make_project, make_user, place, use


def digest_of(name: str) -> str:
    """The digest of the image called so; empty for no image."""
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest() if name else ""


class Paper:
    """test on lab, production on dc1 and dc2; an image is named by the tag of its release."""

    def __init__(self) -> None:
        self.now: datetime = timezone.now()
        self.test = make_environment("test", "test", position=1)
        self.production = make_environment("production", "production", position=3, promotes_from=[self.test])
        self.clusters: dict[str, Cluster] = {
            name: make_cluster(name, uid=f"u-{name}") for name in ("lab", "dc1", "dc2")
        }
        self.placements: dict[str, Placement] = {
            "lab": place(self.test, self.clusters["lab"]),
            "dc1": place(self.production, self.clusters["dc1"], wave=1),
            "dc2": place(self.production, self.clusters["dc2"], wave=2),
        }
        for cluster in self.clusters.values():
            ClusterHeartbeat.objects.create(cluster=cluster, seen_at=self.now)
        self.people: dict[str, User] = {}

    def person(self, name: str, project: Project, *roles: str, environments: tuple[Environment, ...] = ()) -> User:
        """Somebody with these roles in these environments (default: in test and production)."""
        user = self.people[name] = self.people.get(name) or make_user(name)
        for environment in environments or (self.test, self.production):
            for role in roles:
                grant(user, project, environment, role)
        return user

    def project(self, slug: str = "book", *clusters: str) -> Project:
        """A project with a workload on each cluster named (default: on all of them)."""
        project = make_project(slug)
        for environment in (self.test, self.production):
            use(project, environment)
        for name in clusters or tuple(self.clusters):
            self.workload(project, name)
        return project

    def workload(self, project: Project, cluster: str) -> Workload:
        placement = self.placements[cluster]
        pair = ProjectEnvironment.objects.get(project=project, environment=placement.environment)
        return Workload.objects.create(
            project_environment=pair,
            placement=placement,
            name=project.slug,
            namespace=placement.environment.slug,
            deployment=project.slug,
            container="app",
            deployment_uid="u",
        )

    def release(self, project: Project, tag: str, **fields: Any) -> Release:
        return Release.objects.create(
            project=project, tag=tag, digest=digest_of(tag), image_repository=f"shop/{project.slug}", **fields
        )

    def runs(self, project: Project, cluster: str, tag: str, **seen: Any) -> None:
        """What the watcher saw there: healthy and of that image, unless told otherwise."""
        digest = digest_of(tag)
        counters = dict.fromkeys(("replicas_wanted", "replicas", "updated", "ready", "available"), 2)
        pods = [
            {
                "name": f"p{number}",
                "digest": digest,
                "image_id": f"shop@{digest}",
                "image": f"shop@{digest}",
                "ready": True,
                "reason": "",
                "message": "",
                "restarts": 0,
                "exit_code": None,
                "terminating": False,
                "owner": "rs",
                "since": "",
            }
            for number in range(2)
        ]
        fields = {"image": f"shop:{tag}@{digest}", "digest": digest, "pods": pods, **counters, **seen}
        workload = Workload.objects.get(project_environment__project=project, placement=self.placements[cluster])
        ObservedDeployment.objects.update_or_create(workload=workload, defaults=fields)

    def ticket(
        self,
        project: Project,
        kind: str,
        environment: Environment | None,
        status: str = "succeeded",
        release: Release | None = None,
        minutes_ago: float = 0,
        **fields: Any,
    ) -> Ticket:
        """A ticket that was filed, or (ended) that ended, so long ago."""
        at = self.now - timedelta(minutes=minutes_ago)
        ended = status in ("succeeded", "failed", "errored")
        requester = self.people.get("developer") or self.person("developer", project, "developer")
        ticket = Ticket.objects.create(
            kind=kind,
            status=status,
            project=project,
            environment=environment,
            requester=requester,
            title=f"{project.slug} {kind}",
            created_at=at,
            **{"finished_at": at if ended else None, **fields},
        )
        if release is not None:
            TicketRelease.objects.create(ticket=ticket, release=release)
        return ticket

    def brought(self, project: Project, release: Release, environment: Environment, minutes_ago: float = 0) -> Ticket:
        """A ticket of it succeeded there on every target."""
        kind = "release" if environment == self.test else "promote"
        ticket = self.ticket(project, kind, environment, release=release, minutes_ago=minutes_ago)
        for workload in Workload.objects.filter(
            project_environment__project=project, project_environment__environment=environment
        ):
            Rollout.objects.create(
                ticket=ticket,
                release=release,
                workload=workload,
                to_image="x",
                to_digest=release.digest,
                result="succeeded",
                started_at=ticket.finished_at,
                finished_at=ticket.finished_at,
            )
        return ticket

    def says(self, release: Release, outcome: str, environment: Environment | None = None) -> Verdict:
        """A tester's word, on paper."""
        tester = self.people.get("tester") or self.person("tester", release.project, "tester")
        return Verdict.objects.create(
            project=release.project,
            environment=environment or self.test,
            release=release,
            digest=release.digest,
            outcome=outcome,
            comment=f"it {outcome}",
            actor=tester,
        )
