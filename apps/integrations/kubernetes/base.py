"""What the groups of calls to a cluster stand on: the connection and the list.

Must not: know a kind of object.
"""

from __future__ import annotations

from typing import Any

from apps.integrations.http import MIB, Http
from apps.integrations.kubernetes.paths import path_of
from apps.integrations.kubernetes.types import Json, ObjectList

LIST_BODY = 128 * MIB
PAGE = 500


class Calls:
    """A group of calls; `client.Kubernetes` is all groups together."""

    http: Http

    async def list_objects(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
        limit: int = 0,
    ) -> ObjectList:
        """Objects of a kind (its plural) in one or all namespaces, all pages or the first `limit`. Read: repeatable.

        A list that grew too old between two pages raises `kubernetes.expired`: start again.
        """
        query = {"limit": str(min(limit or PAGE, PAGE))}
        if label_selector:
            query["labelSelector"] = label_selector
        if field_selector:
            query["fieldSelector"] = field_selector
        items: list[Json] = []
        while True:
            answer = await self.http.request(
                "GET", path_of(kind, namespace), query=query, what=f"list of {kind}", limit=LIST_BODY
            )
            page, version, token = answer.read(_page)
            items += page
            if not token or (limit and len(items) >= limit):
                return ObjectList(items[:limit] if limit else items, version)
            query["continue"] = token


def _page(raw: Any) -> tuple[list[Json], str, str]:
    meta = raw["metadata"]
    return list(raw.get("items") or []), str(meta.get("resourceVersion", "")), str(meta.get("continue") or "")
