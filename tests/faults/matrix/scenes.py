"""One scene per ticket kind: what has to be there before, how a ticket is filed, what shall have happened outside.

A kind of the registry without a scene here stops the matrix. Must not: judge, or know any fault.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from apps.access.removal import archive_project
from apps.access.requesting import request_project
from apps.integrations.models import Cluster as IntegrationCluster
from apps.projects.models import Environment, Placement, Project, ProjectEnvironment
from apps.releases.models import Release
from apps.releases.services.verdicts import give_verdict
from apps.tickets import registry
from apps.tickets.models import Step, Ticket
from apps.workloads.configuring import revisions
from apps.workloads.observe import digest_of
from tests.faults.matrix.cells import Cell, MatrixError, PlannedStep
from tests.faults.matrix.ground import Ground
from tests.releases.hand import SLUG, Cluster, Hand
from tests.support.story import wait_ended, wait_status

REPO = f"shop/{SLUG}"
DATA_CENTRES = ("dc1", "dc2")
PRE_ROLLOUT = "run_pre_rollout"
RESTORE = "restore_configuration"
MIGRATE = {"command": ["./migrate"], "timeout_seconds": 60}


@dataclass
class Scene:
    """A filed ticket, ready for a worker. `changes`: which clusters shall change their image, once each. `made`: what
    shall be made and deleted outside, once each, as (server, kind of call); None where that is another scene's matter.
    `has_job`: before its image changes, each of those clusters runs a Job. `calls_back`: the receiver shall hear of it, by
    one key; None where it may have refused for good, which ends no ticket."""

    ticket: Ticket
    changes: tuple[str, ...]
    runs_on: tuple[str, ...]
    builds: int = 0
    tags: int = 0
    release: Release | None = None
    others: list[Ticket] = field(default_factory=list)
    made: list[tuple[str, str]] | None = None
    has_job: bool = False
    calls_back: bool | None = False

    def wanted(self) -> Release:
        """The release that the clusters shall run."""
        return self.release or Release.objects.get(ticket=self.ticket)


Opener = Callable[["Stage", Cell], Scene]
FINAL = ("409", "410")  # what a receiver says once and for all


def is_heard(cell: Cell) -> bool | None:
    """Whether the receiver takes the callback of a version that arrived. A strike at all servers may meet it last."""
    return None if cell.fault in FINAL else True


SCENES: dict[str, Opener] = {}


def scene(kind: str) -> Callable[[Opener], Opener]:
    """This function opens the scenes of that kind."""

    def add(function: Opener) -> Opener:
        SCENES[kind] = function
        return function

    return add


class Stage:
    """Opens scenes on a ground; keeps two releases that both ran everywhere."""

    def __init__(self, ground: Ground) -> None:
        missing = sorted(set(registry.KINDS) - set(SCENES))
        if missing:
            raise MatrixError(f"No scene for the ticket kind {', '.join(missing)}: write one in scenes.py.")
        self.ground, self.company = ground, ground.company
        self.tested: list[Release] = []

    def prepare(self) -> list[PlannedStep]:
        """Two tested releases, both promoted once, then a quiet ticket of each other kind, and a release with a
        pre-rollout Job. The steps of their plans."""
        self.ground.start_worker()
        tickets = []
        for _ in range(2):
            tickets.append(self._succeed(self._release()))
            release = Release.objects.get(ticket=tickets[-1])
            environment, tester = self.company.environments["test"], self.company.actor("tester")
            give_verdict(release, environment, outcome="passed", comment="", actor=tester)
            self.tested.append(release)
        for release in self.tested:
            tickets.append(self._succeed(self._approved("promote", "developer", release=release.tag)))
        for kind in set(registry.KINDS) - {ticket.kind for ticket in tickets}:
            tickets.append(self._succeed(SCENES[kind](self, Cell(kind, "", "", "", "")).ticket))
        tickets.append(self._succeed(SCENES["release"](self, Cell("release", PRE_ROLLOUT, "", "", "")).ticket))
        tickets.append(self._succeed(SCENES["roll_back"](self, Cell("roll_back", RESTORE, "test-1", "", "")).ticket))
        wrong = self.ground.stop_workers()
        if wrong:
            raise MatrixError("; ".join(wrong))
        steps = Step.objects.filter(ticket__in=tickets).select_related("ticket")
        return [PlannedStep(s.ticket.kind, s.name, s.target.partition("/")[0]) for s in steps]

    def _succeed(self, ticket: Ticket) -> Ticket:
        ended = wait_ended(ticket, 60)
        if ended.status != "succeeded":
            raise MatrixError(f"A quiet {ticket.kind} ended {ended.status}: {ended.reason}.")
        return ended

    def _release(self) -> Ticket:
        return self.company.file("release", "developer", SLUG, "test", ref="main")

    def _approved(self, kind: str, who: str, **form: Any) -> Ticket:
        ticket = self.company.file(kind, who, SLUG, "production", **form)
        if ticket.status != "queued":
            wait_status(ticket, "pending_approval", 5)
            self.company.approve(ticket, "ops2" if who == "ops" else "ops")
        return ticket

    # -- where production stands ----------------------------------------------------------------------------
    def production(self) -> tuple[Release, Release]:
        """(what runs in both data centres, the other one); a data centre that a red cell left behind is set right."""
        running = [r for r in self.tested if r.digest in self._image("dc1")]
        now = running[0] if running else self.tested[0]
        for name in DATA_CENTRES:
            if now.digest not in self._image(name):
                host = self.ground.outside["registry 2" if name == "dc2" else "registry"].url.removeprefix("http://")
                Cluster(self.company, name).set_image(f"{host}/{REPO}:{now.tag}@{now.digest}")
        return now, next(r for r in self.tested if r != now)

    def _image(self, name: str) -> str:
        return Cluster(self.company, name).image()

    def forget_in_second_registry(self, release: Release) -> None:
        """dc2's registry never saw this image: it has to be copied."""
        code, body = self._second("GET", f"manifests/{release.digest}")
        if code != 200:
            return
        manifest = json.loads(body)
        for blob in (manifest["config"], *manifest["layers"]):
            self._second("DELETE", f"blobs/{blob['digest']}")
        self._second("DELETE", f"manifests/{release.digest}")

    def _second(self, method: str, path: str) -> tuple[int, bytes]:
        login = base64.b64encode(b"ci:s3cret").decode()
        accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
        request = urllib.request.Request(
            f"{self.ground.second.url}/v2/{REPO}/{path}",
            method=method,
            headers={"Authorization": f"Basic {login}", "Accept": accept},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, b""


@scene("release")
def _release_scene(stage: Stage, cell: Cell) -> Scene:
    """A version is built and brought to test; at `run_pre_rollout` the configuration there has such a Job."""
    has_job = cell.step == PRE_ROLLOUT
    now = revisions.in_force(_test_pair(), SLUG)
    job = MIGRATE if has_job else None
    if (now.document["pre_rollout"] if now else None) != job:
        ended = Hand(stage.company).drive(_configure(stage, pre_rollout=job))
        if ended.status != "succeeded":
            raise MatrixError(f"A quiet configure ended {ended.status}: {ended.reason}.")
    ticket = stage._release()
    return Scene(ticket, ("test-1",), ("test-1",), builds=1, tags=1, has_job=has_job, calls_back=is_heard(cell))


@scene("promote")
def _promote_scene(stage: Stage, cell: Cell) -> Scene:
    """A tested version goes to two data centres, one of which has to get the image first."""
    _, other = stage.production()
    stage.forget_in_second_registry(other)
    ticket = stage._approved("promote", "developer", release=other.tag)
    return Scene(ticket, DATA_CENTRES, DATA_CENTRES, release=other, calls_back=is_heard(cell))


@scene("roll_back")
def _roll_back_scene(stage: Stage, cell: Cell) -> Scene:
    """Back to the earlier version; at `take_slot` somebody else holds the slot, half way through a promote. In test it
    comes back with its configuration."""
    if cell.target == "test-1":
        return _restoring(stage)
    now, other = stage.production()
    if cell.step != "take_slot":
        ticket = stage._approved("roll_back", "ops", release=other.tag, reason="the crash matrix says so")
        return Scene(ticket, DATA_CENTRES, DATA_CENTRES, release=other)
    holder = _half_way(stage, other)
    ticket = stage._approved("roll_back", "ops", release=now.tag, reason="the crash matrix says so")
    return Scene(ticket, ("dc1",), DATA_CENTRES, release=now, others=[holder])


def _restoring(stage: Stage) -> Scene:
    """Both tested versions arrived in test, each with another configuration; the first comes back with its own."""
    old, new = stage.tested
    back = {"reason": "the crash matrix says so"}
    for release in (old, new):
        _drive(stage, _configure(stage))
        _drive(stage, stage.company.file("roll_back", "ops", SLUG, "test", release=release.tag, **back))
    form = {**back, "release": old.tag, "with_configuration": True}
    ticket = stage.company.file("roll_back", "ops", SLUG, "test", **form)
    return Scene(ticket, ("test-1",), ("test-1",), release=old)


def _drive(stage: Stage, ticket: Ticket) -> None:
    ended = Hand(stage.company).drive(ticket)
    if ended.status != "succeeded":
        raise MatrixError(f"A quiet {ended.kind} ended {ended.status}: {ended.reason}.")


@scene("configure")
def _configure_scene(stage: Stage, _cell: Cell) -> Scene:
    """A variable gets another value in test, where nobody has to approve; the image stays."""
    running = Release.objects.filter(digest=digest_of(stage._image("test-1"))).last()
    if running is None:
        raise MatrixError("In test something runs that was not released here.")
    return Scene(_configure(stage), (), ("test-1",), release=running)


def _configure(stage: Stage, **members: Any) -> Ticket:
    """Another revision of test's configuration."""
    now, number = revisions.in_force(_test_pair(), SLUG), revisions.next_number(_test_pair(), SLUG)
    document = {"replicas": 1, "environment": [{"name": "REVISION", "value": str(number)}], **members}
    form = {"name": SLUG, "document": document, "based_on": now.number if now else 0, "take_over": True}
    return stage.company.file("configure", "developer", SLUG, "test", **form)


def _test_pair() -> ProjectEnvironment:
    return ProjectEnvironment.objects.get(project__slug=SLUG, environment__slug="test")


@scene("project_access")
def _access_scene(stage: Stage, _cell: Cell) -> Scene:
    """A service is taken in: webhook, job and a namespace of its own with its quota, where nothing of it was before."""
    ticket = _requested(stage)
    made = [("gitlab", "hook.create"), ("jenkins", "job.create")]
    made += [("cluster test-1", kind) for kind in ("namespaces.create", "resourcequotas.patch")]  # an apply is a PATCH
    return Scene(ticket, (), (), release=stage.tested[0], made=made)


@scene("project_removal")
def _removal_scene(stage: Stage, _cell: Cell) -> Scene:
    """A service that was taken in, and has an object of its configuration, is archived: what was made for it goes."""
    request = Hand(stage.company).drive(_requested(stage))
    if request.status != "succeeded":
        raise MatrixError(f"A quiet project_access ended {request.status}: {request.reason}.")
    project, actor = request.project, stage.company.actor("developer")
    project.refresh_from_db()
    _leave_object(stage, project)
    ticket, _ = archive_project(project, {"confirm": project.slug, "reason": "the crash matrix says so"}, actor=actor)
    stage.company.approve(ticket)
    made = [("gitlab", "hook.delete"), ("jenkins", "job.delete")]
    made += [("cluster test-1", f"{kind}.delete") for kind in ("namespaces", "resourcequotas", "configmaps")]
    return Scene(ticket, (), (), release=stage.tested[0], made=made)


def _leave_object(stage: Stage, project: Project) -> None:
    """A ConfigMap as the portal's configuration applies it."""
    labels = {"app.kubernetes.io/managed-by": "opsportal", "app.kubernetes.io/part-of": project.slug}
    about = {"name": project.slug, "namespace": f"{project.slug}-own", "labels": labels}
    path = f"/api/v1/namespaces/{about['namespace']}/configmaps/{project.slug}?fieldManager=opsportal-config"
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": {"a": "b"}}
    Cluster(stage.company, "test-1").call("PATCH", path, obj, "application/apply-patch+yaml")


def _requested(stage: Stage) -> Ticket:
    """An approved request for a project with a new name, in an environment in which each project has its namespace."""
    company = stage.company
    own, is_new = Environment.objects.get_or_create(slug="own", defaults={"name": "own", "tier": "test", "position": 9})
    if is_new:
        cluster = IntegrationCluster.objects.get(name="test-1")
        quota = {"pods": "20"}
        Placement.objects.create(environment=own, cluster=cluster, namespace_pattern="{project}-own", quota=quota)
    body = {
        "slug": f"matrix-{Project.objects.count()}-n1",
        "name": "Matrix",
        "language": "java",
        "gitlab": "gitlab",
        "gitlab_path": REPO,
        "jenkins": "jenkins",
        "registry": "registry",
        "environments": [own.slug],
        "testers": ["tester"],
        "operators": ["ops2"],
    }
    ticket, _ = request_project(body, actor=company.actor("developer"))
    company.approve(ticket)
    return ticket


def _half_way(stage: Stage, release: Release) -> Ticket:
    """A promote that changed dc1 and stands still there, holding the slot."""
    holder = stage._approved("promote", "developer", release=release.tag)
    hand = Hand(stage.company)
    hand.drive(holder, until=hand.step_is(holder, "patch_image", target=f"dc1/{SLUG}"))
    Step.objects.filter(ticket=holder, status__in=["due", "waiting"]).update(due_at=Now() + timedelta(hours=1))
    return holder


# Scenes of other modules, which need what stands above.
from tests.faults.matrix import scene_resync, scene_terminals  # noqa: E402,F401
