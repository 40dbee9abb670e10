"""The cluster that the Kubernetes contract statements are asked of, and a namespace of each test's own.

A real one (Kubernetes 1.33) is named by OPSPORTAL_CONTRACT_KUBERNETES_…: URL, TOKEN (cluster-admin), CA (file with PEM
text); for some statements also READER (a token of the ClusterRole `view`), IMAGES (two images with a shell that its
nodes can pull, comma between; default nginx) and NODES (`fake`: they only play the life of pods). `make test-cluster`
starts one and sets all of it.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.sandbox.images import Registry
from apps.sandbox.kubernetes.api.access import cluster_admin, readonly
from apps.sandbox.kubernetes.server import KubernetesServer, RegistryAccess
from apps.sandbox.registry.server import RegistryServer
from apps.sandbox.seed.baseline import BASELINE_TAG, push_baseline
from tests.contracts.kubernetes_life_api import Api
from tests.contracts.kubernetes_wire import Wire
from tests.support.servers import serving

ENV = "OPSPORTAL_CONTRACT_KUBERNETES_"


def real_address() -> tuple[str, str, str]:
    """URL, token and CA of the real cluster; skips without one."""
    url = os.environ.get(f"{ENV}URL")
    if not url:
        pytest.skip(f"{ENV}URL is not set: no real cluster to ask")
    return url.rstrip("/"), os.environ[f"{ENV}TOKEN"], Path(os.environ[f"{ENV}CA"]).read_text(encoding="ascii")


def new_name() -> str:
    """The name of a namespace that nobody has."""
    return f"contract-{uuid.uuid4().hex[:10]}"


@contextmanager
def namespace_of(api: Api) -> Iterator[Api]:
    """Its namespace, once pods can be created there; gone with the block, whatever was left in it."""
    assert api.call("POST", "/api/v1/namespaces", {"metadata": {"name": api.namespace}})[0] == 201
    path = f"/api/v1/namespaces/{api.namespace}"
    api.wait(lambda: api.call("GET", f"{path}/serviceaccounts/default")[0] == 200)
    try:
        yield api
    finally:
        api.call("DELETE", path)


@pytest.fixture(scope="module", params=["standin", "real"])
def kube(request: pytest.FixtureRequest) -> Iterator[Wire]:
    if request.param == "real":
        url, token, ca_pem = real_address()
        yield Wire(url, token, ca_pem, os.environ.get(f"{ENV}READER", ""))
        return
    tokens = {"admin": cluster_admin(), "reader": readonly(name="reader")}
    server = KubernetesServer(None, name="contract", tokens=tokens, is_live=False)
    # As on a cluster that is not brand-new: the first versions are forgotten.
    server.store.compact()
    with serving(server):
        yield Wire(server.url, "admin", server.ca_pem, "reader", is_living=False)


@pytest.fixture
def ns(kube: Wire) -> Iterator[str]:
    name = new_name()
    kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).good(201)
    yield name
    kube.call("DELETE", f"/api/v1/namespaces/{name}").good()


@pytest.fixture(scope="module", params=["standin", "real"])
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """A cluster that lives: controllers, nodes, pods."""
    if request.param == "real":
        url, token, ca_pem = real_address()
        images = os.environ.get(f"{ENV}IMAGES", "nginx:1.27,nginx:1.28").split(",")
        has_kubelet = os.environ.get(f"{ENV}NODES") != "fake"
        pinned = (
            next((i for i in images if "@" in i), "") if has_kubelet else "reg.example/team/app:1@sha256:" + "4a" * 32
        )
        with namespace_of(
            Api(url, token, ca_pem, new_name(), (images[0], images[1]), pinned, has_kubelet, has_kubelet)
        ) as found:
            yield found
        return
    with serving(RegistryServer(None, user="ci", password="secret")) as registry:
        host = registry.url.removeprefix("http://")
        digest = asyncio.run(push_baseline(Registry(registry.url, "ci", "secret"), "team/app"))
        where = RegistryAccess(host, registry.url, "ci", "secret")
        tokens = {"t": cluster_admin()}
        with serving(KubernetesServer(None, name="c", tokens=tokens, registry=where, pod_start_seconds=0.2)) as server:
            made = Api(server.url, "t", server.ca_pem, new_name(), pinned=f"{host}/team/app:{BASELINE_TAG}@{digest}")
            with namespace_of(made) as found:
                yield found


def needs_kubelet(api: Api) -> None:
    """Skip where nodes are fake: what follows is the word of a kubelet or of a container runtime."""
    if not api.has_kubelet:
        pytest.skip("the nodes are fake: a kubelet's own word cannot be heard (REAL_NODE=1 make test-cluster)")
