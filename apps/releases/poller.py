"""One poller per Jenkins controller: all builds in one call per interval, logs copied as they grow (D23, D24, QP8).

A chore, so exactly one worker does it. Must not: call Jenkins when nothing of ours is open, or more often with more
running builds: at most LOGS_PER_INTERVAL log reads beside those of builds that ended.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from apps.common.db import db_now
from apps.common.errors import IntegrationError
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.types import BuildRef, QueueItem
from apps.integrations.loop import run, run_many
from apps.integrations.models import JenkinsController
from apps.releases import buildlog
from apps.releases.models import Build
from apps.tickets import bell, hints, registry
from apps.tickets.engine import wake_step
from apps.tickets.models import Step, StepStatus

log = structlog.get_logger(__name__)

OPEN = (Build.State.ASKED, Build.State.QUEUED, Build.State.RUNNING)
LOGS_PER_INTERVAL = 4
LATE = timedelta(hours=1)
LOG_READS_AT_END = 80
RETRY_LOG_SECONDS = 3600


def _every() -> float:
    return float(settings.CONFIG.poll_seconds)


def _controllers() -> list[str]:
    return [str(pk) for pk in JenkinsController.objects.filter(is_enabled=True).values_list("pk", flat=True)]


@registry.chore("jenkins.poll", every=_every, each=_controllers)
def poll(controller_id: str) -> None:
    """One interval of one controller."""
    controller = JenkinsController.objects.get(pk=controller_id)
    builds = list(Build.objects.filter(controller=controller, state__in=OPEN).select_related("ticket"))
    unread = list(Build.objects.filter(controller=controller, state=Build.State.FINISHED, log_complete=False)[:20])
    if not builds and not unread:
        return
    jenkins = get_jenkins(controller)
    if builds:
        snapshot = run(jenkins.snapshot(), settings.CONFIG.outside_timeout)
        _match(jenkins, builds, snapshot.builds, snapshot.queue)
        _stop_late(jenkins, controller, snapshot.builds)
    _copy_logs(jenkins, controller)


def _match(jenkins: Jenkins, ours: list[Build], seen: list[BuildRef], queue: list[QueueItem]) -> None:
    by_key: dict[str, list[BuildRef]] = {}
    for ref in seen:
        if ref.key:
            by_key.setdefault(ref.key, []).append(ref)
    queued = {item.key: item for item in queue if item.key}
    for build in ours:
        refs = sorted(by_key.get(build.key, []), key=lambda r: r.number)
        if refs:
            _seen_build(build, refs[0])
            _stop_duplicates(jenkins, build, refs, queued.get(build.key))
        elif build.key in queued:
            _seen_in_queue(build, queued[build.key])
        elif build.state != Build.State.ASKED:
            _absent(build)


def _seen_build(build: Build, ref: BuildRef) -> None:
    began = datetime.fromtimestamp(ref.timestamp_ms / 1000, UTC)
    if ref.building or ref.result is None:
        if build.state != Build.State.RUNNING or build.number != ref.number:
            Build.objects.filter(pk=build.pk, state__in=OPEN).update(
                state=Build.State.RUNNING, number=ref.number, started_at=began, absent_since=None, queue_why=""
            )
            hints.announce("ticket", build.ticket_id, build.ticket.project_id)
        return
    ended = Build.objects.filter(pk=build.pk, state__in=OPEN).update(
        state=Build.State.FINISHED,
        number=ref.number,
        result=ref.result,
        started_at=began,
        finished_at=Now(),
        absent_since=None,
        queue_why="",
    )
    if ended:
        wake_waiting(build)


def _seen_in_queue(build: Build, item: QueueItem) -> None:
    if build.state != Build.State.QUEUED or build.queue_why != item.why[:300] or build.absent_since:
        Build.objects.filter(pk=build.pk, state__in=OPEN).update(
            state=Build.State.QUEUED, queue_id=item.id, queue_why=item.why[:300], absent_since=None
        )


def _absent(build: Build) -> None:
    """In neither list while Jenkins answers: lost after two such reads far enough apart (D23)."""
    mine = Build.objects.filter(pk=build.pk, state__in=OPEN)
    if build.absent_since is None:
        mine.update(absent_since=Now())
        return
    gone_for = (db_now() - build.absent_since).total_seconds()
    if gone_for >= settings.CONFIG.lost_seconds and mine.update(state=Build.State.LOST, finished_at=Now()):
        wake_waiting(build)


def _stop_duplicates(jenkins: Jenkins, build: Build, refs: list[BuildRef], item: QueueItem | None) -> None:
    """A second build with our key is stopped within one poll and counted once, also one that still waits (D9)."""
    others = refs[1:]
    for other in others:
        if other.building:
            log.warning("a second build with our key is stopped", job=other.job, number=other.number)
            run(jenkins.stop_build(other.job, other.number), settings.CONFIG.outside_timeout)
    found = max(build.duplicates, len(others))
    # The queue was read before the builds: an item that is a build by now is not a second one.
    if item is not None and item.id not in {ref.queue_id for ref in refs}:
        log.warning("a second build with our key is taken out of the queue", job=item.job, item=item.id)
        found += run(jenkins.cancel_item(item.id), settings.CONFIG.outside_timeout)
    if found > build.duplicates:
        Build.objects.filter(pk=build.pk).update(duplicates=found)


def _stop_late(jenkins: Jenkins, controller: JenkinsController, seen: list[BuildRef]) -> None:
    """A build under a key that was given up as lost, or whose build ended, came too late: it is stopped (D9)."""
    running = {ref.key: ref for ref in seen if ref.building and ref.key}
    over = Build.objects.filter(
        controller=controller,
        key__in=running,
        state__in=[Build.State.LOST, Build.State.FINISHED],
        finished_at__gte=Now() - LATE,
    )
    for build in over:
        ref = running[build.key]
        if ref.number == build.number:
            continue
        log.warning("a build that came too late is stopped", job=ref.job, number=ref.number)
        run(jenkins.stop_build(ref.job, ref.number), settings.CONFIG.outside_timeout)
        Build.objects.filter(pk=build.pk, duplicates=0).update(duplicates=1)


def wake_waiting(build: Build) -> None:
    """The step that waits for this build looks now."""
    waiting = Step.objects.filter(
        ticket=build.ticket_id, name="await_build", status__in=[StepStatus.DUE, StepStatus.WAITING]
    ).values_list("pk", flat=True)
    ids = list(waiting)
    for step_id in ids:
        wake_step(step_id)
    bell.ring(ids) if ids else None


def _copy_logs(jenkins: Jenkins, controller: JenkinsController) -> None:
    """Builds that just ended first, to their end; then a few running ones, watched ones before the longest unread."""
    mine = Build.objects.filter(controller=controller, log_complete=False, number__isnull=False).select_related(
        "ticket"
    )
    ended = list(mine.filter(state=Build.State.FINISHED).order_by("finished_at")[:20])
    running = list(
        mine.filter(state=Build.State.RUNNING).order_by(
            F("watched_at").desc(nulls_last=True), F("log_read_at").asc(nulls_first=True)
        )[:LOGS_PER_INTERVAL]
    )
    for build in ended:
        for _ in range(LOG_READS_AT_END):
            if not _copy_one(jenkins, build):
                break
    reads = [jenkins.read_log(b.job, b.number or 0, b.jenkins_offset) for b in running]
    parts = run_many(reads, settings.CONFIG.outside_timeout) if reads else []
    for build, part in zip(running, parts, strict=True):
        if not isinstance(part, IntegrationError):
            # A running build's log is never complete, whatever this read said: its end is read after it ended.
            buildlog.append(
                build.pk, part.text, jenkins_offset=part.next_start, complete=False, read_from=build.jenkins_offset
            )
            if part.text:
                hints.announce("build", build.pk, build.ticket.project_id)


def _copy_one(jenkins: Jenkins, build: Build) -> bool:
    """One read of an ended build's log; whether there is more."""
    project_id = build.ticket.project_id
    build.refresh_from_db(fields=["state", "log_complete", "jenkins_offset", "finished_at"])
    try:
        part = run(
            jenkins.read_log(build.job, build.number or 0, build.jenkins_offset), settings.CONFIG.outside_timeout
        )
    except IntegrationError as error:
        old = build.finished_at is not None and (db_now() - build.finished_at).total_seconds() > RETRY_LOG_SECONDS
        if not error.retryable or old:
            Build.objects.filter(pk=build.pk).update(log_complete=True)
        return False
    moved = part.next_start != build.jenkins_offset
    done = not part.more and not moved
    buildlog.append(build.pk, part.text, jenkins_offset=part.next_start, complete=done, read_from=build.jenkins_offset)
    hints.announce("build", build.pk, project_id)
    return not done
