"""The controllers of a cluster and their start and stop.

Must not: answer requests; the API calls in through `kubelet`, `quota`, `logs` and `exec`.
"""

from __future__ import annotations

import weakref
from typing import Any

from apps.sandbox.kubernetes import quota
from apps.sandbox.kubernetes.controllers.autoscaler import AutoscalerController
from apps.sandbox.kubernetes.controllers.budgets import BudgetController
from apps.sandbox.kubernetes.controllers.deployment import DeploymentController
from apps.sandbox.kubernetes.controllers.garbage import GarbageCollector
from apps.sandbox.kubernetes.controllers.job import JobController
from apps.sandbox.kubernetes.controllers.nodes import NodeController
from apps.sandbox.kubernetes.controllers.replicaset import ReplicaSetController
from apps.sandbox.kubernetes.controllers.scheduler import Scheduler
from apps.sandbox.kubernetes.kubelet.pods import Kubelet
from apps.sandbox.kubernetes.kubelet.termination import Terminator
from apps.sandbox.kubernetes.kubelet.termination import remember as remember_terminator
from apps.sandbox.kubernetes.life.work import Children, Life, life_of
from apps.sandbox.kubernetes.life.work import remember as remember_life

_RUNNING: weakref.WeakKeyDictionary[Any, tuple[Life, Kubelet]] = weakref.WeakKeyDictionary()


def start(server: Any) -> None:
    """Start everything that lives in a cluster; called on the server's event loop."""
    life = Life(server)
    replica_sets, pods = Children(life, "replicasets"), Children(life, "pods")
    kubelet = Kubelet(life)
    terminator = Terminator(life, kubelet)
    GarbageCollector(life, terminator.end)
    Scheduler(life)
    NodeController(life, kubelet)
    ReplicaSetController(life, pods, terminator.end)
    JobController(life, pods, terminator.end)
    DeploymentController(life, replica_sets, pods)
    BudgetController(life)
    AutoscalerController(life)
    quota.QuotaUpkeep(life)
    _RUNNING[server] = (life, kubelet)
    remember_life(server, life)
    remember_terminator(server, terminator)
    life.events.load()
    life.replay()


async def stop(server: Any) -> None:
    """Stop it; what is in the store stays as it is."""
    life, kubelet = _RUNNING.pop(server, (None, None))
    if life is not None and kubelet is not None:
        await life.stop()
        await kubelet.images.close()


__all__ = ["life_of", "start", "stop"]
