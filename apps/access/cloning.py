"""Whether Jenkins can clone a repository: asked at most a few times a day, by keys that are computed, never stored (P2).

Everybody who asks on the same day for the same repository and template gets the same answer; asking again after a no
tries again. Must not: start a build unless told to, or take a build without its last word for a yes.
"""

from __future__ import annotations

import uuid

from apps.common.errors import NotFound
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.clonecheck import read_clone_check, start_clone_check
from apps.integrations.jenkins.types import CloneCheck

MOST_TRIES = 5
UNKNOWN = CloneCheck("unknown")


def key_of(template: str, url: str, day: str, number: int) -> str:
    """The key of the day's try: the same for everybody."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"opsportal:clone:{template}:{url}:{day}:{number}"))


async def last_try(jenkins: Jenkins, template: str, url: str, day: str) -> CloneCheck:
    """What the day's last try says so far; unknown when there was none."""
    last = UNKNOWN
    for number in range(MOST_TRIES):
        found = await _read(jenkins, template, url, key_of(template, url, day, number))
        if found.state == "unknown":
            return last
        last = found
        if found.state != "cannot":
            return last
    return last


async def try_again(jenkins: Jenkins, template: str, url: str, day: str) -> tuple[CloneCheck, bool]:
    """The same, with a new try where there was none or the last one said no; and whether one was started."""
    found = UNKNOWN
    for number in range(MOST_TRIES):
        key = key_of(template, url, day, number)
        found = await _read(jenkins, template, url, key)
        if found.state == "unknown":
            await start_clone_check(jenkins, template, url, key)
            return CloneCheck("waiting"), True
        if found.state != "cannot":
            return found, False
    return found, False


async def _read(jenkins: Jenkins, template: str, url: str, key: str) -> CloneCheck:
    try:
        return await read_clone_check(jenkins, template, url, key)
    except NotFound as error:
        if error.code != "jenkins.job_missing":
            raise
        return UNKNOWN
