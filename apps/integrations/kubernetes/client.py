"""Kubernetes as the portal needs it: read, list, watch, and patch one container's image; other calls join from modules.

Must not: parse objects into typed models, patch without a resourceVersion, or add a container by a typing error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from apps.common.errors import IntegrationError, Rejected
from apps.integrations.answers import Answer
from apps.integrations.checklist import Check, Tell, tell_nobody
from apps.integrations.http import Http
from apps.integrations.kubernetes import selfcheck, statuses, watch
from apps.integrations.kubernetes.capacity import Capacity
from apps.integrations.kubernetes.jobs import Jobs
from apps.integrations.kubernetes.paths import path_of
from apps.integrations.kubernetes.types import FIELD_MANAGER, STEP_KEY, Json, WatchEvent

STRATEGIC = {"Content-Type": "application/strategic-merge-patch+json"}
IDLE_SECONDS = 150.0  # bookmarks come about every 60 s: silence for longer is a dead connection


class Kubernetes(Jobs, Capacity):
    """One cluster. Reads may be repeated at will; every write names its key, or the uid it is about."""

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        name: str = "cluster",
        ca_pem: str = "",
        timeout: float = 10.0,
        allow_loopback: bool = False,
    ) -> None:
        self.http = Http(
            api_url,
            system="Kubernetes",
            name=name,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            ca_pem=ca_pem,
            timeout=timeout,
            allow_loopback=allow_loopback,
            secrets=[token],
            explain=self._explain,
        )

    # -- reads --------------------------------------------------------------------------------------------
    async def get_deployment(self, namespace: str, name: str) -> Json:
        """A Deployment as raw JSON. NotFound `kubernetes.deployment_missing`. Read: repeatable."""
        what = f"deployment {namespace}/{name}"
        return (await self.http.request("GET", path_of("deployments", namespace, name), what=what)).object()

    async def list_pods(self, namespace: str, selector: str) -> list[Json]:
        """The pods a label selector finds. Read: repeatable."""
        return (await self.list_objects("pods", namespace, label_selector=selector)).items

    async def watch(
        self,
        kind: str,
        namespace: str | None = None,
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        timeout_seconds: int = 300,
        idle_seconds: float = IDLE_SECONDS,
    ) -> AsyncIterator[WatchEvent]:
        """Changes after `resource_version`, bookmarks among them, until the server ends the stream. Read: repeatable.

        `kubernetes.expired`: list again. `outside.timeout`: nothing came for `idle_seconds`; watch on from the last
        resourceVersion.
        """
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(timeout_seconds),
        }
        if label_selector:
            query["labelSelector"] = label_selector
        if field_selector:
            query["fieldSelector"] = field_selector
        what = f"watch of {kind}"
        async with self.http.stream(path_of(kind, namespace), what=what, query=query, idle=idle_seconds) as chunks:
            async for event in watch.events(chunks, self.http.about(what), self.http.quote):
                yield event

    async def get_namespace_uid(self, name: str = "kube-system") -> str:
        """The uid of a namespace; kube-system's stands for the cluster. Read: repeatable."""
        answer = await self.http.request("GET", path_of("namespaces", None, name), what=f"namespace {name}")
        return answer.read(lambda raw: str(raw["metadata"]["uid"]))

    async def can_i(self, verb: str, resource: str, *, namespace: str = "", group: str = "") -> bool:
        """Whether the token may do this (`resource` may be `pods/exec`); "" is all namespaces. Read: repeatable."""
        plural, _, sub = resource.partition("/")
        wanted = {"verb": verb, "group": group, "resource": plural, "subresource": sub, "namespace": namespace}
        answer = await self.http.request(
            "POST",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            json_body={
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": {key: value for key, value in wanted.items() if value}},
            },
            what=f"right to {verb} {resource}",
        )
        return answer.read(lambda raw: raw["status"]["allowed"] is True)

    async def who_am_i(self) -> str:
        """The user name of the token. Read: repeatable."""
        answer = await self.http.request(
            "POST",
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            json_body={"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
            what="token",
        )
        return answer.read(lambda raw: str(raw["status"]["userInfo"]["username"]))

    # -- the image ----------------------------------------------------------------------------------------
    async def patch_image(
        self,
        namespace: str,
        name: str,
        container: str,
        image: str,
        *,
        resource_version: str,
        key: str,
        dry_run: bool = False,
        seen: Json | None = None,
    ) -> Json:
        """Set one container's image. Key: the annotation `opsportal.io/step-key` on the Deployment.

        May be repeated with the same `resource_version` only: once accepted, it answers `kubernetes.conflict`
        (retryable: read again, and look for the key there). `seen` is the Deployment of that read, to spare one.
        A dry run answers the same object and stores nothing.
        """
        what = f"image of {namespace}/{name}"
        current = seen if seen is not None else await self.get_deployment(namespace, name)
        if current.get("metadata", {}).get("resourceVersion") != resource_version:
            raise Rejected("kubernetes.conflict", retryable=True, object=name, said="", **self.http.about(what))
        if container not in container_names(current):
            # A strategic merge would add it.
            about = self.http.about(what)
            raise Rejected("kubernetes.container_missing", container=container, object=name, **about)
        patch = {
            "metadata": {"resourceVersion": resource_version, "annotations": {STEP_KEY: key}},
            "spec": {"template": {"spec": {"containers": [{"name": container, "image": image}]}}},
        }
        answer = await self.http.request(
            "PATCH",
            path_of("deployments", namespace, name),
            query={"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})},
            json_body=patch,
            headers=STRATEGIC,
            what=what,
        )
        return answer.object()

    # -- connection test ----------------------------------------------------------------------------------
    async def self_check(self, namespace: str = "", *, with_exec: bool = True, tell: Tell = tell_nobody) -> list[Check]:
        """Address, TLS, token, each right the portal needs, a dry run and a WebSocket exec. Changes nothing.

        `namespace` "" asks for the rights in all namespaces.
        """
        return await selfcheck.run_checks(self, namespace, with_exec=with_exec, tell=tell)

    async def probe_exec(self, namespace: str, pod: str, container: str) -> str:
        """Run `true` in a container over a v5 WebSocket; what the cluster said of it. Repeatable: it changes nothing."""
        return await selfcheck.probe_exec(self, namespace, pod, container)

    def _explain(self, answer: Answer) -> IntegrationError | None:
        return statuses.explain(answer, self.http.quote)


def container_names(deployment: Json) -> list[str]:
    """The names of a Deployment's ordinary containers."""
    spec = deployment.get("spec", {}).get("template", {}).get("spec", {})
    return [str(one.get("name", "")) for one in spec.get("containers") or []]
