"""Build logs copied as they grow, and to their end once a build has ended (D24, QP8).

Must not: ask more than LOGS_PER_INTERVAL running builds in one interval, or let one log's trouble keep it from others.
"""

from __future__ import annotations

import time

from django.db.models import F
from django.db.models.functions import Now

from apps.common.db import db_now
from apps.common.errors import IntegrationError
from apps.integrations.jenkins.types import BuildRef, QueueItem
from apps.integrations.loop import run_many
from apps.integrations.models import JenkinsController
from apps.releases import buildlog
from apps.releases.lookup import is_elsewhere, look_up
from apps.releases.models import Build
from apps.releases.poll_interval import Interval, share
from apps.tickets import hints

LOGS_PER_INTERVAL = 4
LOG_READS_AT_END = 80
RETRY_LOG_SECONDS = 3600


def copy_logs(interval: Interval, controller: JenkinsController) -> None:
    """Builds that ended first, to their end and as long as a third of the lease; then a few running ones, watched ones
    before the longest unread."""
    mine = Build.objects.filter(controller=controller, log_complete=False, number__isnull=False).select_related(
        "ticket"
    )
    ended = list(
        mine.filter(state=Build.State.FINISHED).order_by(F("log_read_at").asc(nulls_first=True), "finished_at")[:20]
    )
    running = list(
        mine.filter(state=Build.State.RUNNING).order_by(
            F("watched_at").desc(nulls_last=True), F("log_read_at").asc(nulls_first=True)
        )[:LOGS_PER_INTERVAL]
    )
    _copy_ended(interval, ended)
    # By its number alone another's build would be read, when the job was made anew and counts from 1 again.
    running = [b for b in running if any((b.job, b.number) == (r.job, r.number) for r in interval.seen.get(b.key, []))]
    if not running or interval.is_over():
        return
    reads = [interval.jenkins.read_log(b.job, b.number or 0, b.jenkins_offset) for b in running]
    parts = run_many(reads, interval.seconds)
    for build, part in zip(running, parts, strict=True):
        if not isinstance(part, IntegrationError):
            # A running build's log is never complete, whatever this read said: its end is read after it ended.
            buildlog.append(
                build.pk, part.text, jenkins_offset=part.next_start, complete=False, read_from=build.jenkins_offset
            )
            if part.text:
                hints.announce("build", build.pk, build.ticket.project_id)


def _copy_ended(interval: Interval, ended: list[Build]) -> None:
    """Each to its end; what does not fit into this interval goes on in the next."""
    begun = time.monotonic()
    for build in ended:
        if interval.is_over() or not _find_ended(interval, build):
            continue
        for _ in range(LOG_READS_AT_END):
            if interval.is_over() or time.monotonic() - begun > share():
                return
            if not _copy_one(interval, build):
                break


def _find_ended(interval: Interval, build: Build) -> bool:
    """Whether Jenkins still has this very build, wherever it is now; when not, there is nothing more to read."""
    refs = interval.seen.get(build.key, [])
    found: BuildRef | QueueItem | None = next((r for r in refs if r.number == build.number), None)
    try:
        found = found or look_up(interval.jenkins, build, interval.seconds)
    except IntegrationError as error:
        _log_put_off(build, error)
        return False
    if not isinstance(found, BuildRef) or found.number != build.number:
        Build.objects.filter(pk=build.pk).update(log_complete=True, log_read_at=Now())
        return False
    if is_elsewhere(build, found):
        Build.objects.filter(pk=build.pk).update(job=found.job)
        build.job = found.job
    return True


def _log_put_off(build: Build, error: IntegrationError) -> None:
    """The read counts, so that the others' logs come first next time."""
    old = build.finished_at is not None and (db_now() - build.finished_at).total_seconds() > RETRY_LOG_SECONDS
    given_up = not error.retryable or old
    Build.objects.filter(pk=build.pk).update(log_complete=given_up, log_read_at=Now())


def _copy_one(interval: Interval, build: Build) -> bool:
    """One read of an ended build's log; whether there is more."""
    project_id = build.ticket.project_id
    build.refresh_from_db(fields=["state", "log_complete", "jenkins_offset", "finished_at"])
    try:
        part = interval.ask(interval.jenkins.read_log(build.job, build.number or 0, build.jenkins_offset))
    except IntegrationError as error:
        _log_put_off(build, error)
        return False
    moved = part.next_start != build.jenkins_offset
    done = not part.more and not moved
    buildlog.append(build.pk, part.text, jenkins_offset=part.next_start, complete=done, read_from=build.jenkins_offset)
    hints.announce("build", build.pk, project_id)
    return not done
