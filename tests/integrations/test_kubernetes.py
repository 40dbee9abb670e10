"""Kubernetes' adapter against the stand-in over HTTPS: read, watch, patch one image, say what is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from apps.common.errors import IntegrationError, NotFound, Rejected, Unavailable
from apps.integrations.checklist import Check
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.paths import path_of
from apps.integrations.kubernetes.selfcheck import RIGHTS
from apps.integrations.kubernetes.statuses import from_status
from apps.integrations.kubernetes.types import STEP_KEY, WatchEvent
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.kubernetes.api.access import Roles, Rule, Token
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.support.servers import serving

T = TypeVar("T")
ADMIN, NARROW = "admin-token", "narrow-token"
NAMESPACE = "shop"
ROLE = Path(__file__).parents[2] / "docs" / "kubernetes-role.yaml"
KEY = "0f3c6a1e-7b7a-4a55-8a06-5c7d0d9b1f11.1"


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesServer]:
    narrow = (Rule(("get", "list"), ("apps",), ("deployments",)),)
    tokens = {
        ADMIN: Token("system:admin", rules=Roles().cluster_admin),
        NARROW: Token("system:serviceaccount:default:narrow", rules=narrow),
    }
    with serving(KubernetesServer(None, name="dc1", tokens=tokens, pod_start_seconds=0.05)) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet(server: KubernetesServer) -> Iterator[None]:
    yield
    unused = server.faults.unused()
    server.faults.clear()
    assert unused == []


@pytest.fixture(scope="module")
def cluster(server: KubernetesServer) -> Kubernetes:
    made = client(server)
    create(made, "namespaces", None, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    return made


def client(server: KubernetesServer, token: str = ADMIN) -> Kubernetes:
    return Kubernetes(server.url, token, name="dc1", ca_pem=server.ca_pem, timeout=5, allow_loopback=True)


def create(cluster: Kubernetes, kind: str, namespace: str | None, body: dict[str, Any]) -> dict[str, Any]:
    return run(cluster.http.request("POST", path_of(kind, namespace), json_body=body, what=kind), 5).object()


def deploy(cluster: Kubernetes, name: str, replicas: int = 1, containers: tuple[str, ...] = ("app",)) -> dict[str, Any]:
    return create(
        cluster,
        "deployments",
        NAMESPACE,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": {"app": name}},
                    "spec": {"containers": [{"name": c, "image": "nginx:1"} for c in containers]},
                },
            },
        },
    )


def steady(cluster: Kubernetes, name: str, replicas: int = 1) -> dict[str, Any]:
    """The Deployment once nothing changes it any more."""

    def look() -> dict[str, Any] | None:
        found = run(cluster.get_deployment(NAMESPACE, name), 5)
        status = found["status"]
        progressing = [c["reason"] for c in status.get("conditions") or [] if c["type"] == "Progressing"]
        done = status.get("observedGeneration") == found["metadata"]["generation"]
        full = status.get("availableReplicas", 0) == status.get("updatedReplicas", 0) == replicas
        return found if done and full and progressing == ["NewReplicaSetAvailable"] else None

    return wait_for(look)


def wait_for(look: Callable[[], T | None], seconds: float = 15) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.03)
    raise AssertionError(f"nothing within {seconds} s")


def version(deployment: dict[str, Any]) -> str:
    return str(deployment["metadata"]["resourceVersion"])


def images(deployment: dict[str, Any]) -> dict[str, str]:
    return {c["name"]: c["image"] for c in deployment["spec"]["template"]["spec"]["containers"]}


def changes(server: KubernetesServer, name: str) -> int:
    entries = server.journal.find("deployments.patch", subject=f"{NAMESPACE}/{name}", accepted=True)
    return sum(bool(e.detail.get("changed")) for e in entries)


# -- the write --------------------------------------------------------------------------------------------
def test_one_containers_image_is_patched_and_carries_the_key(server: KubernetesServer, cluster: Kubernetes) -> None:
    deploy(cluster, "web", containers=("app", "side"))
    before = steady(cluster, "web")
    done = run(cluster.patch_image(NAMESPACE, "web", "app", "busybox", resource_version=version(before), key=KEY), 5)
    assert images(done) == {"app": "busybox", "side": "nginx:1"}
    assert done["metadata"]["annotations"][STEP_KEY] == KEY
    assert STEP_KEY not in (done["spec"]["template"]["metadata"].get("annotations") or {})
    assert done["metadata"]["generation"] == before["metadata"]["generation"] + 1
    entry = server.journal.find("deployments.patch", subject=f"{NAMESPACE}/web")[-1]
    assert entry.detail["manager"] == "opsportal-image"
    assert changes(server, "web") == 1


def test_a_patch_repeated_with_the_version_it_saw_changes_nothing(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    deploy(cluster, "twice")
    seen = steady(cluster, "twice")
    patch: dict[str, Any] = {"resource_version": version(seen), "key": KEY, "seen": seen}
    run(cluster.patch_image(NAMESPACE, "twice", "app", "busybox", **patch), 5)
    with pytest.raises(Rejected) as caught:
        run(cluster.patch_image(NAMESPACE, "twice", "app", "busybox", **patch), 5)
    assert (caught.value.code, caught.value.retryable) == ("kubernetes.conflict", True)
    assert changes(server, "twice") == 1


def test_a_deployment_that_moved_on_is_a_conflict_before_anything_is_sent(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    deploy(cluster, "moved")
    steady(cluster, "moved")
    with pytest.raises(Rejected) as caught:
        run(cluster.patch_image(NAMESPACE, "moved", "app", "busybox", resource_version="1", key=KEY), 5)
    assert caught.value.code == "kubernetes.conflict"
    assert server.journal.find("deployments.patch", subject=f"{NAMESPACE}/moved") == []


def test_a_patch_whose_answer_was_lost_is_unknown_and_found_by_its_key(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    deploy(cluster, "lost")
    seen = steady(cluster, "lost")
    server.faults.add(Fault("deployments.patch", "accept_then_drop"))
    with pytest.raises(Unavailable) as caught:
        run(
            cluster.patch_image(
                NAMESPACE, "lost", "app", "busybox", resource_version=version(seen), key=KEY, seen=seen
            ),
            5,
        )
    assert (caught.value.code, caught.value.unknown) == ("outside.dropped", True)
    assert run(cluster.get_deployment(NAMESPACE, "lost"), 5)["metadata"]["annotations"][STEP_KEY] == KEY
    assert changes(server, "lost") == 1


def test_a_dry_run_answers_the_change_and_stores_nothing(server: KubernetesServer, cluster: Kubernetes) -> None:
    deploy(cluster, "dry")
    seen = steady(cluster, "dry")
    answer = run(
        cluster.patch_image(NAMESPACE, "dry", "app", "busybox", resource_version=version(seen), key=KEY, dry_run=True),
        5,
    )
    assert images(answer) == {"app": "busybox"}
    after = run(cluster.get_deployment(NAMESPACE, "dry"), 5)
    assert (images(after), version(after)) == ({"app": "nginx:1"}, version(seen))
    assert changes(server, "dry") == 0


def test_a_container_that_is_not_there_is_refused_and_not_added(server: KubernetesServer, cluster: Kubernetes) -> None:
    deploy(cluster, "typo")
    seen = steady(cluster, "typo")
    with pytest.raises(Rejected) as caught:
        run(cluster.patch_image(NAMESPACE, "typo", "ap", "busybox", resource_version=version(seen), key=KEY), 5)
    assert (caught.value.code, caught.value.params["container"]) == ("kubernetes.container_missing", "ap")
    assert images(run(cluster.get_deployment(NAMESPACE, "typo"), 5)) == {"app": "nginx:1"}


# -- reads ------------------------------------------------------------------------------------------------
def test_a_missing_deployment_is_named(cluster: Kubernetes) -> None:
    with pytest.raises(NotFound) as caught:
        run(cluster.get_deployment(NAMESPACE, "nothing"), 5)
    assert caught.value.code == "kubernetes.deployment_missing"
    assert caught.value.params["object"] == "nothing"
    assert caught.value.params["name"] == "dc1"


def test_a_name_cannot_leave_its_place_in_the_path(server: KubernetesServer, cluster: Kubernetes) -> None:
    with pytest.raises(IntegrationError):
        run(cluster.get_deployment(NAMESPACE, "../../namespaces/kube-system"), 5)
    assert "%2F" in server.journal.find()[-1].path


def test_pods_are_found_by_selector_over_all_pages(cluster: Kubernetes, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(cluster, "paged", replicas=5)
    steady(cluster, "paged", 5)
    monkeypatch.setattr("apps.integrations.kubernetes.base.PAGE", 2)
    pods = run(cluster.list_pods(NAMESPACE, "app=paged"), 5)
    assert len({p["metadata"]["name"] for p in pods}) == 5
    assert len(run(cluster.list_objects("pods", NAMESPACE, label_selector="app=paged", limit=3), 5).items) == 3


def test_the_clusters_uid_is_its_system_namespaces(cluster: Kubernetes) -> None:
    namespaces = run(cluster.list_objects("namespaces", field_selector="metadata.name=kube-system"), 5).items
    assert run(cluster.get_namespace_uid(), 5) == namespaces[0]["metadata"]["uid"]


# -- watch ------------------------------------------------------------------------------------------------
def test_a_watch_goes_on_from_a_list_and_ends_when_its_time_is_up(cluster: Kubernetes) -> None:
    listed = run(cluster.list_objects("configmaps", NAMESPACE), 5)

    async def collect() -> list[WatchEvent]:
        watching = cluster.watch("configmaps", NAMESPACE, resource_version=listed.resource_version, timeout_seconds=1)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "seen"}, "data": {"a": "x" * 200_000}}
        await cluster.http.request("POST", path_of("configmaps", NAMESPACE), json_body=body, what="map")
        return [event async for event in watching]

    events = [e for e in run(collect(), 10) if e.type != "BOOKMARK"]
    assert [(e.type, e.object["metadata"]["name"]) for e in events] == [("ADDED", "seen")]
    assert len(events[0].object["data"]["a"]) == 200_000
    assert int(events[0].resource_version) > int(listed.resource_version)


def test_a_watch_from_too_old_a_version_says_list_again() -> None:
    tokens = {ADMIN: Token("system:admin", rules=Roles().cluster_admin)}
    with serving(KubernetesServer(None, name="dc1", tokens=tokens, ring_size=3, is_live=False)) as small:
        cluster = client(small)
        first = run(cluster.list_objects("configmaps"), 5).resource_version
        for n in range(6):
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"m{n}"}}
            create(cluster, "configmaps", "default", body)

        async def collect() -> list[WatchEvent]:
            return [e async for e in cluster.watch("configmaps", resource_version=first, timeout_seconds=1)]

        with pytest.raises(Unavailable) as caught:
            run(collect(), 10)
        assert (caught.value.code, caught.value.retryable) == ("kubernetes.expired", True)


def test_a_silent_watch_is_a_timeout(cluster: Kubernetes) -> None:
    listed = run(cluster.list_objects("services", NAMESPACE), 5)

    async def collect() -> list[WatchEvent]:
        watching = cluster.watch("services", NAMESPACE, resource_version=listed.resource_version, idle_seconds=0.3)
        return [event async for event in watching]

    with pytest.raises(Unavailable) as caught:
        run(collect(), 10)
    assert caught.value.code == "outside.timeout"


def test_a_watch_on_another_loop_lets_its_consumer_leave(cluster: Kubernetes) -> None:
    async def first() -> str:
        watching = cluster.watch("namespaces", resource_version="0", timeout_seconds=30)
        try:
            async for event in watching:
                return event.type
        finally:
            await watching.aclose()  # type: ignore[attr-defined]
            await cluster.http.sessions.close()
        return ""

    assert asyncio.run(asyncio.wait_for(first(), 5)) == "ADDED"


# -- rights and the connection test -----------------------------------------------------------------------
def test_a_missing_right_is_named_by_verb_and_resource(server: KubernetesServer) -> None:
    with pytest.raises(Rejected) as caught:
        run(client(server, NARROW).list_pods(NAMESPACE, ""), 5)
    assert (caught.value.code, caught.value.retryable) == ("kubernetes.forbidden", False)
    assert (caught.value.params["verb"], caught.value.params["resource"]) == ("list", "pods")
    assert caught.value.params["namespace"] == NAMESPACE


def test_a_wrong_token_is_not_shown(server: KubernetesServer) -> None:
    with pytest.raises(Rejected) as caught:
        run(client(server, "very-wrong-token").get_deployment(NAMESPACE, "web"), 5)
    assert (caught.value.code, caught.value.params["field"]) == ("outside.unauthorized", "token")
    assert "very-wrong-token" not in repr(caught.value)


def outcomes(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.outcome for check in checks}


def test_the_connection_test_of_a_good_cluster_is_green_and_changes_nothing(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    deploy(cluster, "probed")
    steady(cluster, "probed")
    before = server.journal.last
    checks = run(cluster.self_check(), 20)
    assert [c for c in checks if c.outcome != "passed"] == []
    assert [c.name for c in checks] == [
        "address",
        "tls",
        "token",
        "cluster_uid",
        "right:get deployments",
        "right:list deployments",
        "right:watch deployments",
        "right:patch deployments",
        "right:list pods",
        "right:watch pods",
        "right:patch pods",
        "right:delete pods",
        "right:get pods/log",
        "right:get pods/exec",
        "right:list replicasets",
        "right:list nodes",
        "right:patch services",
        "right:patch configmaps",
        "right:patch secrets",
        "right:patch resourcequotas",
        "right:patch horizontalpodautoscalers",
        "right:patch poddisruptionbudgets",
        "right:patch ingresses",
        "right:patch cronjobs",
        "right:create jobs",
        "right:create namespaces",
        "right:delete namespaces",
        "list",
        "dry_run",
        "pods",
        "exec",
    ]
    assert next(c for c in checks if c.name == "tls").params["version"].startswith("v1.")
    # The exec is written down when its connection has closed on both sides.
    wait_for(lambda: server.journal.find("pods.exec", since=before, accepted=True))
    kinds = {entry.kind for entry in server.journal.find(since=before)}
    assert kinds & {"deployments.patch", "deployments.update", "deployments.create"} == set()
    assert "deployments.dryrun" in kinds


def test_the_connection_test_of_a_narrow_token_names_the_verbs_to_add(server: KubernetesServer) -> None:
    checks = run(client(server, NARROW).self_check(), 20)
    red = {c.name: (c.code, c.params.get("verb", "")) for c in checks if c.outcome == "failed"}
    assert red["right:patch deployments"] == ("kubernetes.forbidden", "patch")
    assert red["right:get pods/exec"] == ("kubernetes.forbidden", "get")
    assert outcomes(checks)["right:list deployments"] == "passed"
    assert outcomes(checks)["token"] == "passed"


def test_the_role_in_the_documents_has_every_right_that_the_connection_test_asks_for() -> None:
    documents = yaml.safe_load_all(ROLE.read_text(encoding="utf-8"))
    rules = next(one["rules"] for one in documents if one["kind"] == "ClusterRole")
    given = {
        (verb, resource, group)
        for rule in rules
        for verb in rule["verbs"]
        for resource in rule["resources"]
        for group in rule["apiGroups"]
    }
    assert set(RIGHTS) <= given
    assert not any("*" in one for one in given)


def test_the_connection_test_of_an_empty_cluster_says_what_it_could_not_try() -> None:
    tokens = {ADMIN: Token("system:admin", rules=Roles().cluster_admin)}
    with serving(KubernetesServer(None, name="dc1", tokens=tokens)) as empty:
        checks = run(client(empty).self_check(), 20)
    skipped = {c.name: c.code for c in checks if c.outcome == "skipped"}
    assert skipped == {"dry_run": "kubernetes.no_deployment_to_try", "exec": "kubernetes.no_running_pod"}


def test_the_connection_test_with_another_ca_stops_at_tls(server: KubernetesServer) -> None:
    other = Kubernetes(server.url, ADMIN, name="dc1", timeout=5, allow_loopback=True)
    checks = run(other.self_check(), 20)
    assert [(c.name, c.outcome, c.code) for c in checks[:3]] == [
        ("address", "passed", ""),
        ("tls", "failed", "outside.tls"),
        ("token", "skipped", "check.skipped_after"),
    ]
    assert {c.outcome for c in checks[2:]} == {"skipped"}


# -- words for refusals, as the wire document has them ----------------------------------------------------
@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        ({"code": 403, "message": 'pods "p1" is forbidden: exceeded quota: rq, requested: pods=1'}, "kubernetes.quota_exceeded", False),
        ({"code": 403, "message": "unable to create new content in namespace w because it is being terminated"}, "kubernetes.namespace_terminating", False),
        ({"code": 403, "message": 'pods "p1" is forbidden: maximum memory usage per Container is 128Mi'}, "kubernetes.refused", False),
        ({"code": 400, "message": 'admission webhook "policy.lan" denied the request: no'}, "kubernetes.admission_refused", False),
        ({"code": 404, "details": {"kind": "namespaces", "name": "x"}}, "kubernetes.namespace_missing", False),
        ({"code": 409, "reason": "Conflict", "details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec"}]}}, "kubernetes.field_conflict", False),
        ({"code": 410, "reason": "Expired"}, "kubernetes.expired", True),
        ({"code": 422, "details": {"causes": [{"field": "spec.replicas"}]}}, "kubernetes.invalid", False),
        ({"code": 429, "details": {"retryAfterSeconds": 1}}, "outside.rate_limited", True),
    ],
)  # fmt: skip
def test_a_status_has_its_own_word(status: dict[str, Any], code: str, retryable: bool) -> None:
    about = {"system": "Kubernetes", "name": "dc1", "what": "x"}
    error = from_status(status, about, lambda text: text[:300])
    assert error is not None
    assert (error.code, error.retryable) == (code, retryable)
