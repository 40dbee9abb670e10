"""Jobs, builds and queue items, and the one object that holds them.

Must not: speak HTTP or run anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from apps.sandbox.jenkins import jobxml
from apps.sandbox.jenkins.console import ConsoleLog

SUCCESS, FAILURE, ABORTED = "SUCCESS", "FAILURE", "ABORTED"


def now_ms() -> int:
    """Milliseconds since the epoch, Jenkins' unit."""
    return int(time.time() * 1000)


@dataclass(frozen=True)
class Parameter:
    """One value a build was started with; `kind` as in its definition."""

    kind: str
    name: str
    value: str | bool

    def as_environment(self) -> str:
        """How the shell sees it."""
        return ("true" if self.value else "false") if isinstance(self.value, bool) else self.value


@dataclass(eq=False)
class Build:
    """One run of a job; `result` is None while it runs."""

    job: Job
    number: int
    queue_id: int
    parameters: tuple[Parameter, ...]
    causes: list[str]
    timestamp: int
    log: ConsoleLog
    duration: int = 0
    result: str | None = None
    description: str | None = None
    keep_log: bool = False
    stopped_by: str = ""
    export_cache: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def building(self) -> bool:
        """Whether it still runs."""
        return self.result is None

    @property
    def environment(self) -> dict[str, str]:
        """The parameters as the shell sees them."""
        return {p.name: p.as_environment() for p in self.parameters}

    @property
    def key(self) -> str:
        """The portal's key, by which a build is found again."""
        return self.environment.get("OPSPORTAL_KEY", "")


@dataclass(eq=False)
class Job:
    """One job. `hold` is Jenkins' transient "no builds until saved" of a copied job; a restart clears it."""

    name: str
    xml: str
    folder: str
    config: jobxml.JobConfig
    next_number: int = 1
    hold: bool = False
    builds: dict[int, Build] = field(default_factory=dict)
    running: list[Build] = field(default_factory=list)

    @property
    def buildable(self) -> bool:
        """Whether a build can be triggered."""
        return not self.hold and not self.config.disabled

    def take_xml(self, xml: str) -> None:
        """Replace config.xml; does not count as a save."""
        self.config = jobxml.read(xml)
        self.xml = xml

    def save(self, *, disabled: bool | None = None, description: str | None = None) -> None:
        """Jenkins' own save: pretty-prints and ends the hold of a copied job."""
        self.take_xml(jobxml.saved(self.xml, disabled=disabled, description=description))
        self.hold = False


class State(Enum):
    """Where a queue item is; the value is Jenkins' class name."""

    WAITING = "WaitingItem"
    BLOCKED = "BlockedItem"
    BUILDABLE = "BuildableItem"
    LEFT = "LeftItem"


@dataclass(eq=False)
class QueueItem:
    """A request for a build; it leaves when an executor takes it or somebody cancels it."""

    id: int
    job: Job
    parameters: tuple[Parameter, ...]
    causes: list[str]
    since: int
    due: int
    state: State = State.WAITING
    ready_at: int = 0
    left_at: float = 0.0
    build: Build | None = None
    cancelled: bool = False

    @property
    def key(self) -> str:
        """The portal's key among the parameters."""
        return next((p.as_environment() for p in self.parameters if p.name == "OPSPORTAL_KEY"), "")

    def asks_the_same(self, job: Job, parameters: Sequence[Parameter]) -> bool:
        """Whether Jenkins would fold such a request into this one."""
        return self.job is job and set(self.parameters) == set(parameters)


class Controller:
    """Everything a Jenkins controller knows; job names are unique and found regardless of case."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self.queue: dict[int, QueueItem] = {}
        self.next_queue_id = 1
        self.next_folder = 1
        self.quieting_down = False

    @property
    def jobs(self) -> list[Job]:
        """All jobs by name."""
        return [self._jobs[key] for key in sorted(self._jobs)]

    def find(self, name: str) -> Job | None:
        """The job of this name in any case."""
        return self._jobs.get(name.casefold())

    def add(self, name: str, xml: str) -> Job:
        """A new job with a folder of its own."""
        job = Job(name, xml, f"j{self.next_folder:05d}", jobxml.read(xml))
        self.next_folder += 1
        self._jobs[name.casefold()] = job
        return job

    def adopt(self, job: Job) -> None:
        """Take in a job that was read from disk."""
        self._jobs[job.name.casefold()] = job

    def remove(self, job: Job) -> None:
        """Forget a job and what it has in the queue."""
        del self._jobs[job.name.casefold()]
        for item in [i for i in self.queue.values() if i.job is job]:
            del self.queue[item.id]

    def rename(self, job: Job, name: str) -> None:
        """Give a job another name; its builds show it at once."""
        del self._jobs[job.name.casefold()]
        job.name = name
        self._jobs[name.casefold()] = job
        for build in job.builds.values():
            build.export_cache.clear()

    def waiting(self) -> list[QueueItem]:
        """Items still in the queue, oldest first."""
        return [i for i in self.queue.values() if i.state is not State.LEFT]
