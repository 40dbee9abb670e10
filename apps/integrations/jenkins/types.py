"""Jenkins' things in our own words. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

KEY_PARAMETER = "OPSPORTAL_KEY"
# What a build is given (D23); every template job defines them.
BUILD_PARAMETERS = (KEY_PARAMETER, "REPO_URL", "TAG", "COMMIT", "IMAGE", "LABELS_JSON", "DOCKERFILE_B64")

Result = Literal["SUCCESS", "UNSTABLE", "FAILURE", "NOT_BUILT", "ABORTED"]


@dataclass(frozen=True)
class JobState:
    """What `Jenkins.ensure_job` did: made the job, or brought its configuration to the wanted one."""

    created: bool
    changed: bool


@dataclass(frozen=True)
class JobMade:
    """What `create_job_from_template` did. created: this step made the job, now or in an earlier attempt, so that
    undoing it may delete the job; adopted: the portal's job for the same thing was there before."""

    created: bool
    adopted: bool


@dataclass(frozen=True)
class JobReady:
    """What `ready_job` found or did. created: this step made the job, now or in an earlier attempt. added: the
    parameters that the job lacked. template_version: the catalog's that the job says it was made from, None in one that
    says none."""

    created: bool
    added: tuple[str, ...] = ()
    template_version: int | None = None


@dataclass(frozen=True)
class JobUpdated:
    """What `update_job` did; not `changed` when an earlier delivery of the same call had done it. `xml_hash` is now's."""

    changed: bool
    xml_hash: str


@dataclass(frozen=True)
class JobFound:
    """A job of the list. `kind` is the short name of Jenkins' class; a folder's jobs are not looked into.

    text: the portal's note, or of a foreign job its description; template and fingerprint are empty unless it is ours.
    """

    name: str
    kind: str
    is_folder: bool
    disabled: bool
    text: str
    template: str
    fingerprint: str
    parameters: list[str]
    last_build: int | None
    last_build_ms: int | None

    @property
    def is_ours(self) -> bool:
        """The portal made it."""
        return bool(self.template)


@dataclass(frozen=True)
class JobList:
    """The controller's jobs; not `complete` when there are more than were asked for."""

    jobs: list[JobFound]
    complete: bool


@dataclass(frozen=True)
class CloneCheck:
    """Whether Jenkins can read a repository. unknown: the build was aborted or is gone. `code` and `params` say why not."""

    state: Literal["waiting", "can", "cannot", "unknown"]
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class QueueItem:
    """A build that waits. `folded`: Jenkins answered with an item that was there before ours (equal parameters)."""

    id: int
    folded: bool = False
    job: str = ""
    key: str = ""
    why: str = ""


@dataclass(frozen=True)
class BuildRef:
    """One build. `result` is None while it runs, and for a moment after it was stopped."""

    job: str
    number: int
    key: str
    building: bool
    result: Result | None
    timestamp_ms: int
    duration_ms: int
    queue_id: int


@dataclass(frozen=True)
class Snapshot:
    """Queue and builds of a controller; the queue was read first, so an item that moved is seen at least once."""

    queue: list[QueueItem]
    builds: list[BuildRef]


@dataclass(frozen=True)
class LogPart:
    """A piece of a build's log. Continue at `next_start`, never at a count of characters.

    restarted: the log is shorter than `start`, so this text begins at 0 again. cut: the piece was larger than
    the bound; what follows `text` up to `next_start` is lost.
    """

    text: str
    next_start: int
    more: bool
    restarted: bool = False
    cut: bool = False
