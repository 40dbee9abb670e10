"""The engine turned by hand against the running stand-ins: one thread, only the tickets that were named move.

`Hand.drive(ticket, until=…)` visits what is due of those tickets and lets Jenkins' poller look; everything else
stands still, so that a test decides who goes first. Must not: change a row that a worker would not.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from apps.common.errors import IntegrationError
from apps.integrations.clients import get_gitlab
from apps.integrations.loop import run
from apps.integrations.models import JenkinsController
from apps.releases.models import Build, Release, Rollout, TicketRelease
from apps.releases.poller import poll
from apps.releases.services.verdicts import give_verdict
from apps.tickets.claims import claim_due, hand_back
from apps.tickets.engine import visit
from apps.tickets.models import Step, StepStatus, Ticket
from apps.workloads.models import Workload
from tests.support.story import ENDED, Company

SLUG = "book-api-n1"
GITLAB_ID = 101
WISHES = ".sandbox.json"
OPEN = (StepStatus.DUE, StepStatus.WAITING)
Json = dict[str, Any]
Until = Callable[[], bool]


class Hand:
    """Turns steps and polls for one company."""

    def __init__(self, company: Company) -> None:
        self.company = company

    def drive(self, *tickets: Ticket, until: Until | None = None, seconds: float = 25, hurry: bool = False) -> Ticket:
        """Visit these tickets' steps until `until` (default: they all ended); the first ticket, fresh.

        hurry: waiting steps come at once, for what would else wait out a back-off.
        """
        ids = [t.pk for t in tickets]
        done = until or (lambda: not Ticket.objects.filter(pk__in=ids).exclude(status__in=ENDED).exists())
        end = time.monotonic() + seconds
        self._only(ids)
        while not done():
            if hurry:
                Step.objects.filter(ticket__in=ids, status=StepStatus.WAITING).update(due_at=Now())
            moved = self._visit_one(ids) and not hurry
            if not moved and not self.poll():
                time.sleep(0.02)
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds} s; " + "; ".join(self._told(ids)))
        return Ticket.objects.get(pk=ids[0])

    def step_is(self, ticket: Ticket, name: str, status: str = "succeeded", target: str = "") -> Until:
        """For `until`: that step has that status."""
        found = ticket.steps.filter(name=name, status=status)
        return lambda: (found.filter(target=target) if target else found).all().exists()

    def poll(self) -> bool:
        """One interval of Jenkins' poller when it has something to do; whether a build moved."""
        before = self._builds()
        try:
            for pk in JenkinsController.objects.values_list("pk", flat=True):
                poll(str(pk))
        except IntegrationError:
            return False  # as the chore: it looks again next time
        return self._builds() != before

    @staticmethod
    def _builds() -> list[Any]:
        return list(Build.objects.order_by("pk").values_list("pk", "state", "number", "log_complete"))

    @staticmethod
    def _only(ids: list[int]) -> None:
        """Others stand still; ours that stood still look now."""
        others = Step.objects.filter(status__in=OPEN).exclude(ticket__in=ids)
        others.update(due_at=Now() + timedelta(hours=1))
        Step.objects.filter(ticket__in=ids, status__in=OPEN, due_at__gt=Now() + timedelta(minutes=30)).update(
            due_at=Now()
        )

    @staticmethod
    def _visit_one(ids: list[int]) -> bool:
        claims = claim_due("hand", 1)
        for claim in claims:
            if Step.objects.filter(pk=claim.step_id, ticket__in=ids).exists():
                visit(claim)
            else:
                hand_back("hand")
                Step.objects.filter(pk=claim.step_id).update(due_at=Now() + timedelta(hours=1))
        return bool(claims)

    @staticmethod
    def _told(ids: list[int]) -> list[str]:
        tickets = [f"#{t.pk} {t.status} {t.reason}" for t in Ticket.objects.filter(pk__in=ids)]
        steps = [f"{s} {s.status} {s.reason or s.output}" for s in Step.objects.filter(ticket__in=ids)]
        return tickets + steps

    # -- the usual ways ---------------------------------------------------------------------------------------
    def released(self, ref: str = "main", project: str = SLUG) -> Release:
        """A release that runs in test."""
        ticket = self.drive(self.company.file("release", "developer", project, "test", ref=ref))
        assert (ticket.status, ticket.reason) == ("succeeded", None)
        return Release.objects.get(ticket=ticket)

    def say(self, release: Release, outcome: str) -> None:
        """The tester's word on it in test."""
        actor = self.company.actor("tester")
        give_verdict(release, self.company.environments["test"], outcome=outcome, comment="seen", actor=actor)

    def passed(self, ref: str = "main") -> Release:
        """A release that runs in test and passed there."""
        release = self.released(ref)
        self.say(release, "passed")
        return release

    def on_paper(
        self, tag: str = "20260101-090000-u1", *, passed: bool = True, requester: str = "developer"
    ) -> Release:
        """Rows as a release to test leaves them, without any image: for what never gets as far as a cluster."""
        company, project = self.company, self.company.projects[SLUG]
        person = company.people[requester]
        there = {"project": project, "environment": company.environments["test"]}
        ticket = Ticket.objects.create(kind="release", status="succeeded", requester=person, takes_slot=True, **there)
        digest = "sha256:" + hashlib.sha256(tag.encode()).hexdigest()
        release = Release.objects.create(
            project=project, ticket=ticket, requester=person, tag=tag, digest=digest, image_repository=f"shop/{SLUG}"
        )
        TicketRelease.objects.create(ticket=ticket, release=release)
        Rollout.objects.create(
            ticket=ticket,
            release=release,
            workload=Workload.objects.get(placement__cluster__name="test-1"),
            to_image=f"{release.image_repository}:{tag}@{digest}",
            to_digest=digest,
            result="succeeded",
        )
        if passed:
            self.say(release, "passed")
        return release

    def promote(self, release: Release, who: str = "developer") -> Ticket:
        """A promote to production, filed."""
        return self.company.file("promote", who, SLUG, "production", release=release.tag)

    def promoted(self, ref: str = "main") -> Release:
        """A release that runs in production."""
        release = self.passed(ref)
        ticket = self.promote(release)
        self.company.approve(ticket)
        ticket = self.drive(ticket)
        assert (ticket.status, ticket.reason) == ("succeeded", None)
        return release


class Outside:
    """What changed outside since this was made: accepted writes in the servers' journals, in order of each server."""

    def __init__(self, company: Company) -> None:
        self.servers = company.sandbox.servers
        self.marks: dict[str, int] = {}
        self.mark()

    def mark(self) -> None:
        """From here on."""
        self.marks = {name: server.journal.last for name, server in self.servers.items()}

    def changed(self) -> list[tuple[str, str]]:
        """(server, kind of call) of every accepted call that changes something."""
        return [
            (name, entry.kind)
            for name, server in self.servers.items()
            for entry in server.journal.find(accepted=True, since=self.marks[name])
            if entry.method not in ("GET", "HEAD") and not entry.detail.get("dry_run")
        ]

    def patched(self, cluster: str) -> list[str]:
        """The images that were patched into a cluster."""
        name = f"cluster {cluster}"
        entries = self.servers[name].journal.find("deployments.patch", accepted=True, since=self.marks[name])
        return [e.detail["image"]["app"] for e in entries if e.detail.get("image") and not e.detail.get("dry_run")]


class Cluster:
    """A cluster as its administrator sees it: what a person does by hand, past the portal."""

    def __init__(self, company: Company, name: str) -> None:
        spec = next(c for c in company.sandbox.world.clusters if c.name == name)
        self.server = company.sandbox.clusters[name]
        self.token, self.trust = spec.admin_token, ssl.create_default_context(cadata=spec.ca_pem)
        self.namespace = "test" if name == "test-1" else "production"

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Json:
        """One request; an HTTP error raises."""
        request = urllib.request.Request(
            self.server.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": kind},
        )
        with urllib.request.urlopen(request, context=self.trust, timeout=10) as answer:
            return dict(json.load(answer))

    def path(self, deployment: str = SLUG) -> str:
        return f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{deployment}"

    def deployment(self) -> Json:
        return self.call("GET", self.path())

    def image(self) -> str:
        """The image in the Deployment's template."""
        return str(self.deployment()["spec"]["template"]["spec"]["containers"][0]["image"])

    def patch(self, body: Any, kind: str = "application/strategic-merge-patch+json") -> Json:
        """Change the Deployment as `kubectl edit` would."""
        return self.call("PATCH", self.path() + "?fieldManager=kubectl-edit", body, kind)

    def set_image(self, image: str) -> Json:
        """Somebody else's change."""
        return self.patch({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}})

    def hasten(self) -> None:
        """The Deployment's pods start and stop in a blink, whatever their image asks for."""
        wish = {"sandbox.start-seconds": "0.02", "sandbox.stop-seconds": "0.02"}
        template = self.deployment()["spec"]["template"]["metadata"]
        if template.get("annotations") != wish:
            self.patch({"spec": {"template": {"metadata": {"annotations": wish}}}})

    def quota(self, pods: int) -> Callable[[], Json]:
        """A quota of so many pods; answers how to take it away."""
        path = f"/api/v1/namespaces/{self.namespace}/resourcequotas"
        meta = {"name": "tight", "namespace": self.namespace}
        self.call("POST", path, {"metadata": meta, "spec": {"hard": {"pods": str(pods)}}})
        return lambda: self.call("DELETE", f"{path}/tight")


def commit(
    company: Company, branch: str, files: dict[str, str], message: str = "A change", start_branch: str = "main"
) -> str:
    """A commit on a new branch of the project; its sha."""
    actions = [
        {"action": "update" if path == WISHES else "create", "file_path": path, "content": text}
        for path, text in files.items()
    ]
    gitlab = get_gitlab(company.servers["gitlab"])
    made = run(gitlab.create_commit(GITLAB_ID, branch, message, actions, start_branch=start_branch), 10)
    return made.sha


def wishes(**values: Any) -> dict[str, str]:
    """A `.sandbox.json`: how the stand-ins shall treat what is built from it."""
    return {WISHES: json.dumps(values)}


def http(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """One plain request to a stand-in, as a person with a browser or curl would send it; (status, body)."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=data, headers=sent)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
