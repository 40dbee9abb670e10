"""The nodes of a cluster through the API: what is told of them, by which label racks go, and who hears a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.integrations import clients
from apps.integrations.models import Cluster
from apps.sandbox.kubernetes.api.access import Roles, Token
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.accounts.factories import browser, make_admin, make_user
from tests.support.servers import serving

pytestmark = pytest.mark.django_db(transaction=True)
FULL, NARROW = "full-token", "narrow-token"
TOKENS = {FULL: Token("system:admin", rules=Roles().cluster_admin), NARROW: Token("reader", rules=())}


@pytest.fixture
def server() -> Iterator[KubernetesServer]:
    with serving(KubernetesServer(name="dc1", tokens=dict(TOKENS), is_live=False)) as running:
        yield running
    clients.forget_clients()


def known(server: KubernetesServer, token: str = FULL, **more: Any) -> Cluster:
    return Cluster.objects.create(name="dc1", api_url=server.url, ca_pem=server.ca_pem, token=token, **more)


def test_a_developer_reads_the_nodes_with_room_readiness_and_racks(server: KubernetesServer) -> None:
    known(server)
    answer = browser(make_user()).get("/api/v1/clusters/dc1/nodes/")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert (told["cluster"], told["rack_label"]) == ("dc1", "topology.kubernetes.io/zone")
    assert [node["name"] for node in told["results"]] == ["dc1-node-1", "dc1-node-2", "dc1-node-3"]
    first = told["results"][0]
    assert (first["ready"], first["unschedulable"], first["taints"]) == (True, False, [])
    assert first["cpu"] and first["memory"] and first["pods"]
    assert first["rack"] == first["zone"] == first["labels"]["topology.kubernetes.io/zone"]


def test_racks_go_by_the_label_that_the_cluster_names(server: KubernetesServer) -> None:
    known(server, rack_label="kubernetes.io/hostname")
    told = browser(make_user()).get("/api/v1/clusters/dc1/nodes/").json()
    assert [node["rack"] for node in told["results"]] == ["dc1-node-1", "dc1-node-2", "dc1-node-3"]


@pytest.mark.parametrize("label", ["a b", "/rack", "Rack.Example/x", "x" * 64, "example.com/"])
def test_a_rack_label_that_no_node_can_carry_is_refused(label: str, server: KubernetesServer) -> None:
    known(server)
    answer = browser(make_admin()).patch("/api/v1/clusters/dc1/", {"rack_label": label}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["rack_label"])
    assert Cluster.objects.get().rack_label == "topology.kubernetes.io/zone"


def test_a_token_without_the_right_to_nodes_is_told_as_such(server: KubernetesServer) -> None:
    known(server, NARROW)
    answer = browser(make_user()).get("/api/v1/clusters/dc1/nodes/")
    assert answer.json()["code"] == "kubernetes.forbidden"
    assert answer.json()["params"]["resource"] == "nodes"


def test_a_cluster_that_is_away_and_one_that_is_unknown_are_told_apart() -> None:
    Cluster.objects.create(name="gone", api_url="https://127.0.0.1:9", token="x")
    person = browser(make_user())
    assert person.get("/api/v1/clusters/gone/nodes/").json()["code"] == "outside.unavailable"
    assert person.get("/api/v1/clusters/dc9/nodes/").status_code == 404
