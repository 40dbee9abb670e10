"""What the Kubernetes stand-in does beyond the wire statements: roles, memory, journal, faults, namespaces, bookmarks."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.sandbox.base.faults import Fault
from apps.sandbox.kubernetes.api.access import Rule, Token, cluster_admin, portal, readonly
from apps.sandbox.kubernetes.server import KubernetesServer
from apps.sandbox.kubernetes.store import Store
from tests.contracts.kubernetes_wire import MERGE, STRATEGIC, Wire, containers, deployment
from tests.support.servers import serving

TOKENS = {
    "admin": cluster_admin(),
    "portal": portal(),
    "viewer": readonly(),
    "team": Token("tess", rules=(Rule(("get", "list"), ("",), ("configmaps",), ("team-a",)),)),
}
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.02)


def wire(server: KubernetesServer, token: str = "admin") -> Wire:
    return Wire(server.url, token, server.ca_pem)


@pytest.fixture
def still() -> Iterator[KubernetesServer]:
    """A cluster in which nothing happens by itself."""
    with serving(KubernetesServer(None, name="still", tokens=TOKENS, is_live=False)) as server:
        yield server


@pytest.fixture
def live() -> Iterator[KubernetesServer]:
    with serving(KubernetesServer(None, name="live", tokens=TOKENS, pod_start_seconds=0.05)) as server:
        yield server


# -- roles ----------------------------------------------------------------------------------------------------
def test_a_reader_reads_everything_and_writes_nothing(still: KubernetesServer) -> None:
    wire(still).deployment("default")
    viewer = wire(still, "viewer")
    viewer.call("GET", DEPLOYMENTS + "/d").good()
    answer = viewer.patch(DEPLOYMENTS + "/d", {"spec": {"paused": True}})
    assert answer.told[2] == (
        'deployments.apps "d" is forbidden: User "system:serviceaccount:default:viewer" cannot patch resource '
        '"deployments" in API group "apps" in the namespace "default"'
    )
    assert "paused" not in wire(still).call("GET", DEPLOYMENTS + "/d").good()["spec"]
    assert viewer.call("DELETE", PODS + "/x").status == 403


def test_the_portal_patches_deployments_and_deletes_pods_but_does_not_touch_nodes(still: KubernetesServer) -> None:
    wire(still).deployment("default")
    ours = wire(still, "portal")
    ours.patch(DEPLOYMENTS + "/d", {"metadata": {"annotations": {"a": "b"}}}).good()
    assert ours.call("DELETE", PODS + "/x").status == 404
    assert ours.call("GET", PODS + "/x/exec").status == 404
    assert ours.patch("/api/v1/nodes/still-node-1", {"spec": {"unschedulable": True}}).status == 403


def test_a_rule_of_one_namespace_ends_at_its_border(still: KubernetesServer) -> None:
    team = wire(still, "team")
    assert team.call("GET", "/api/v1/namespaces/team-a/configmaps").status == 200
    assert team.call("GET", MAPS).status == 403
    assert team.call("GET", "/api/v1/configmaps").status == 403


def test_an_access_review_names_the_role_and_a_token_review_the_user(still: KubernetesServer) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    asked = {"namespace": "default", "verb": "get", "resource": "pods", "subresource": "exec"}
    made = wire(still, "portal").call("POST", path, {"spec": {"resourceAttributes": asked}}).good(201)
    assert made["status"] == {
        "allowed": True,
        "reason": 'RBAC: allowed by ClusterRoleBinding "portal" of ClusterRole "portal" to '
        'ServiceAccount "portal/default"',
    }
    review = "/apis/authentication.k8s.io/v1/tokenreviews"
    known = wire(still).call("POST", review, {"spec": {"token": "portal"}}).good(201)["status"]
    assert (known["authenticated"], known["user"]["username"]) == (True, "system:serviceaccount:default:portal")
    unknown = wire(still).call("POST", review, {"spec": {"token": "nope"}}).good(201)["status"]
    assert unknown == {"user": {}, "error": "invalid bearer token"}
    assert wire(still, "portal").call("POST", review, {"spec": {"token": "portal"}}).status == 403


def test_a_revoked_token_is_401_at_once(still: KubernetesServer) -> None:
    ours = wire(still, "portal")
    ours.call("GET", PODS).good()
    del still.tokens["portal"]
    assert ours.call("GET", PODS).status == 401


# -- memory ---------------------------------------------------------------------------------------------------
def test_objects_versions_and_certificates_survive_a_restart(tmp_path: Path) -> None:
    def cluster() -> KubernetesServer:
        return KubernetesServer(tmp_path, name="dc1", data_centre="lab", tokens=TOKENS, is_live=False)

    with serving(cluster()) as server:
        made = wire(server).configmap("default", "kept", {"k": "v"})
        ca_pem, version = server.ca_pem, server.store.rv
    with serving(cluster()) as server:
        assert wire(server).call("GET", MAPS + "/kept").good() == made
        assert (server.ca_pem, server.store.rv) == (ca_pem, version)
        assert len(server.store.list("nodes")) == 3
        with wire(server).watch(MAPS, resourceVersion=str(version), timeoutSeconds="1") as events:
            assert list(events) == []
        with wire(server).watch(MAPS, resourceVersion=str(version - 1), timeoutSeconds="1") as events:
            assert [e["object"]["reason"] for e in events] == ["Expired"]


def test_a_change_reaches_the_disk_without_a_stop(tmp_path: Path) -> None:
    server = KubernetesServer(tmp_path, name="dc1", tokens=TOKENS, is_live=False)
    with serving(server):
        wire(server).configmap("default", "kept", {"k": "v"})
        eventually(lambda: Store(tmp_path / "store.json").get("configmaps", "default", "kept") is not None)


def test_the_ring_forgets_the_oldest_changes(tmp_path: Path) -> None:
    server = KubernetesServer(None, name="dc1", tokens=TOKENS, is_live=False, ring_size=3)
    with serving(server):
        version = server.store.rv
        for number in range(4):
            wire(server).configmap("default", f"c{number}")
        with wire(server).watch(MAPS, resourceVersion=str(version), timeoutSeconds="1") as events:
            assert [e["type"] for e in events] == ["ERROR"]
        with wire(server).watch(MAPS, resourceVersion=str(version + 1), timeoutSeconds="1") as events:
            assert [e["object"]["metadata"]["name"] for e in events] == ["c1", "c2", "c3"]


def test_a_kubeconfig_names_the_server_its_authority_and_the_token(still: KubernetesServer) -> None:
    config = yaml.safe_load(still.kubeconfig("portal", "shop"))
    assert config["clusters"][0]["cluster"]["server"] == still.url
    assert config["users"][0]["user"] == {"token": "portal"}
    assert config["contexts"][0]["context"]["namespace"] == "shop"


# -- watches --------------------------------------------------------------------------------------------------
def test_bookmarks_tell_the_version_of_a_quiet_kind() -> None:
    server = KubernetesServer(None, name="dc1", tokens=TOKENS, is_live=False, bookmark_seconds=0.1)
    with serving(server):
        ours = wire(server)
        version = str(server.store.rv)
        ours.configmap("default", "noise")
        path = "/apis/apps/v1/deployments"
        with ours.watch(path, resourceVersion=version, allowWatchBookmarks="true", timeoutSeconds="5") as events:
            event = next(events)
        assert event == {
            "type": "BOOKMARK",
            "object": {
                "kind": "Deployment",
                "apiVersion": "apps/v1",
                "metadata": {"resourceVersion": str(server.store.rv), "creationTimestamp": None},
            },
        }


def test_many_watchers_see_every_change_in_order(still: KubernetesServer) -> None:
    version = str(still.store.rv)
    seen: list[list[int]] = [[] for _ in range(8)]

    def follow(into: list[int]) -> None:
        with wire(still, "viewer").watch(MAPS, resourceVersion=version, timeoutSeconds="20") as events:
            for event in events:
                into.append(int(event["object"]["metadata"]["resourceVersion"]))
                if event["type"] == "DELETED":
                    return

    threads = [threading.Thread(target=follow, args=(each,)) for each in seen]
    for thread in threads:
        thread.start()
    ours = wire(still)
    made = [int(ours.configmap("default", "c")["metadata"]["resourceVersion"])]
    for number in range(30):
        made.append(int(ours.patch(MAPS + "/c", {"data": {"n": str(number)}}, MERGE).version))
    ours.call("DELETE", MAPS + "/c").good()
    for thread in threads:
        thread.join(20)
    assert all(each == [*made, made[-1] + 1] for each in seen)


# -- journal and faults ---------------------------------------------------------------------------------------
def test_the_journal_names_manager_image_and_whether_anything_changed(still: KubernetesServer) -> None:
    ours = wire(still, "portal")
    wire(still).deployment("default")
    image = {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "reg.example/good:2"}]}}}}
    ours.patch(DEPLOYMENTS + "/d", image, fieldManager="opsportal-image", dryRun="All").good()
    ours.patch(DEPLOYMENTS + "/d", image, fieldManager="opsportal-image").good()
    ours.patch(DEPLOYMENTS + "/d", image, fieldManager="opsportal-image").good()
    dry, first, second = still.journal.find("deployments.*", subject="default/d")[1:]
    assert (dry.kind, first.kind, first.agent) == (
        "deployments.dryrun",
        "deployments.patch",
        "system:serviceaccount:default:portal",
    )
    moved = {"app": "reg.example/good:2"}
    assert first.detail == {"manager": "opsportal-image", "dry_run": False, "changed": True, "image": moved}
    assert second.detail == {"manager": "opsportal-image", "dry_run": False, "changed": False}
    assert (dry.detail["dry_run"], dry.detail["image"]) == (True, moved)


def test_a_fault_strikes_the_named_object_only(still: KubernetesServer) -> None:
    ours = wire(still)
    ours.deployment("default", "a")
    ours.deployment("default", "b")
    still.faults.add(Fault("deployments.patch", "status", status=503, match={"name": "b"}))
    patch = {"metadata": {"annotations": {"x": "y"}}}
    assert [ours.patch(f"{DEPLOYMENTS}/{n}", patch).status for n in ("a", "b", "b")] == [200, 503, 200]


def test_an_answer_can_be_lost_after_the_work_was_done(still: KubernetesServer) -> None:
    ours = wire(still)
    ours.deployment("default")
    still.faults.add(Fault("deployments.patch", "accept_then_drop"))
    with pytest.raises((http.client.HTTPException, ConnectionError, OSError)):
        ours.patch(DEPLOYMENTS + "/d", {"metadata": {"annotations": {"x": "y"}}})
    assert ours.call("GET", DEPLOYMENTS + "/d").good()["metadata"]["annotations"] == {"x": "y"}
    assert still.journal.find("deployments.patch")[-1].accepted is True


# -- what lives -----------------------------------------------------------------------------------------------
def pod(name: str = "p", **labels: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "app", "image": "busybox"}], "terminationGracePeriodSeconds": 1}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}


def is_ready(obj: dict[str, Any]) -> bool:
    conditions = obj["status"].get("conditions", ())
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def test_a_deleted_namespace_takes_everything_in_it_along(live: KubernetesServer) -> None:
    ours = wire(live)
    ours.call("POST", "/api/v1/namespaces", {"metadata": {"name": "q"}}).good(201)
    assert live.store.get("configmaps", "q", "kube-root-ca.crt") is not None
    ours.configmap("q", "a")
    ours.deployment("q", "web", replicas=1)
    eventually(lambda: bool(live.store.list("pods", "q")))
    gone = ours.call("DELETE", "/api/v1/namespaces/q").good()
    assert (gone["kind"], gone["status"]["phase"]) == ("Namespace", "Terminating")
    late = ours.call("POST", "/api/v1/namespaces/q/configmaps", {"metadata": {"name": "late"}})
    if late.status == 403:
        assert late.told[2] == (
            'configmaps "late" is forbidden: unable to create new content in namespace q because it is being terminated'
        )
    eventually(lambda: live.store.get("namespaces", None, "q") is None)
    assert not [kind for kind in ("configmaps", "deployments", "replicasets", "pods") if live.store.list(kind, "q")]


def test_a_deleted_pod_is_answered_with_its_end_and_stays_for_its_grace(live: KubernetesServer) -> None:
    ours = wire(live)
    ours.call("POST", PODS, pod()).good(201)
    eventually(lambda: ours.call("GET", PODS + "/p").json["status"]["phase"] == "Running")
    gone = ours.call("DELETE", PODS + "/p", query={"gracePeriodSeconds": "1"}).good()
    assert (gone["kind"], gone["metadata"]["deletionGracePeriodSeconds"]) == ("Pod", 1)
    assert "deletionTimestamp" in gone["metadata"]
    eventually(lambda: ours.call("GET", PODS + "/p").status == 404)


def test_an_eviction_asks_the_disruption_budget(live: KubernetesServer) -> None:
    ours = wire(live)
    ours.call("POST", PODS, pod(app="web")).good(201)
    budget = {"metadata": {"name": "pdb"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}
    budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    ours.call("POST", budgets, budget).good(201)
    eventually(lambda: is_ready(ours.call("GET", PODS + "/p").json))
    refused = ours.call("POST", PODS + "/p/eviction", {"metadata": {"name": "p"}})
    assert refused.told == (
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
    )
    assert refused.details["causes"][0]["message"] == (
        "The disruption budget pdb needs 1 healthy pods and has 1 currently"
    )
    ours.call("DELETE", budgets + "/pdb").good()
    assert ours.call("POST", PODS + "/p/eviction", {"metadata": {"name": "p"}}).good(201)["status"] == "Success"


def test_a_quota_refuses_a_pod_too_many(live: KubernetesServer) -> None:
    ours = wire(live)
    quota = {"metadata": {"name": "rq"}, "spec": {"hard": {"pods": "1"}}}
    ours.call("POST", "/api/v1/namespaces/default/resourcequotas", quota).good(201)
    ours.call("POST", PODS, pod("p1")).good(201)
    answer = ours.call("POST", PODS, pod("p2"))
    assert answer.told == (
        403,
        "Forbidden",
        'pods "p2" is forbidden: exceeded quota: rq, requested: pods=1, used: pods=1, limited: pods=1',
    )
    assert answer.details == {"name": "p2", "kind": "pods"}


def test_a_blank_in_an_image_passes_in_a_deployment_but_not_in_a_pod(still: KubernetesServer) -> None:
    obj = deployment("d")
    containers(obj)[0]["image"] = "busybox "
    wire(still).call("POST", DEPLOYMENTS, obj).good(201)
    bad = pod()
    bad["spec"]["containers"][0]["image"] = "busybox "
    answer = wire(still).call("POST", PODS, bad)
    assert answer.told[0] == 422
    assert answer.told[2].endswith("must not have leading or trailing whitespace")


def test_events_are_shown_in_both_forms(still: KubernetesServer) -> None:
    event = {
        "metadata": {"name": "e"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "p"},
        "reason": "Because",
        "message": "so",
        "type": "Normal",
    }
    wire(still, "portal").call("POST", "/api/v1/namespaces/default/events", event).good(201)
    shown = wire(still).call("GET", "/apis/events.k8s.io/v1/namespaces/default/events/e").good()
    assert (shown["apiVersion"], shown["note"], shown["regarding"]["name"]) == ("events.k8s.io/v1", "so", "p")
    found = wire(still).call("GET", "/api/v1/events", query={"fieldSelector": "involvedObject.name=p,reason=Because"})
    assert [item["message"] for item in found.good()["items"]] == ["so"]


def test_a_patch_of_the_status_changes_only_the_status(still: KubernetesServer) -> None:
    ours = wire(still)
    before = ours.deployment("default")
    patch = {"spec": {"replicas": 9}, "status": {"replicas": 3}}
    after = ours.patch(DEPLOYMENTS + "/d/status", patch, STRATEGIC).good()
    assert (after["spec"], after["status"]) == (before["spec"], {"replicas": 3})
    assert after["metadata"]["generation"] == 1
    (mine,) = [m for m in after["metadata"]["managedFields"] if m.get("subresource") == "status"]
    assert mine["fieldsV1"] == {"f:status": {"f:replicas": {}}}
