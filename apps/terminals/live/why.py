"""Why a shell came to its end: the command's last word, and where that says too little a look at the pod.

Must not: change anything, or look for longer than a person waits for an answer.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from apps.common.errors import DomainError, IntegrationError, NotFound
from apps.common.messages import sentence
from apps.integrations.clients import get_kubernetes
from apps.integrations.kubernetes.exec_status import Ended
from apps.terminals.live.ends import End, because
from apps.terminals.services.live import Target

KILLED = 137
LOOKS, LOOK_EVERY, LOOK_WITHIN = 4, 0.7, 5.0
# The kubelet writes when a container ended by its node's clock; older news is of an earlier container.
RECENT_SECONDS = 120.0
Json = dict[str, Any]


async def why_it_ended(target: Target, ended: Ended | None, error: IntegrationError | None) -> End:
    """The reason of an end that the container's side brought about. `error`: the stream broke without a last word."""
    if ended is not None and ended.reason == "exited" and ended.exit_code != KILLED:
        return because("left", 0) if ended.exit_code == 0 else _exited(ended.exit_code)
    if ended is not None and ended.reason == "refused":
        return because("refused", said=ended.said)
    found = await _look(target)
    if found is not None:
        return found
    if ended is not None and ended.reason == "exited":
        return _exited(ended.exit_code)
    return refusal(error, target.pod) if error is not None else because("cluster_silent")


def refusal(error: DomainError, pod: str) -> End:
    """The end that an error means; a cluster that cannot be reached is silent, what says no is quoted."""
    if error.code in ("kubernetes.pod_missing", "pod.gone"):
        return because("pod_gone", pod=pod)
    if error.code == "pod.replaced":
        return because("pod_replaced", pod=pod)
    if error.code.startswith("terminal.end."):
        return End(error.code, error.params)
    if getattr(error, "retryable", False):
        return because("cluster_silent")
    return because("refused", said=sentence(error.code, error.params))


def _exited(code: int) -> End:
    return because("exited", code, code=code)


async def _look(target: Target) -> End | None:
    """What became of the pod; its status comes a moment after the stream's end, so it is looked at more than once."""
    try:
        async with asyncio.timeout(LOOK_WITHIN):
            for look in range(LOOKS):
                await asyncio.sleep(LOOK_EVERY if look else 0)
                found = await _look_once(target)
                if found is not None:
                    return found
    except (TimeoutError, IntegrationError):
        return None
    return None


async def _look_once(target: Target) -> End | None:
    cluster = get_kubernetes(target.cluster)
    try:
        pod = await cluster.get_object("pods", target.namespace, target.pod)
    except NotFound:
        return because("pod_replaced", pod=target.pod)
    metadata = pod.get("metadata") or {}
    if metadata.get("uid") != target.pod_uid or metadata.get("deletionTimestamp"):
        return because("pod_replaced" if metadata.get("ownerReferences") else "pod_gone", pod=target.pod)
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    mine: Json = next((one for one in statuses if one.get("name") == target.container), {})
    ended = (mine.get("state") or {}).get("terminated") or (mine.get("lastState") or {}).get("terminated")
    if not ended or not _is_recent(str(ended.get("finishedAt", ""))):
        return None
    if ended.get("reason") == "OOMKilled":
        return because("out_of_memory")
    return because("container_ended", code=int(ended.get("exitCode", -1)))


def _is_recent(time: str) -> bool:
    try:
        finished = datetime.fromisoformat(time)
    except ValueError:
        return False
    return abs((datetime.now(UTC) - finished).total_seconds()) < RECENT_SECONDS
