"""The stand-in of one Kubernetes cluster: HTTPS, tokens, API and the parts that make it live.

Must not: hold behaviour of its own; API calls are answered in `api`, pods live in `controllers` and `kubelet`.
"""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

from apps.sandbox.base.server import StandIn
from apps.sandbox.kubernetes import bootstrap, controllers, kubelet, tls
from apps.sandbox.kubernetes.api import dispatch, target
from apps.sandbox.kubernetes.api.access import Token
from apps.sandbox.kubernetes.api.call import Texts
from apps.sandbox.kubernetes.resources import BY_PATH
from apps.sandbox.kubernetes.store import RING_SIZE, Store

Obj = dict[str, Any]
BOOKMARK_SECONDS = 60.0


@dataclass(frozen=True)
class RegistryAccess:
    """Where images of one registry host are looked up."""

    host: str
    url: str
    user: str
    password: str


class KubernetesServer(StandIn):
    """One cluster. `tokens` maps bearer tokens to who they stand for and may be changed while it runs."""

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        name: str = "cluster",
        data_centre: str = "",
        tokens: dict[str, Token] | None = None,
        nodes: int = 3,
        registry: RegistryAccess | None = None,
        pod_start_seconds: float = 2.0,
        progress_seconds_scale: float = 1.0,
        ring_size: int = RING_SIZE,
        bookmark_seconds: float = BOOKMARK_SECONDS,
        is_live: bool = True,
    ) -> None:
        self.name = name
        self.data_centre = data_centre
        self.tokens: dict[str, Token] = dict(tokens or {})
        self.registry = registry
        self.pod_start_seconds = pod_start_seconds
        self.progress_seconds_scale = progress_seconds_scale
        self.settings = {"pod_start_seconds": pod_start_seconds, "progress_seconds_scale": progress_seconds_scale}
        self.bookmark_seconds = bookmark_seconds
        # False leaves objects as they are written: no controllers, no kubelet.
        self.is_live = is_live
        self.texts = Texts()
        self.core_events = BY_PATH[("", "v1", "events")]
        self._static_texts: dict[str, str] = {}
        super().__init__(data_dir)
        self._identity = tls.identity(data_dir, name)
        self._tls = self._identity.context()
        self.store = Store(data_dir / "store.json" if data_dir else None, ring_size=ring_size)
        bootstrap.populate(self.store, cluster=name, data_centre=data_centre, nodes=nodes, ca_pem=self.ca_pem)

    @property
    def ca_pem(self) -> str:
        """The certificate of the authority that signed the server's."""
        return self._identity.ca_pem

    def kubeconfig(self, token: str, namespace: str = "default") -> str:
        """A kubeconfig for this cluster and a token."""
        data = base64.b64encode(self.ca_pem.encode()).decode()
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name, "cluster": {"server": self.url, "certificate-authority-data": data}}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [
                {"name": self.name, "context": {"cluster": self.name, "user": "user", "namespace": namespace}}
            ],
            "current-context": self.name,
        }
        return str(yaml.safe_dump(config, sort_keys=False))

    # -- StandIn ------------------------------------------------------------------------------------------
    def routes(self) -> None:
        """Every path goes to the dispatcher."""
        self.app.router.add_route("*", "/{path:.*}", self._answer)

    def ssl_context(self) -> ssl.SSLContext:
        """HTTPS with the cluster's own authority."""
        return self._tls

    def kind_of(self, request: web.Request) -> str:
        """`deployments.patch`, `pods.exec`, `deployments.dryrun` …"""
        return target.kind_of(request)

    async def start_work(self) -> None:
        """Let the cluster live."""
        if self.is_live:
            controllers.start(self)

    async def stop_work(self) -> None:
        """Stop what lives and write the store."""
        if self.is_live:
            await controllers.stop(self)
        self.store.save()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        return await dispatch.dispatch(self, request)

    # -- what the API asks for ----------------------------------------------------------------------------
    def static_text(self, path: str, found: Obj | str) -> str:
        """Discovery documents as JSON, encoded once."""
        if path not in self._static_texts:
            self._static_texts[path] = dispatch.text_of(found)
        return self._static_texts[path]

    def end_pod(self, pod: Obj, grace_seconds: int | None) -> Obj:
        """Delete a pod with its grace; answers the object as it then is."""
        if self.is_live:
            return kubelet.pod_deleted_by_api(self, pod, grace_seconds)
        metadata = pod["metadata"]
        self.store.delete("pods", metadata["namespace"], metadata["name"])
        return pod
