"""Jobs, builds, logs and the queue on disk, so that a second start agrees with what a portal has stored.

One folder per job (its name stands inside, so a rename moves nothing). Must not: decide anything; with no folder
given everything stays in memory.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from apps.sandbox.jenkins import jobxml
from apps.sandbox.jenkins.console import ConsoleLog
from apps.sandbox.jenkins.model import ABORTED, Build, Controller, Job, Parameter, QueueItem


class Store:
    """Reads everything once, then writes what changed, each file by temp file and rename."""

    def __init__(self, root: Path | None) -> None:
        self.root = root

    def load(self) -> Controller:
        """The controller as it was; builds that ran when it ended are ABORTED, held jobs are free."""
        controller = Controller()
        if self.root is None or not self.root.exists():
            return controller
        saved = self._read(self.root / "controller.json")
        for folder in sorted((self.root / "jobs").glob("*/job.json")):
            controller.adopt(self._load_job(folder.parent))
        numbers = [int(j.folder[1:]) for j in controller.jobs]
        controller.next_folder = max([saved.get("next_folder", 1), *(n + 1 for n in numbers)])
        ids = [b.queue_id + 1 for j in controller.jobs for b in j.builds.values()]
        controller.next_queue_id = max([saved.get("next_queue_id", 1), *ids])
        for raw in saved.get("queue", []):
            job = controller.find(raw["job"])
            if job is not None:
                item = QueueItem(raw["id"], job, _parameters(raw), raw["causes"], raw["since"], raw["due"])
                controller.queue[item.id] = item
        return controller

    def _load_job(self, folder: Path) -> Job:
        head = self._read(folder / "job.json")
        xml = (folder / "config.xml").read_text(encoding="utf-8")
        job = Job(head["name"], xml, folder.name, jobxml.read(xml), head["next_number"])
        for path in sorted((folder / "builds").glob("*.json"), key=lambda p: int(p.stem)):
            raw = self._read(path)
            log = self.log_of(job, raw["number"])
            build = Build(
                job, raw["number"], raw["queue_id"], _parameters(raw), raw["causes"], raw["timestamp"], log,
                raw["duration"], raw["result"], raw["description"], raw["keep_log"],
            )  # fmt: skip
            if build.result is None:
                build.result = ABORTED
            job.builds[build.number] = build
        job.next_number = max([job.next_number, *(n + 1 for n in job.builds)])
        return job

    def log_of(self, job: Job, number: int) -> ConsoleLog:
        """The log of a build."""
        return ConsoleLog(None if self.root is None else self._folder(job) / "builds" / f"{number}.log")

    def save_controller(self, controller: Controller) -> None:
        """Write the queue and the counters."""
        if self.root is None:
            return
        queue = [
            {"id": i.id, "job": i.job.name, "since": i.since, "due": i.due, "causes": i.causes, **_raw(i.parameters)}
            for i in controller.waiting()
        ]
        head = {"next_queue_id": controller.next_queue_id, "next_folder": controller.next_folder, "queue": queue}
        self._write(self.root / "controller.json", json.dumps(head))

    def save_job(self, job: Job) -> None:
        """Write a job's name, counter and config.xml."""
        if self.root is None:
            return
        folder = self._folder(job)
        self._write(folder / "config.xml", job.xml)
        self._write(folder / "job.json", json.dumps({"name": job.name, "next_number": job.next_number}))

    def save_build(self, build: Build) -> None:
        """Write what is known of a build beside its log."""
        if self.root is None:
            return
        raw = {
            "number": build.number, "queue_id": build.queue_id, "causes": build.causes, "timestamp": build.timestamp,
            "duration": build.duration, "result": build.result, "description": build.description,
            "keep_log": build.keep_log, **_raw(build.parameters),
        }  # fmt: skip
        self._write(self._folder(build.job) / "builds" / f"{build.number}.json", json.dumps(raw))

    def delete_job(self, job: Job) -> None:
        """Delete a job with all its builds."""
        if self.root is not None:
            shutil.rmtree(self._folder(job), ignore_errors=True)

    def delete_build(self, build: Build) -> None:
        """Delete a build and its log."""
        build.log.discard()
        if self.root is not None:
            (self._folder(build.job) / "builds" / f"{build.number}.json").unlink(missing_ok=True)

    def _folder(self, job: Job) -> Path:
        if self.root is None:
            raise ValueError("this store keeps nothing on disk")
        return self.root / "jobs" / job.folder

    @staticmethod
    def _read(path: Path) -> dict[str, Any]:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @staticmethod
    def _write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def _raw(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    return {"parameters": [[p.kind, p.name, p.value] for p in parameters]}


def _parameters(raw: dict[str, Any]) -> tuple[Parameter, ...]:
    return tuple(Parameter(*p) for p in raw["parameters"])
