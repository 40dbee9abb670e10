"""Kubernetes' frame in our own words; objects themselves stay raw JSON. Must not: hold behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FIELD_MANAGER = "opsportal-image"
STEP_KEY = "opsportal.io/step-key"

Json = dict[str, Any]


@dataclass(frozen=True)
class ObjectList:
    """A list and the resourceVersion a watch goes on from. Items carry no `kind`."""

    items: list[Json]
    resource_version: str


@dataclass(frozen=True)
class WatchEvent:
    """One line of a watch: ADDED, MODIFIED, DELETED or BOOKMARK (of which only the resourceVersion counts)."""

    type: str
    object: Json

    @property
    def resource_version(self) -> str:
        """Where a new watch goes on after this event."""
        return str(self.object.get("metadata", {}).get("resourceVersion", ""))
