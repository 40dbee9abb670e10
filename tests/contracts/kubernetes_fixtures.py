"""The cluster that the Kubernetes contract statements are asked of, and a namespace of each test's own.

A real one: OPSPORTAL_CONTRACT_KUBERNETES_URL, _TOKEN (cluster-admin), _CA (file with PEM text); Kubernetes 1.33.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.sandbox.kubernetes.api.access import cluster_admin
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.contracts.kubernetes_wire import Wire
from tests.support.servers import serving


@pytest.fixture(scope="module", params=["standin", "real"])
def kube(request: pytest.FixtureRequest) -> Iterator[Wire]:
    if request.param == "standin":
        server = KubernetesServer(None, name="contract", tokens={"admin": cluster_admin()}, is_live=False)
        # As on a cluster that is not brand-new: the first versions are forgotten.
        server.store.compact()
        with serving(server):
            yield Wire(server.url, "admin", server.ca_pem)
        return
    url = os.environ.get("OPSPORTAL_CONTRACT_KUBERNETES_URL")
    if not url:
        pytest.skip("OPSPORTAL_CONTRACT_KUBERNETES_URL is not set: no real cluster to ask")
    ca_pem = Path(os.environ["OPSPORTAL_CONTRACT_KUBERNETES_CA"]).read_text(encoding="ascii")
    yield Wire(url.rstrip("/"), os.environ["OPSPORTAL_CONTRACT_KUBERNETES_TOKEN"], ca_pem)


@pytest.fixture
def ns(kube: Wire) -> Iterator[str]:
    name = f"contract-{uuid.uuid4().hex[:10]}"
    kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).good(201)
    yield name
    kube.call("DELETE", f"/api/v1/namespaces/{name}").good()
