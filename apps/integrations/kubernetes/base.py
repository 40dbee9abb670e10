"""What the groups of calls to a cluster stand on: the connection and the list.

Must not: know a kind of object.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from apps.integrations.http import Http
from apps.integrations.kubernetes.types import ObjectList


class Calls(ABC):
    """A group of calls; `client.Kubernetes` is all groups together."""

    http: Http

    @abstractmethod
    async def list_objects(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
    ) -> ObjectList:
        """Objects of a kind (its plural) in one or all namespaces, all pages or the first `limit`."""
