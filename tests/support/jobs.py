"""A Jenkins with the jobs of a language's projects, in every standing to their template; what changes, changes in it.

Must not: take the portal's word for what a job holds: everything is read from the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from apps.accounts.models import User
from apps.catalog.models import Language, TemplateVersion
from apps.integrations import models as rows
from apps.integrations.clients import forget_clients, get_jenkins
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.jenkins.provisioning import create_job_from_template
from apps.integrations.jenkins.types import BUILD_PARAMETERS
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.sandbox.jenkins.server import JenkinsServer
from apps.tickets import visit as visits
from apps.tickets.models import Step
from tests.support.factories import grant, make_environment, make_project, make_user, use
from tests.support.jenkins import TOKEN, USER, JenkinsClient, job_xml

WRITES = ("job.create", "job.config.set", "job.delete", "job.description.set", "job.enable", "job.disable")
PARAMETERS = dict.fromkeys(BUILD_PARAMETERS, "")
LANGUAGE = "rust"
TEMPLATE = "tpl-rust"
SCRIPT = "make image"


def template_xml(script: str = SCRIPT, **more: Any) -> str:
    """A template job that knows the seven parameters."""
    return job_xml(script, parameters=PARAMETERS, disabled=True, **more)


@dataclass
class Yard:
    """One Jenkins, one language `rust` with its template v1, and its projects."""

    server: JenkinsServer
    row: rows.JenkinsController
    language: Language
    people: dict[str, User]
    jobs: list[str] = field(default_factory=list)
    projects: dict[str, Project] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = JenkinsClient(self.server.url)
        self.since = self.server.journal.last

    def template(self, script: str = SCRIPT, name: str = TEMPLATE, **more: Any) -> None:
        """The template job as somebody left it in Jenkins."""
        self.put(name, template_xml(script, **more))

    def put(self, name: str, xml: str) -> None:
        """A job with this configuration, by hand."""
        headers = {"Content-Type": "text/xml; charset=utf-8"}
        if name not in self.jobs:
            self.client.create(name, xml)
            self.jobs.append(name)
        else:
            assert self.client.post(f"/job/{name}/config.xml", data=xml.encode(), headers=headers).status_code == 200

    def project(self, slug: str, *, job: bool = True, version: int | None = 1) -> Project:
        """A project in use; its job is made as the portal makes it."""
        made = self.projects[slug] = make_project(slug, language=LANGUAGE, jenkins=self.row)
        forget_nowhere()
        if job:
            work = create_job_from_template(
                get_jenkins(self.row), slug, TEMPLATE, note=f"project {slug}", key=f"{slug}.1", version=version
            )
            assert run(work, 10).created
            self.jobs.append(slug)
        return made

    def config(self, name: str) -> str:
        return str(self.client.get(f"/job/{name}/config.xml").text)

    def note(self, name: str) -> notes.Note:
        return notes.read(jobxml.description(self.config(name)))

    def edit(self, name: str, old: str = SCRIPT, new: str = "make by-hand") -> str:
        """Somebody edits the job in Jenkins; the configuration it has then."""
        before = self.config(name)
        assert old in before
        self.put(name, before.replace(old, new))
        return self.config(name)

    def quiet(self) -> None:
        """From here on `written` counts."""
        self.since = self.server.journal.last

    def written(self) -> list[tuple[str, str]]:
        """(kind, job) of every write since `quiet`, also refused ones."""
        found = self.server.journal.find(since=self.since)
        return [(entry.kind, entry.subject) for entry in found if entry.kind in WRITES]


def forget_nowhere() -> None:
    """The controller that the factory makes for projects that have none: nobody listens there."""
    rows.JenkinsController.objects.filter(name="nowhere").delete()


def crash_after(step: str, target: str) -> list[str]:
    """The next visit of that step does its work and its worker dies before it can say so; what was struck."""
    struck: list[str] = []

    def die(point: str, row: Step) -> None:
        if point == "accepted" and row.name == step and row.target == target and not struck:
            struck.append(str(row))
            Step.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))
            raise visits.LeaseLostError("died")

    visits.set_checkpoint(die)
    return struck


@contextmanager
def yard_on(server: JenkinsServer) -> Iterator[Yard]:
    """The yard; its jobs are gone from Jenkins afterwards."""
    row = rows.JenkinsController.objects.create(name="builds", url=server.url, username=USER, token=TOKEN)
    language = Language.objects.create(slug=LANGUAGE, name="Rust")
    kind = TemplateVersion.Kind.JENKINS_JOB
    TemplateVersion.objects.create(language=language, kind=kind, version=1, jenkins_template=TEMPLATE)
    people = {name: make_user(name) for name in ("ops", "dev", "stranger")}
    people |= {name: make_user(name, is_instance_admin=True) for name in ("root", "second")}
    elsewhere, test = make_project("elsewhere-n1", jenkins=row), make_environment("test")
    forget_nowhere()
    use(elsewhere, test)
    grant(people["ops"], elsewhere, test, "ops")
    made = Yard(server, row, language, people)
    made.template()
    try:
        yield made
    finally:
        visits.set_checkpoint(visits._no_checkpoint)
        server.faults.clear()
        for name in made.jobs:
            made.client.call("DELETE", f"/job/{name}/")
        forget_clients()
