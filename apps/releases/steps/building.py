"""From a commit to an image: tag, job, build, digest (D3–D5, D23, B1–B6).

Must not: repeat a call whose answer is unknown; the key is looked up first (law 3).
"""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from apps.catalog.models import TemplateVersion
from apps.common.canonical import canonical_json
from apps.common.errors import IntegrationError, Rejected
from apps.integrations.clients import get_gitlab, get_jenkins, get_registry
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.notes import of_project
from apps.integrations.jenkins.provisioning import ready_job
from apps.integrations.jenkins.types import BUILD_PARAMETERS, BuildRef, QueueItem
from apps.integrations.loop import run
from apps.releases.labels import CHECKED, labels_for
from apps.releases.lookup import look_up, look_up_key
from apps.releases.models import Build, Release
from apps.tickets import registry
from apps.tickets.brakes import BrakeOnError
from apps.tickets.calls import found_by_key, write
from apps.tickets.outcomes import Canceled, Done, Errored, Failed, GoBack, Outcome, Waiting
from apps.tickets.visit import Visit

OPEN = (Build.State.ASKED, Build.State.QUEUED, Build.State.RUNNING)
LOST_MOST = 2
STOP_RECHECK = 2.0


def deadline() -> float:
    """How long one outside call of a step may take, in seconds."""
    return float(settings.CONFIG.outside_timeout)


def release_of(visit: Visit) -> Release:
    """The release this ticket is about."""
    return Release.objects.select_related("project__gitlab", "project__jenkins", "project__registry").get(
        tickets__ticket=visit.ticket
    )


@registry.step("create_tag", writes=True)
def create_tag(visit: Visit) -> Outcome:
    """Create the annotated tag on the commit of the filing; its message is the ticket's key (D4)."""
    release = release_of(visit)
    gitlab = get_gitlab(release.project.gitlab)
    repository = visit.ticket.facts["gitlab_id"]
    look_first = visit.was_begun
    visit.save_intent(tag=release.tag, commit=release.commit)
    key = str(visit.ticket.key)
    work = gitlab.ensure_tag(repository, release.tag, release.commit, key, look_first=look_first)
    try:
        tag = write(visit, work, deadline() * 2)
    except IntegrationError as error:
        if not error.unknown and not look_first:
            visit.forget_intent()
        raise
    found = found_by_key(key) if tag.was_there else {}
    return Done({"tag": tag.name, "commit": tag.commit, **found})


@registry.step("ensure_job", writes=True)
def ensure_job(visit: Visit) -> Outcome:
    """The project's Jenkins job is there, is buildable and knows our parameters (B2, D23).

    One that is not the portal's for this project is left alone, and so is one of an older template: a re-sync moves it.
    """
    release = release_of(visit)
    project = release.project
    name, template = project.slug, TemplateVersion.objects.get(pk=visit.ticket.facts["job_template"])
    visit.save_intent(job=name, template=template.jenkins_template)
    work = ready_job(
        get_jenkins(project.jenkins),
        name,
        template.jenkins_template,
        BUILD_PARAMETERS,
        note=of_project(name),
        key=visit.key,
        version=template.version,
    )
    try:
        ready = write(visit, work, deadline() * 2)
    except Rejected as error:
        if error.code != "jenkins.job_taken":
            raise
        return Failed("release.job_taken", {**error.params, "project": name})
    with visit.owned():
        Release.objects.filter(pk=release.pk).update(job_template_version=ready.template_version)
    told = {"job": name, "created": ready.created, "changed": bool(ready.added)}
    return Done({**told, "added": list(ready.added), "template_version": ready.template_version})


@registry.step("start_build", writes=True)
def start_build(visit: Visit) -> Outcome:
    """Start exactly one build with our key, which is looked up first in queue and builds, whatever our rows say: they
    may be of a restored backup (D23, QR18)."""
    release = release_of(visit)
    jenkins = get_jenkins(release.project.jenkins)
    job = release.project.slug
    earlier = None if visit.was_begun else _bind_earlier(visit, jenkins)
    if earlier is not None:
        return earlier
    found = look_up_key(jenkins, job, visit.key, deadline(), everywhere=visit.was_begun)
    with visit.owned():
        build, _ = Build.objects.get_or_create(
            key=visit.key,
            defaults={"release": release, "ticket": visit.ticket, "controller": release.project.jenkins, "job": job},
        )
    if found is not None:
        return _found(visit, build, found)
    if visit.was_begun:
        return _not_there_yet(visit, build)
    try:
        visit.save_intent(job=job, key=visit.key)
    except BrakeOnError:
        _forget_unasked(visit, build)
        raise
    try:
        item = write(visit, jenkins.start_build(job, _parameters(visit, release)), deadline())
    except IntegrationError as error:
        if not error.unknown:
            visit.forget_intent()
            _forget_unasked(visit, build)
        raise
    with visit.owned():
        Build.objects.filter(pk=build.pk, state=Build.State.ASKED).update(state=Build.State.QUEUED, queue_id=item.id)
    return Done({"build": build.pk, "queue_id": item.id, "folded": item.folded})


def _forget_unasked(visit: Visit, build: Build) -> None:
    """Never asked for, so never looked for."""
    with visit.owned():
        Build.objects.filter(pk=build.pk, state=Build.State.ASKED).delete()


def _bind_earlier(visit: Visit, jenkins: Jenkins) -> Outcome | None:
    """A build that an earlier attempt asked for and never saw end: go on with it, or know that it is lost, before
    another one is asked for. None: there is none."""
    earlier = Build.objects.filter(ticket=visit.ticket).exclude(key=visit.key).order_by("-id").first()
    if earlier is None:
        return None
    if earlier.state not in OPEN:
        unseen = earlier.result == "SUCCESS" and visit.output_of("await_build").get("build") != earlier.pk
        return Done({"build": earlier.pk, "number": earlier.number, **found_by_key(earlier.key)}) if unseen else None
    found = look_up(jenkins, earlier, deadline())
    if isinstance(found, BuildRef) and found.result not in (None, "SUCCESS"):
        return None  # it ended badly; the poller writes it down
    return _found(visit, earlier, found) if found is not None else _not_yet_lost(visit, earlier)


def _parameters(visit: Visit, release: Release) -> dict[str, str]:
    project = release.project
    labels = labels_for(release, visit.ticket, job=project.slug, key=visit.key)
    return {
        "OPSPORTAL_KEY": visit.key,
        "REPO_URL": visit.ticket.facts["clone_url"],
        "TAG": release.tag,
        "COMMIT": release.commit,
        "IMAGE": f"{project.registry.host}/{release.image_repository}:{release.tag}",
        "LABELS_JSON": canonical_json(labels).decode(),
        "DOCKERFILE_B64": base64.b64encode(release.dockerfile.encode()).decode(),
    }


def _found(visit: Visit, build: Build, found: BuildRef | QueueItem) -> Outcome:
    """It had been accepted, by a call without an answer or before a backup was restored: go on with what it made."""
    if isinstance(found, QueueItem):
        known: dict[str, Any] = {"queue_id": found.id}
        stored = known
    else:
        known = {"number": found.number}
        stored = {**known, "queue_id": found.queue_id}
    with visit.owned():
        asked = Build.objects.filter(pk=build.pk, state=Build.State.ASKED)
        asked.update(state=Build.State.QUEUED, job=found.job, **stored)
    return Done({"build": build.pk, **known, **found_by_key(build.key)})


def _not_there_yet(visit: Visit, build: Build) -> Outcome:
    """Absent from queue and builds: once it is lost it is asked for once more under a new key."""
    return _not_yet_lost(visit, build) or _ask_again(visit)


def _not_yet_lost(visit: Visit, build: Build) -> Waiting | None:
    """Lost after two reads far enough apart (None); till then we wait."""
    wait = settings.CONFIG.lost_seconds
    mine = Build.objects.filter(pk=build.pk, state__in=OPEN)
    with visit.owned():
        if build.absent_since is None:
            mine.update(absent_since=Now())
            return Waiting(wait)
        if (visit.now - build.absent_since).total_seconds() < wait:
            return Waiting(wait / 2)
        mine.update(state=Build.State.LOST, finished_at=Now())
    return None


def _ask_again(visit: Visit) -> Outcome:
    lost = Build.objects.filter(ticket=visit.ticket, state=Build.State.LOST).count()
    if lost >= LOST_MOST:
        return Errored("build.lost", {"job": visit.ticket.project.slug, "times": lost})
    # From the job on: what lost the build may have been somebody who renamed, deleted or replaced it.
    return GoBack("ensure_job", {"code": "build.lost_retrying", "params": {"job": visit.ticket.project.slug}})


@registry.step("await_build", writes=False, settles=True)
def await_build(visit: Visit) -> Outcome:
    """Read what the controller's poller wrote; Jenkins is called only to stop a build of a cancelled ticket (D8)."""
    build = Build.objects.select_related("controller").filter(ticket=visit.ticket).order_by("-id").first()
    if build is None:
        return Errored("build.row_missing", {"ticket": visit.ticket.pk})
    params: dict[str, Any] = {"job": build.job, "number": build.number or 0}
    if build.state == Build.State.LOST:
        return Canceled() if visit.is_cancelling else _ask_again(visit)
    if build.state == Build.State.FINISHED:
        return _ended(visit, build, params)
    late = visit.age > settings.CONFIG.build_deadline_seconds
    if late or visit.is_cancelling:
        _stop(visit, build)
    if late:
        return Errored("build.deadline", {**params, "seconds": int(settings.CONFIG.build_deadline_seconds)})
    return Waiting(STOP_RECHECK if visit.is_cancelling else settings.CONFIG.build_recheck_seconds)


def _ended(visit: Visit, build: Build, params: dict[str, Any]) -> Outcome:
    if build.result == "SUCCESS":
        return Done({"build": build.pk, **params})
    if visit.is_cancelling:
        return Canceled({"build": build.pk, **params, "result": build.result})
    stage = build.stages[-1]["name"] if build.stages else ""
    code = "build.aborted" if build.result == "ABORTED" else "build.failed"
    return Failed(code, {**params, "result": build.result, "stage": stage, "build": build.pk})


def _stop(visit: Visit, build: Build) -> None:
    """Ask Jenkins to stop it, whatever number it has now: a job made anew counts from 1 again, over others' builds.

    A refusal is remembered and ends nothing: the build goes on, and so does the waiting.
    """
    jenkins = get_jenkins(build.controller)
    try:
        found = look_up(jenkins, build, deadline())
        if isinstance(found, QueueItem):
            run(jenkins.cancel_item(found.id), deadline())
        elif found is not None and found.building:
            run(jenkins.stop_build(found.job, found.number), deadline())
    except IntegrationError as error:
        visit.remember(trouble=error.as_reason())


@registry.step("resolve_digest", writes=False)
def resolve_digest(visit: Visit) -> Outcome:
    """Read the image back from the registry: its digest is the release's identity, its labels must be ours (B5, R3)."""
    release = release_of(visit)
    client = get_registry(release.project.registry)
    image = run(client.get_image(release.image_repository, release.tag), deadline())
    where = {"repository": release.image_repository, "tag": release.tag}
    build = Build.objects.filter(ticket=visit.ticket, state=Build.State.FINISHED).order_by("-id").first()
    wanted = labels_for(release, visit.ticket, job=release.project.slug, key=build.key if build else "")
    for label in CHECKED:
        if image.labels.get(label) != wanted[label]:
            params = {**where, "label": label, "wanted": wanted[label], "found": image.labels.get(label, "")}
            return Failed("image.label_differs", params)
    with visit.owned():
        Release.objects.filter(pk=release.pk).update(
            digest=image.digest, labels=image.labels, size=image.size_compressed, built_at=Now()
        )
    return Done({"digest": image.digest, "size": image.size_compressed})
