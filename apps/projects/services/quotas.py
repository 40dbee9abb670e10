"""The quota of a placement: what each of its namespaces may use, as the `hard` of a ResourceQuota (E5).

Source: Kubernetes' "Resource Quotas": which names there are. Pure functions. Must not: call a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from apps.integrations.kubernetes.quantities import from_server
from apps.projects.services.refusals import refused

# Without the older names `cpu` and `memory`, so that no two of them can contradict one another.
CORES = ("requests.cpu", "limits.cpu")
BYTES = ("requests.memory", "limits.memory", "requests.storage", "requests.ephemeral-storage")
NUMBERS = ("pods", "configmaps", "secrets", "services", "services.loadbalancers", "persistentvolumeclaims")
KNOWN = (*CORES, *BYTES, *NUMBERS)


def checked_quota(quota: Mapping[str, str]) -> dict[str, str]:
    """The quota in the order of KNOWN; Invalid on `quota` for a name or a quantity that a cluster would not take as it
    is meant: thousandths of a core, whole bytes (`1g` is none, `512m` is half a byte) and whole numbers."""
    for name, text in quota.items():
        if name not in KNOWN:
            raise refused("quota", "environment.unknown_quota", name=name[:60], known=list(KNOWN))
        number = from_server(text)
        finest = 1000 if name in CORES else 1
        if number is None or number < 0 or (number * finest).denominator != 1:
            raise refused("quota", "environment.bad_quota", name=name, value=text[:40])
    return {name: quota[name] for name in KNOWN if name in quota}


def widest(quotas: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Of placements that meet in one namespace: of each name the greatest, for none of them may be refused its own."""
    found: dict[str, str] = {}
    for quota in quotas:
        for name, text in quota.items():
            if name not in found or (from_server(found[name]) or 0) < (from_server(text) or 0):
                found[name] = text
    return {name: found[name] for name in KNOWN if name in found}
