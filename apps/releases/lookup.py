"""Looking a build up again by what is known of it, before it is given up or asked for anew (law 3, D23).

Must not: write a row, or take a silent Jenkins for an absent build.
"""

from __future__ import annotations

from apps.common.errors import NotFound
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.types import BuildRef, QueueItem
from apps.integrations.loop import run
from apps.releases.models import Build

JOB_GONE, BUILD_GONE = "jenkins.job_missing", "jenkins.build_missing"


def look_up(jenkins: Jenkins, build: Build, seconds: float) -> BuildRef | QueueItem | None:
    """The build by its number, else by its key in queue and builds; None when Jenkins answers that it has neither."""
    if build.number is not None:
        found = _by_number(jenkins, build.job, build.number, seconds)
        if found is not None and found.key == build.key:  # a job made anew counts from 1 again
            return found
    return look_up_key(jenkins, build.job, build.key, seconds)


def look_up_key(
    jenkins: Jenkins, job: str, key: str, seconds: float, *, everywhere: bool = True
) -> BuildRef | QueueItem | None:
    """The build or queue item with this key, of this job or, for the job may have been renamed, of any other."""
    try:
        found = run(jenkins.find_by_key(job, key), seconds)
    except NotFound as error:
        if error.code != JOB_GONE:
            raise
        found = None
    return found if found is not None or not everywhere else run(jenkins.find_anywhere(key), seconds)


def is_elsewhere(build: Build, ref: BuildRef) -> bool:
    """Whether the build is now found in another place than our row says: its job was renamed."""
    return (build.job, build.number) != (ref.job, ref.number)


def _by_number(jenkins: Jenkins, job: str, number: int, seconds: float) -> BuildRef | None:
    try:
        return run(jenkins.get_build(job, number), seconds)
    except NotFound as error:
        if error.code != BUILD_GONE:
            raise
        return None
