"""One poller per Jenkins controller: all builds in one call per interval, then their logs (D23, D24, QP8).

A chore, so exactly one worker does it: an interval ends before its lease does. Must not: call Jenkins when nothing of
ours is open, or more often with more running builds, or let one build's trouble keep it from the others.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Now

from apps.common.db import db_now
from apps.common.errors import IntegrationError
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins.types import BuildRef, QueueItem
from apps.integrations.loop import run
from apps.integrations.models import JenkinsController
from apps.releases.lookup import is_elsewhere, look_up
from apps.releases.models import Build
from apps.releases.poll_interval import Interval
from apps.releases.poll_logs import copy_logs
from apps.tickets import bell, hints, registry
from apps.tickets.engine import wake_step
from apps.tickets.models import Step, StepStatus
from apps.tickets.transitions import ENDED

log = structlog.get_logger(__name__)

OPEN = (Build.State.ASKED, Build.State.QUEUED, Build.State.RUNNING)
LATE = timedelta(hours=1)


def _every() -> float:
    return float(settings.CONFIG.poll_seconds)


def _controllers() -> list[str]:
    return [str(pk) for pk in JenkinsController.objects.filter(is_enabled=True).values_list("pk", flat=True)]


@registry.chore("jenkins.poll", every=_every, each=_controllers)
def poll(controller_id: str) -> None:
    """One interval of one controller."""
    controller = JenkinsController.objects.get(pk=controller_id)
    builds = list(Build.objects.filter(controller=controller, state__in=OPEN).select_related("ticket"))
    unread = Build.objects.filter(controller=controller, state=Build.State.FINISHED, log_complete=False)
    # One that was given up may still come, also when nothing else of ours is open any more.
    given_up = Build.objects.filter(controller=controller, state=Build.State.LOST, finished_at__gte=Now() - LATE)
    watching = bool(builds) or given_up.exists()
    if not watching and not unread.exists():
        return
    interval = Interval(get_jenkins(controller))
    if watching:
        snapshot = run(interval.jenkins.snapshot(), settings.CONFIG.outside_timeout)
        _match(interval, builds, snapshot.builds, snapshot.queue)
        _stop_late(interval, controller, snapshot.queue)
    copy_logs(interval, controller)


def _match(interval: Interval, ours: list[Build], seen: list[BuildRef], queue: list[QueueItem]) -> None:
    for ref in sorted(seen, key=lambda r: r.number):
        if ref.key:
            interval.seen.setdefault(ref.key, []).append(ref)
    queued = {item.key: item for item in queue if item.key}
    for build in ours:
        try:
            _match_one(interval, build, interval.seen.get(build.key, []), queued.get(build.key))
        except IntegrationError as error:
            _put_off(build, error)


def _match_one(interval: Interval, build: Build, refs: list[BuildRef], item: QueueItem | None) -> None:
    if refs:
        _seen_build(build, refs[0])
        _stop_duplicates(interval, build, refs, item)
    elif item is not None:
        _seen_in_queue(build, item)
    elif build.state != Build.State.ASKED or build.ticket.status in ENDED:
        # One that was asked for a moment ago may not be listed yet; while its ticket runs, its step looks it up.
        _absent(interval, build)


def _put_off(build: Build, error: IntegrationError) -> None:
    log.warning("a build is looked at again next time", build=build.pk, job=build.job, **error.as_reason())


def _seen_build(build: Build, ref: BuildRef) -> None:
    began = datetime.fromtimestamp(ref.timestamp_ms / 1000, UTC)
    if ref.building or ref.result is None:
        if build.state != Build.State.RUNNING or is_elsewhere(build, ref) or build.absent_since:
            Build.objects.filter(pk=build.pk, state__in=OPEN).update(
                state=Build.State.RUNNING,
                job=ref.job,
                number=ref.number,
                started_at=began,
                absent_since=None,
                queue_why="",
            )
            hints.announce_ticket(build.ticket)
        return
    ended = Build.objects.filter(pk=build.pk, state__in=OPEN).update(
        state=Build.State.FINISHED,
        job=ref.job,
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


def _absent(interval: Interval, build: Build) -> None:
    """In neither list while Jenkins answers: lost after two such reads far enough apart (D23).

    The lists hold each job's newest builds only, so the build itself is asked for before it is given up.
    """
    mine = Build.objects.filter(pk=build.pk, state__in=OPEN)
    if build.absent_since is None:
        mine.update(absent_since=Now())
        return
    gone_for = (db_now() - build.absent_since).total_seconds()
    if gone_for < settings.CONFIG.lost_seconds or interval.is_over():
        return
    found = look_up(interval.jenkins, build, interval.seconds)
    if isinstance(found, BuildRef):
        _seen_build(build, found)
    elif found is not None:
        _seen_in_queue(build, found)
    elif mine.update(state=Build.State.LOST, finished_at=Now()):
        wake_waiting(build)


def _stop_duplicates(interval: Interval, build: Build, refs: list[BuildRef], item: QueueItem | None) -> None:
    """A second build with our key is stopped within one poll and counted once, also one that still waits (D9)."""
    others = refs[1:]
    for other in others:
        if other.building and not interval.is_over():
            log.warning("a second build with our key is stopped", job=other.job, number=other.number)
            interval.ask(interval.jenkins.stop_build(other.job, other.number))
    found = max(build.duplicates, len(others))
    # The queue was read before the builds: an item that is a build by now is not a second one.
    if item is not None and item.id not in {ref.queue_id for ref in refs}:
        log.warning("a second build with our key is taken out of the queue", job=item.job, item=item.id)
        found += interval.ask(interval.jenkins.cancel_item(item.id))
    if found > build.duplicates:
        Build.objects.filter(pk=build.pk).update(duplicates=found)


def _stop_late(interval: Interval, controller: JenkinsController, queue: list[QueueItem]) -> None:
    """A build under a key that was given up as lost, or whose build ended, came too late: it is stopped, or taken out
    of the queue (D9)."""
    waiting = {item.key: item for item in queue if item.key}
    over = Build.objects.filter(
        controller=controller,
        key__in=[*interval.seen, *waiting],
        state__in=[Build.State.LOST, Build.State.FINISHED],
        finished_at__gte=Now() - LATE,
    )
    for build in over:
        refs = interval.seen.get(build.key, [])
        late = [r for r in refs if r.building and (build.state == Build.State.LOST or is_elsewhere(build, r))]
        item = waiting.get(build.key)
        if item is not None and item.id in {ref.queue_id for ref in refs}:
            item = None  # it became a build between the two reads
        try:
            _stop_one_late(interval, build, late, item)
        except IntegrationError as error:
            _put_off(build, error)


def _stop_one_late(interval: Interval, build: Build, late: list[BuildRef], item: QueueItem | None) -> None:
    stopped = 0
    for ref in late:
        if not interval.is_over():
            log.warning("a build that came too late is stopped", job=ref.job, number=ref.number)
            interval.ask(interval.jenkins.stop_build(ref.job, ref.number))
            stopped += 1
    if item is not None and not interval.is_over():
        log.warning("a build that came too late is taken out of the queue", job=item.job, item=item.id)
        stopped += interval.ask(interval.jenkins.cancel_item(item.id))
    if stopped:
        Build.objects.filter(pk=build.pk, duplicates=0).update(duplicates=stopped)


def wake_waiting(build: Build) -> None:
    """The step that waits for this build looks now."""
    waiting = Step.objects.filter(
        ticket=build.ticket_id, name="await_build", status__in=[StepStatus.DUE, StepStatus.WAITING]
    ).values_list("pk", flat=True)
    ids = list(waiting)
    for step_id in ids:
        wake_step(step_id)
    bell.ring(ids) if ids else None
