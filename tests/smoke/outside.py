"""The truth about the outside world: the stand-ins' journals, the registry, the clusters through their kubeconfigs.

Must not: ask the portal.
"""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from apps.sandbox.world import World
from tests.smoke.report import Difference, holds, same

SECONDS = 20
IMAGE_MANAGER = "opsportal-image"
MANIFESTS = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"


def _open(request: urllib.request.Request, tls: ssl.SSLContext | None = None) -> tuple[int, Any, bytes]:
    handlers: list[Any] = [urllib.request.ProxyHandler({})]
    if tls is not None:
        handlers.append(urllib.request.HTTPSHandler(context=tls))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=SECONDS) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()
    except OSError as error:
        raise Difference(f"{request.full_url} gives no answer: {error}.") from error


class Journal:
    """What a stand-in answered since this object was made."""

    def __init__(self, name: str, admin_port: int) -> None:
        self.name, self._url = name, f"http://127.0.0.1:{admin_port}/journal"
        self._since = int(self._read(kind="-", since=0)["last"])

    def _read(self, **query: Any) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._url}?{urllib.parse.urlencode(query)}")
        status, _, raw = _open(request)
        same(f"The status of the journal of {self.name}", status, 200)
        found: dict[str, Any] = json.loads(raw)
        return found

    def accepted(self, kind: str, subject: str = "") -> list[dict[str, Any]]:
        """Accepted calls of a kind (a glob), in order; `subject` exactly, when given."""
        query = {"kind": kind, "accepted": "true", "since": self._since, **({"subject": subject} if subject else {})}
        entries: list[dict[str, Any]] = self._read(**query)["entries"]
        return entries


@dataclass(frozen=True)
class Running:
    """What a Deployment runs: the wanted image, and replicas by the numbers of its status."""

    image: str
    wanted: int
    updated: int
    ready: int
    available: int
    is_observed: bool
    pods: tuple[tuple[str, bool, str], ...]

    @property
    def digest(self) -> str:
        """The digest in the image reference; empty for a tag alone."""
        return self.image.partition("@")[2]


class ClusterAccess:
    """One cluster, reached as its kubeconfig says; with its journal."""

    def __init__(self, name: str, kubeconfig: Path, admin_port: int) -> None:
        config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.name, self._server, self._token = name, cluster["server"], user["token"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self._tls = ssl.create_default_context(cadata=authority)
        self.journal = Journal(name, admin_port)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """A GET that has to succeed."""
        url = f"{self._server}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._token}"})
        status, _, raw = _open(request, self._tls)
        holds(status == 200, f"Cluster {self.name} answers {status} for {path}.")
        found: dict[str, Any] = json.loads(raw)
        return found

    def running(self, namespace: str, name: str) -> Running:
        """The Deployment and its pods as the cluster tells them now."""
        found = self.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        pods = self.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"app={name}")["items"]
        spec, status = found["spec"], found.get("status", {})
        return Running(
            image=spec["template"]["spec"]["containers"][0]["image"],
            wanted=spec["replicas"],
            updated=status.get("updatedReplicas", 0),
            ready=status.get("readyReplicas", 0),
            available=status.get("availableReplicas", 0),
            is_observed=status.get("observedGeneration", 0) >= found["metadata"]["generation"],
            pods=tuple(_pod(pod) for pod in pods),
        )

    def assert_runs(self, namespace: str, name: str, image: str) -> int:
        """Every replica runs exactly this image, and nothing else is left; how many replicas there are."""
        seen, where = self.running(namespace, name), f"{self.name} {namespace}/{name}"
        same(f"The image of {where}", seen.image, image)
        holds(seen.wanted > 0, f"{where} wants no replica.")
        counts = (seen.updated, seen.ready, seen.available)
        same(f"Updated, ready and available replicas of {where}", counts, (seen.wanted,) * 3)
        holds(seen.is_observed, f"{where} has not observed its newest generation.")
        same(f"The number of pods of {where}", len(seen.pods), seen.wanted)
        for wanted, is_ready, image_id in seen.pods:
            same(f"The image of a pod of {where}", wanted, image)
            holds(is_ready, f"A pod of {where} is not ready.")
            same(f"The digest that a pod of {where} pulled", image_id.partition("@")[2], seen.digest)
        return seen.wanted

    def image_patches(self, namespace: str, name: str) -> list[dict[str, Any]]:
        """Accepted patches since the start of the story that changed an image there, dry runs aside."""
        entries = self.journal.accepted("deployments.patch", f"{namespace}/{name}")
        return [e for e in entries if e["detail"].get("image") and not e["detail"].get("dry_run")]

    def patched_images(self, namespace: str, name: str) -> list[str]:
        """The images of those patches; each has to come from the portal's image manager."""
        found = self.image_patches(namespace, name)
        for entry in found:
            same(f"The field manager of a patch in {self.name}", entry["detail"]["manager"], IMAGE_MANAGER)
        return [entry["detail"]["image"]["app"] for entry in found]


def _pod(pod: dict[str, Any]) -> tuple[str, bool, str]:
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return pod["spec"]["containers"][0]["image"], bool(statuses[0].get("ready")), statuses[0].get("imageID", "")


class Outside:
    """Everything around the portal, from the moment this object was made."""

    def __init__(self, sandbox: Path) -> None:
        world = World.load(str(sandbox))
        if world is None:
            raise Difference(f"There is no demo in {sandbox.parent}: start it with `make demo`.")
        self.world = world
        self.gitlab = Journal("GitLab", world.gitlab.admin_port)
        self.jenkins = Journal("Jenkins", world.jenkins.admin_port)
        self.clusters = {
            spec.name: ClusterAccess(spec.name, sandbox / f"kubeconfig-{spec.name}.yaml", spec.address.admin_port)
            for spec in world.clusters
        }

    def digest_of(self, repository: str, tag: str) -> str:
        """What the registry says of `repository:tag` in a HEAD."""
        pair = f"{self.world.registry_user}:{self.world.registry_password}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Accept": MANIFESTS}
        url = f"{self.world.registry_url}/v2/{repository}/manifests/{tag}"
        status, answered, _ = _open(urllib.request.Request(url, headers=headers, method="HEAD"))
        holds(status == 200, f"The registry answers {status} for {repository}:{tag}.")
        return str(answered["Docker-Content-Digest"])
