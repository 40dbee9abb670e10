"""From a row to its client: one client per connection data, so that connections and tokens are reused.

Must not: keep a client whose row was changed, or build one for a row that is switched off.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings

from apps.common.errors import Rejected
from apps.integrations.gitlab.client import GitLab
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.loop import run, run_many
from apps.integrations.models import Cluster, Connection, GitLabServer, JenkinsController, Registry
from apps.integrations.registry.client import RegistryClient

__all__ = ["forget_clients", "get_gitlab", "get_jenkins", "get_kubernetes", "get_registry", "run", "run_many"]

C = TypeVar("C", GitLab, Jenkins, RegistryClient, Kubernetes)
CLOSE_AFTER_SECONDS = 120.0

_lock = threading.Lock()
_clients: dict[tuple[str, int | None], tuple[str, Any]] = {}


def get_gitlab(row: GitLabServer) -> GitLab:
    """The client of a GitLab server."""
    return _kept(row, lambda **common: GitLab(row.url, row.token, **common), row.url, row.token)


def get_jenkins(row: JenkinsController) -> Jenkins:
    """The client of a Jenkins controller."""
    data = (row.url, row.username, row.token)
    return _kept(row, lambda **common: Jenkins(*data, **common), *data)


def get_registry(row: Registry) -> RegistryClient:
    """The client of a registry."""
    data = (row.url, row.username, row.password)
    return _kept(
        row, lambda **common: RegistryClient(*data, token_host=row.token_host, **common), *data, row.token_host
    )


def get_kubernetes(row: Cluster) -> Kubernetes:
    """The client of a cluster."""
    return _kept(row, lambda **common: Kubernetes(row.api_url, row.token, **common), row.api_url, row.token)


def forget_clients() -> None:
    """Drop every client; connections in use end by themselves."""
    with _lock:
        old = [client for _, client in _clients.values()]
        _clients.clear()
    for client in old:
        client.http.sessions.close_later(CLOSE_AFTER_SECONDS)


def _kept(row: Connection, make: Callable[..., C], *data: str) -> C:
    """The client made from exactly these data; the one made from older data is let go."""
    if not row.is_enabled:
        raise Rejected("integration.disabled", system=row.SYSTEM, name=row.name, what="")
    config = settings.CONFIG
    common = {
        "name": row.name,
        "ca_pem": row.ca_pem,
        "timeout": config.outside_timeout,
        "allow_loopback": config.allow_loopback or settings.DEBUG,
    }
    # The secret goes in as a hash: the cache holds no second copy of it.
    stamp = hashlib.sha256(repr((*data, sorted(common.items()))).encode()).hexdigest()
    place = (row._meta.label_lower, row.pk)
    with _lock:
        known, client = _clients.get(place, ("", None))
        if known == stamp:
            return client  # type: ignore[no-any-return]
        fresh = make(**common)
        _clients[place] = (stamp, fresh)
    if client is not None:
        client.http.sessions.close_later(CLOSE_AFTER_SECONDS)
    return fresh
