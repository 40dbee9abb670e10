"""The step `resync_job`: one project's job is written from the template that was approved, and read back (B2, law 3).

The write carries the step's key in the job's description: a visit after a crash finds it there. Must not: overwrite a
job that is not as it was approved, or is not the portal's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.access.provisioning.rows import UNREADABLE, deadline, send
from apps.catalog.drift import differences
from apps.catalog.looking import job_link, read_template
from apps.common.errors import IntegrationError
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.provisioning import update_job
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.brakes import BrakeOnError
from apps.tickets.calls import found_by_key
from apps.tickets.outcomes import Done, Failed, Outcome
from apps.tickets.visit import CancelRequestedError, Visit

MOST_TOLD = 50
Json = dict[str, Any]


@dataclass(frozen=True)
class _Job:
    """One visit's work: the project, its controller, what was approved, and the template as it is now."""

    project: Project
    jenkins: Jenkins
    approved: Json
    template: str

    @property
    def name(self) -> str:
        return self.project.slug

    @property
    def about(self) -> Json:
        return {"job": self.name, "jenkins": self.project.jenkins.name}

    @property
    def is_template_approved(self) -> bool:
        wanted = self.approved["template"]["hashes"].get(str(self.project.jenkins_id))
        return jobxml.content_hash(self.template) == wanted

    def read(self) -> str:
        return run(self.jenkins.get_config(self.name), deadline())


@registry.step("resync_job", writes=True)
def resync_job(visit: Visit) -> Outcome:
    """The job is what the approved template makes of it. Failed, and nothing is written, when job or template changed
    since the approval (`resync.job_changed`, `resync.template_changed`) or the job is somebody else's."""
    job = _job_of(visit)
    present = job.read()
    note = notes.read(jobxml.description(present))
    if note.sync and notes.base(note.sync) == notes.base(visit.key):
        return _written(visit, job, present, found=True)
    refused = _refused(job, present, note)
    if refused is not None:
        return refused
    _write(visit, job, present)
    return _written(visit, job, job.read(), found=False)


def _job_of(visit: Visit) -> _Job:
    project = Project.objects.select_related("jenkins").get(pk=visit.params["project"])
    jenkins, approved = get_jenkins(project.jenkins), dict(visit.ticket.fingerprint_content or {})
    return _Job(project, jenkins, approved, run(read_template(jenkins, approved["template"]["job"]), deadline()))


def _refused(job: _Job, present: str, note: notes.Note) -> Failed | None:
    if not note.is_ours:
        return Failed("resync.job_foreign", job.about)
    if not job.is_template_approved:
        return Failed("resync.template_changed", {**job.about, "template": job.approved["template"]["job"]})
    if jobxml.content_hash(present) != job.approved["jobs"][job.name]["hash"]:
        return Failed("resync.job_changed", job.about)
    return None


def _write(visit: Visit, job: _Job, present: str) -> None:
    """Before the first write the ticket is frozen: from here on its fingerprint is what was approved (D17)."""
    template = job.approved["template"]
    wanted = jobxml.job_from_template(job.template, template=template["job"], version=template["version"])
    seen, was_begun, was_frozen = jobxml.content_hash(present), visit.was_begun, visit.ticket.frozen_at is not None
    told = {"changes": _told(job, present), "from_version": job.approved["jobs"][job.name]["template_version"]}
    visit.freeze()
    try:
        send(
            visit,
            lambda: update_job(job.jenkins, job.name, wanted, seen_xml_hash=seen, key=visit.key),
            deadline() * 4,
            job=job.name,
            before=seen,
            told=told,
        )
    except (CancelRequestedError, BrakeOnError):
        _unfreeze(visit, changed=was_begun or was_frozen)
        raise
    except IntegrationError as error:
        _unfreeze(visit, changed=was_begun or was_frozen or error.unknown or error.code in UNREADABLE)
        raise


def _unfreeze(visit: Visit, *, changed: bool) -> None:
    """Nothing was written by anybody: a retry reads everything again, and asks for approvals again where it moved."""
    if not changed:
        visit.unfreeze()


def _written(visit: Visit, job: _Job, present: str, *, found: bool) -> Outcome:
    """Our write stands: compared in meaning with the template that made it, unless that changed since."""
    left = differences(job.template, present) if job.is_template_approved else []
    if left:
        return Failed("resync.not_as_written", {**job.about, "paths": [one.path for one in left[:5]]})
    told = (visit.step.intent or {}).get("told", {})
    did = {"what": "job", "did": "resynced", "link": job_link(job.project), "job": job.name}
    made = {"version": job.approved["template"]["version"], **told}
    return Done({**did, **made, **(found_by_key(visit.key) if found else {})})


def _told(job: _Job, present: str) -> list[Json]:
    """What the write changes, by name; values are on the ticket and on the page of the drift."""
    found = differences(job.template, present)
    return [{"path": one.path, "kind": one.kind} for one in found[:MOST_TOLD]]
