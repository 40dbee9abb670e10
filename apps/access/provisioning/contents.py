"""What lies in a namespace that the portal did not put there, or put there for others.

What the cluster itself furnishes every namespace with, and what another object there owns, is not counted. What our
account may not read is told, and never taken for nothing. Must not: write to a cluster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.common.errors import IntegrationError
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import is_ours
from apps.integrations.kubernetes.paths import CLUSTER_WIDE, KINDS
from apps.workloads.rendering.subject import PART_OF

Json = dict[str, Any]

LOOKED_AT = [kind for kind in KINDS if kind not in CLUSTER_WIDE | {"events"}]
FURNITURE = frozenset({("ConfigMap", "kube-root-ca.crt")})
TOKENS = "kubernetes.io/service-account-token"
MOST_TOLD = 20


@dataclass(frozen=True)
class Contents:
    """`foreign`: `Deployment web` by kind and name, at most MOST_TOLD. `unread`: kinds that our account may not list."""

    foreign: list[str]
    unread: list[str]

    @property
    def is_empty(self) -> bool:
        """Certainly nothing of others."""
        return not self.foreign and not self.unread


async def read_contents(client: Kubernetes, namespace: str, project: str) -> Contents:
    """Everything that is not this project's by our own mark. Raises what may be over in a moment; reads only."""
    foreign: list[str] = []
    unread: list[str] = []
    for kind in LOOKED_AT:
        try:
            listed = await client.list_objects(kind, namespace)
        except IntegrationError as error:
            if error.retryable or error.unknown or error.code == "outside.unauthorized":
                raise
            unread.append(kind)
            continue
        one = KINDS[kind][1]
        foreign += [f"{one} {item['metadata']['name']}" for item in listed.items if _is_foreign(one, item, project)]
    return Contents(foreign[:MOST_TOLD], unread)


def _is_foreign(kind: str, item: Json, project: str) -> bool:
    metadata = item["metadata"]
    if metadata.get("ownerReferences") or (kind, metadata["name"]) in FURNITURE or item.get("type") == TOKENS:
        return False
    part_of = (metadata.get("labels") or {}).get(PART_OF, project)
    return not is_ours(item) or part_of != project
