"""How jobs, builds, queue items and executors look in the API: one table of fields for each.

Must not: compute a field nobody asked for; answer HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any
from urllib.parse import quote

from apps.sandbox.jenkins.beans import (
    PERMALINKS,
    RECENT,
    actions_of,
    colour,
    definitions_of,
    estimate,
    find_newest,
    neighbour,
    shown,
)
from apps.sandbox.jenkins.executors import Executors
from apps.sandbox.jenkins.model import Build, Controller, Job, QueueItem, State, now_ms
from apps.sandbox.jenkins.tree import Bean, FieldTable, constant, plain

FREESTYLE = "hudson.model.FreeStyleProject"


class Exports:
    """The tables, bound to one controller; `root_url` is what stands in every `url` field."""

    def __init__(self, controller: Controller, executors: Executors, root_url: Callable[[], str]) -> None:
        self.controller = controller
        self.executors = executors
        self.root_url = root_url
        self._build_table = self._build_fields()
        self._job_table = self._job_fields()
        self._item_table = self._item_fields()
        self._root_table = self._root_fields()
        self._computer_table = self._computer_fields()

    # -- objects ------------------------------------------------------------------------------------------
    def build(self, build: Build | None) -> Bean | None:
        """A build, or None where there is none."""
        if build is None:
            return None
        cache = None if build.building else build.export_cache
        return Bean("hudson.model.FreeStyleBuild", build, self._build_table, ("number", "url"), cache=cache)

    def job(self, job: Job) -> Bean:
        """A job."""
        return Bean(FREESTYLE, job, self._job_table, ("name", "url", "color"), hidden=("allBuilds",))

    def item(self, item: QueueItem) -> Bean:
        """A queue item; what it shows depends on its state."""
        table = dict(self._item_table)
        if item.state is State.WAITING:
            table["timestamp"] = lambda i: i.due
        elif item.state is State.LEFT:
            table["cancelled"] = lambda i: i.cancelled
            table["executable"] = lambda i: self.build(i.build)
        else:
            table["buildableStartMilliseconds"] = lambda i: i.ready_at
        return Bean(f"hudson.model.Queue${item.state.value}", item, table, tuple(table))

    def root(self) -> Bean:
        """The controller."""
        return Bean("hudson.model.Hudson", self.controller, self._root_table)

    def view(self) -> Bean:
        """The one view there is, with its jobs."""
        table: FieldTable = {
            "description": constant(None),
            "jobs": lambda c: [self.job(j) for j in c.jobs],
            "name": constant("all"),
            "property": constant([]),
            "url": lambda _c: f"{self.root_url()}/",
        }
        return Bean("hudson.model.AllView", self.controller, table)

    def queue(self) -> Bean:
        """The queue: newest first, as Jenkins lists it."""
        return plain(
            "hudson.model.Queue",
            discoverableItems=[],
            items=[self.item(i) for i in reversed(self.controller.waiting())],
        )

    def computers(self) -> Bean:
        """All nodes: the built-in one."""
        return plain(
            "hudson.model.ComputerSet",
            busyExecutors=self.executors.busy,
            computer=[self.computer()],
            displayName="Nodes",
            totalExecutors=len(self.executors.slots),
        )

    def computer(self) -> Bean:
        """The built-in node with its executors."""
        return Bean(
            "hudson.model.Hudson$MasterComputer", self.executors, self._computer_table, tuple(self._computer_table)
        )

    def job_url(self, job: Job) -> str:
        """The job's page under the configured root."""
        return f"{self.root_url()}/job/{quote(job.name)}/"

    # -- tables -------------------------------------------------------------------------------------------
    def _build_fields(self) -> FieldTable:
        return {
            "actions": lambda b: actions_of(b.parameters, b.causes),
            "artifacts": constant([]),
            "building": lambda b: b.building,
            "description": lambda b: b.description,
            "displayName": lambda b: f"#{b.number}",
            "duration": lambda b: b.duration,
            "estimatedDuration": lambda b: estimate(b.job),
            "executor": lambda b: plain(None) if b.building else None,
            "fullDisplayName": lambda b: f"{b.job.name} #{b.number}",
            "id": lambda b: str(b.number),
            "inProgress": lambda b: b.building,
            "keepLog": lambda b: b.keep_log,
            "number": lambda b: b.number,
            "queueId": lambda b: b.queue_id,
            "result": lambda b: b.result,
            "timestamp": lambda b: b.timestamp,
            "url": lambda b: f"{self.job_url(b.job)}{b.number}/",
            "builtOn": constant(""),
            "changeSet": lambda _b: plain("hudson.scm.EmptyChangeLogSet", items=[], kind=None),
            "culprits": constant([]),
            "nextBuild": lambda b: self.build(neighbour(b, 1)),
            "previousBuild": lambda b: self.build(neighbour(b, -1)),
        }

    def _job_fields(self) -> FieldTable:
        table: dict[str, Callable[[Any], Any]] = {
            "actions": definitions_of,
            "description": lambda j: j.config.description or "",
            "displayName": lambda j: j.name,
            "displayNameOrNull": constant(None),
            "fullDisplayName": lambda j: j.name,
            "fullName": lambda j: j.name,
            "name": lambda j: j.name,
            "url": self.job_url,
            "buildable": lambda j: j.buildable,
            "allBuilds": lambda j: [self.build(b) for b in reversed(j.builds.values())],
            "builds": lambda j: [self.build(b) for b in islice(reversed(j.builds.values()), RECENT)],
            "color": colour,
            "firstBuild": lambda j: self.build(next(iter(j.builds.values()), None)),
            "healthReport": constant([]),
            "inQueue": lambda j: self._queued(j) is not None,
            "keepDependencies": constant(False),
        }
        for name, wanted in PERMALINKS.items():
            table[name] = self._newest(wanted)
        return table | {
            "nextBuildNumber": lambda j: j.next_number,
            "property": definitions_of,
            "queueItem": self._queue_item,
            "concurrentBuild": lambda j: j.config.concurrent,
            "disabled": lambda j: j.config.disabled,
            "downstreamProjects": constant([]),
            "labelExpression": constant(None),
            "scm": lambda _j: plain("hudson.scm.NullSCM"),
            "upstreamProjects": constant([]),
        }

    def _newest(self, wanted: Callable[[Build], bool]) -> Callable[[Job], Bean | None]:
        return lambda job: self.build(find_newest(job, wanted))

    def _queued(self, job: Job) -> QueueItem | None:
        return next((i for i in self.controller.waiting() if i.job is job), None)

    def _queue_item(self, job: Job) -> Bean | None:
        item = self._queued(job)
        return None if item is None else self.item(item)

    def _item_fields(self) -> FieldTable:
        return {
            "actions": lambda i: actions_of(i.parameters, i.causes),
            "blocked": lambda i: i.state is State.BLOCKED,
            "buildable": lambda i: i.state is State.BUILDABLE,
            "id": lambda i: i.id,
            "inQueueSince": lambda i: i.since,
            "params": lambda i: "".join(f"\n{p.name}={shown(p)}" for p in i.parameters),
            "stuck": constant(False),
            "task": lambda i: self.job(i.job),
            "url": lambda i: f"queue/item/{i.id}/",
            "why": self._why,
        }

    def _why(self, item: QueueItem) -> str | None:
        if item.state is State.WAITING:
            return f"In the quiet period. Expires in {max(0, item.due - now_ms()) / 1000:.1f} sec"
        if item.state is State.BLOCKED:
            return "A build is already in progress"
        if item.state is State.LEFT:
            return None
        return (
            "Jenkins is about to shut down" if self.controller.quieting_down else "Waiting for next available executor"
        )

    def _root_fields(self) -> FieldTable:
        return {
            "assignedLabels": lambda _c: [plain(None, name="built-in")],
            "mode": constant("NORMAL"),
            "nodeDescription": constant("the Jenkins controller's built-in node"),
            "nodeName": constant(""),
            "numExecutors": lambda _c: len(self.executors.slots),
            "description": constant(None),
            "jobs": lambda c: [self.job(j) for j in c.jobs],
            "primaryView": lambda _c: self._view(),
            "quietDownReason": constant(None),
            "quietingDown": lambda c: c.quieting_down,
            "slaveAgentPort": constant(-1),
            "url": lambda _c: f"{self.root_url()}/",
            "useCrumbs": constant(True),
            "useSecurity": constant(True),
            "views": lambda _c: [self._view()],
        }

    def _view(self) -> Bean:
        return plain("hudson.model.AllView", name="all", url=f"{self.root_url()}/")

    def _computer_fields(self) -> FieldTable:
        return {
            "actions": constant([]),
            "assignedLabels": lambda _e: [plain(None, name="built-in")],
            "description": constant("the Jenkins controller's built-in node"),
            "displayName": constant("Built-In Node"),
            "icon": constant("symbol-computer"),
            "iconClassName": constant("symbol-computer"),
            "executors": lambda e: [self._executor(n, b) for n, b in enumerate(e.slots)],
            "idle": lambda e: e.busy == 0,
            "jnlpAgent": constant(False),
            "launchSupported": constant(True),
            "manualLaunchAllowed": constant(True),
            "numExecutors": lambda e: len(e.slots),
            "offline": constant(False),
            "offlineCause": constant(None),
            "offlineCauseReason": constant(""),
            "oneOffExecutors": constant([]),
            "temporarilyOffline": constant(False),
        }

    def _executor(self, number: int, build: Build | None) -> Bean:
        progress = -1
        if build is not None:
            progress = min(99, 100 * (now_ms() - build.timestamp) // max(1, estimate(build.job)))
        fields = {
            "currentExecutable": lambda _: self.build(build),
            "idle": constant(build is None),
            "likelyStuck": constant(False),
            "number": constant(number),
            "progress": constant(progress),
        }
        return Bean(None, None, fields)
