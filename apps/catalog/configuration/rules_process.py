"""Rules about variables, files and timed tasks. Must not: read a secret; see `rules` for what a rule may expect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.catalog.configuration.pointers import Fault

Document = dict[str, Any]
MOST_FILE_BYTES = 1 << 20  # what the API server accepts in one ConfigMap


def variables_once(document: Document, _: str) -> Iterator[Fault]:
    """A variable comes from one place: twice in `environment` or `secrets`, or in both, one would win silently."""
    first: dict[str, str] = {}
    for member in ("environment", "secrets"):
        for at, variable in enumerate(document.get(member) or []):
            place = f"{member}[{at}].name"
            other = first.setdefault(variable["name"], place)
            if other != place:
                params = {"value": variable["name"], "other": other}
                yield (member, at, "name"), "configuration.repeated", params


def files_once(document: Document, _: str) -> Iterator[Fault]:
    """A path once, and no file where another one needs a folder."""
    paths = [file["path"] for file in document.get("files") or []]
    first: dict[str, int] = {}
    for at, path in enumerate(paths):
        if first.setdefault(path, at) != at:
            yield (
                ("files", at, "path"),
                "configuration.repeated",
                {"value": path, "other": f"files[{first[path]}].path"},
            )
    for at, path in enumerate(paths):
        parts = path.split("/")
        folder = next((f for f in ("/".join(parts[:n]) for n in range(2, len(parts))) if f in first), None)
        if folder is not None:
            yield ("files", at, "path"), "configuration.file_is_a_folder", {"value": path, "other": folder}


def files_fit(document: Document, _: str) -> Iterator[Fault]:
    """All files together at most 1 MiB, in bytes of UTF-8."""
    size = sum(len(file.get("content", "").encode()) for file in document.get("files") or [])
    if size > MOST_FILE_BYTES:
        yield ("files",), "configuration.files_too_large", {"size": size, "most": MOST_FILE_BYTES}


def schedule_of_a_cron_only(document: Document, workload: str) -> Iterator[Fault]:
    """A cron has a schedule, nothing else has one."""
    schedule = document.get("schedule", "")
    if workload == "cron" and not schedule:
        yield ("schedule",), "configuration.schedule_missing", {}
    elif workload != "cron" and schedule:
        yield ("schedule",), "configuration.schedule_needs_a_cron", {"workload": workload}


def nothing_to_scale_in_a_cron(document: Document, workload: str) -> Iterator[Fault]:
    """A CronJob has no replicas to scale or to keep."""
    if workload != "cron":
        return
    for member in ("autoscaling", "disruption"):
        if document.get(member) is not None:
            yield (member,), "configuration.not_for_a_cron", {}
