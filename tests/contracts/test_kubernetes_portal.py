"""What the portal's own calls rely on and no other statement says: its patch, its lists and watches, the pods it counts.

Walked along apps/integrations/kubernetes and apps/workloads: each call there, each field that is read.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.kubernetes_fixtures import api, kube, ns
from tests.contracts.kubernetes_life_api import MERGE, Api, condition
from tests.contracts.kubernetes_wire import STRATEGIC, Answer, Obj, Wire, containers
from tests.contracts.statements import statement

__all__ = ["api", "kube", "ns"]

DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
DIGEST = "sha256:" + "4a" * 32
KEY = "opsportal.io/step-key"


# -- the one write --------------------------------------------------------------------------------------------
def portal_patch(kube: Wire, path: str, image: str, version: str, **query: str) -> Answer:
    patch = {
        "metadata": {"resourceVersion": version, "annotations": {KEY: "key.1"}},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}},
    }
    return kube.patch(path, patch, fieldManager="opsportal-image", **query)


@statement("kubernetes.portal-patch", "kubernetes.md §5")
def test_image_and_key_arrive_in_one_generation_and_the_key_stays_out_of_the_pods(kube: Wire, ns: str) -> None:
    path = DEPLOYMENTS.format(ns) + "/d"
    kube.deployment(ns)
    before = kube.calm(path)
    image = f"reg.example/good:2@{DIGEST}"
    after = portal_patch(kube, path, image, before["metadata"]["resourceVersion"]).good()
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["annotations"][KEY] == "key.1"
    assert KEY not in (after["spec"]["template"]["metadata"].get("annotations") or {})
    assert [(c["name"], c["image"], c["env"]) for c in containers(after)] == [
        ("app", image, [{"name": "A", "value": "1"}])
    ]


@statement("kubernetes.portal-patch-repeated", "kubernetes.md §5")
def test_the_same_patch_sent_twice_is_409_and_changed_once(kube: Wire, ns: str) -> None:
    path = DEPLOYMENTS.format(ns) + "/d"
    kube.deployment(ns)
    version = kube.calm(path)["metadata"]["resourceVersion"]
    first = portal_patch(kube, path, "reg.example/good:2", version).good()
    assert portal_patch(kube, path, "reg.example/good:2", version).told[:2] == (409, "Conflict")
    assert kube.call("GET", path).good()["metadata"]["generation"] == first["metadata"]["generation"]


@statement("kubernetes.portal-patch-dry-run", "kubernetes.md §5")
def test_a_dry_run_with_an_old_version_is_409_too_and_one_of_nothing_is_200(kube: Wire, ns: str) -> None:
    path = DEPLOYMENTS.format(ns) + "/d"
    kube.deployment(ns)
    made = kube.calm(path)
    assert kube.patch(path, {"metadata": {"labels": {}}}, dryRun="All").good()["metadata"] == made["metadata"]
    kube.patch(path, {"metadata": {"labels": {"moved": "yes"}}}, MERGE).good()
    old = made["metadata"]["resourceVersion"]
    assert portal_patch(kube, path, "reg.example/good:2", old, dryRun="All").told[:2] == (409, "Conflict")


# -- rights ---------------------------------------------------------------------------------------------------
@pytest.fixture
def reader(kube: Wire) -> str:
    if not kube.reader:
        pytest.skip("OPSPORTAL_CONTRACT_KUBERNETES_READER is not set: no token without rights to ask with")
    return kube.reader


@statement("kubernetes.403-patch", "kubernetes.md §3")
def test_a_reader_may_not_patch_and_is_told_verb_resource_and_namespace(kube: Wire, ns: str, reader: str) -> None:
    path = DEPLOYMENTS.format(ns) + "/d"
    kube.deployment(ns)
    answer = kube.call("PATCH", path, {"spec": {"replicas": 1}}, token=reader, Content_Type=STRATEGIC)
    user = "system:serviceaccount:default:reader"
    assert answer.told == (
        403,
        "Forbidden",
        f'deployments.apps "d" is forbidden: User "{user}" cannot patch resource "deployments" in API group "apps" '
        f'in the namespace "{ns}"',
    )
    assert answer.details == {"name": "d", "group": "apps", "kind": "deployments"}
    assert kube.call("GET", path).good()["spec"]["replicas"] == 0


@statement("kubernetes.can-i-not", "kubernetes.md §11")
def test_a_reviews_no_is_allowed_false_and_everywhere_is_no_namespace(kube: Wire, reader: str) -> None:
    def may(**asked: str) -> Any:
        return kube.call("POST", REVIEW, {"spec": {"resourceAttributes": asked}}, token=reader).good(201)["status"]

    assert may(verb="watch", group="apps", resource="deployments")["allowed"] is True
    assert may(verb="list", resource="pods")["allowed"] is True
    assert may(verb="patch", group="apps", resource="deployments") == {"allowed": False}
    assert may(verb="patch", group="apps", resource="deployments", namespace="default") == {"allowed": False}


@statement("kubernetes.can-i-subresource", "kubernetes.md §11")
def test_a_review_knows_subresources(kube: Wire) -> None:
    asked = {"verb": "get", "resource": "pods", "subresource": "exec"}
    assert kube.call("POST", REVIEW, {"spec": {"resourceAttributes": asked}}).good(201)["status"]["allowed"] is True


# -- identity -------------------------------------------------------------------------------------------------
@statement("kubernetes.cluster-identity", "kubernetes.md §1")
def test_a_cluster_is_known_by_kube_systems_uid_and_its_version(kube: Wire) -> None:
    uids = {kube.call("GET", "/api/v1/namespaces/kube-system").good()["metadata"]["uid"] for _ in range(2)}
    assert len(uids) == 1 and uuid.UUID(uids.pop())
    assert re.fullmatch(r"v1\.\d+\.\d+.*", kube.call("GET", "/version").good()["gitVersion"])


# -- lists and watches of all namespaces ----------------------------------------------------------------------
@statement("kubernetes.list-everywhere", "kubernetes.md §4")
def test_a_list_of_all_namespaces_is_paged_by_namespace_and_name(kube: Wire, ns: str) -> None:
    names = [(ns, "a"), (ns, "b"), (ns, "c")]
    for _, name in names:
        kube.deployment(ns, name, selector={"matchLabels": {"app": name}})
    found, query = [], {"limit": "1"}
    while True:
        page = kube.call("GET", "/apis/apps/v1/deployments", query=query).good()
        assert len(page["items"]) == 1
        found += [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in page["items"]]
        token = page["metadata"].get("continue")
        if not token:
            break
        query["continue"] = token
    assert [one for one in found if one[0] == ns] == names
    assert found == sorted(found, key=lambda one: f"{one[0]}/{one[1]}")


@statement("kubernetes.list-empty", "kubernetes.md §4")
def test_a_list_of_nothing_has_items_and_a_version_to_watch_from(kube: Wire, ns: str) -> None:
    listed = kube.call("GET", f"/api/v1/namespaces/{ns}/pods", query={"labelSelector": "app=none"}).good()
    assert listed["items"] == []
    assert listed["metadata"]["resourceVersion"].isdigit()


@statement("kubernetes.watch-everywhere", "kubernetes.md §4")
def test_a_watch_of_all_namespaces_names_them_and_ends_by_itself_with_a_bookmark(kube: Wire, ns: str) -> None:
    """As the watcher follows: bookmarks asked for, an end after ten seconds, a new watch from the last version."""
    version = kube.call("GET", "/apis/apps/v1/deployments").version
    query = {"resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "10"}
    with kube.watch("/apis/apps/v1/deployments", **query) as events:
        kube.deployment(ns, "mine")
        seen = list(events)
    mine = [e for e in seen if e["type"] == "ADDED" and e["object"]["metadata"]["namespace"] == ns]
    assert [e["object"]["metadata"]["name"] for e in mine] == ["mine"]
    bookmarks = [e["object"] for e in seen if e["type"] == "BOOKMARK"]
    assert bookmarks
    for one in bookmarks:
        assert (one["kind"], one["apiVersion"]) == ("Deployment", "apps/v1")
        assert one["metadata"]["resourceVersion"].isdigit() and "name" not in one["metadata"]
    last = seen[-1]["object"]["metadata"]["resourceVersion"]
    query = {"resourceVersion": last, "timeoutSeconds": "1"}
    with kube.watch("/apis/apps/v1/deployments", **query) as events:
        assert [e for e in events if e["object"]["metadata"]["namespace"] == ns] == []


# -- the pods that are counted (D20) --------------------------------------------------------------------------
@pytest.fixture
def web(api: Api) -> Iterator[str]:
    """A complete Deployment of two replicas, its image named by digest, with a deadline of two seconds."""
    name = f"web-{uuid.uuid4().hex[:6]}"
    api.create("deployments", api.deployment(name, replicas=2, progressDeadlineSeconds=2))
    api.settled(name, 2)
    yield name
    for pod in api.list("pods", f"app={name}"):
        api.patch("pods", pod["metadata"]["name"], {"metadata": {"finalizers": None}}, MERGE)
    api.remove(name)


@statement("kubernetes.pod-of-a-replica-set", "kubernetes.md §6")
def test_a_pod_names_its_replica_set_as_controller_and_carries_the_templates_image(api: Api, web: str) -> None:
    (replica_set,) = api.list("replicasets", f"app={web}")
    assert replica_set["metadata"]["ownerReferences"][0]["name"] == web
    for pod in api.list("pods", f"app={web}"):
        (owner,) = pod["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["controller"]) == (
            "ReplicaSet",
            replica_set["metadata"]["name"],
            True,
        )
        assert pod["metadata"]["labels"]["app"] == web
        assert pod["spec"]["containers"][0]["image"] == api.images[0]
        assert "deletionTimestamp" not in pod["metadata"]


@statement("kubernetes.match-expressions", "kubernetes.md §4")
def test_a_deployment_may_select_its_pods_by_expressions_alone(api: Api) -> None:
    expressions = [{"key": "app", "operator": "In", "values": ["picky", "other"]}, {"key": "app", "operator": "Exists"}]
    api.create("deployments", api.deployment("picky", replicas=1, selector={"matchExpressions": expressions}))
    api.settled("picky", 1)
    assert "matchLabels" not in api.get("deployments", "picky")["spec"]["selector"]
    assert len(api.list("pods", "app in (picky,other),app")) == 1
    api.remove("picky")


@statement("kubernetes.terminating-pods-listed", "kubernetes.md §6")
def test_complete_counters_leave_out_old_pods_that_are_still_there(api: Api, web: str) -> None:
    old = {pod["metadata"]["name"] for pod in api.list("pods", f"app={web}")}
    for name in old:
        api.patch("pods", name, {"metadata": {"finalizers": ["contract.test/stay"]}}, MERGE)
    api.set_image(web, api.images[1])
    api.settled(web, 2)
    left = {p["metadata"]["name"]: p["metadata"] for p in api.list("pods", f"app={web}")}
    assert len(left) == 4 and old <= left.keys()
    assert all(("deletionTimestamp" in metadata) == (name in old) for name, metadata in left.items())


@statement("kubernetes.failed-pods-listed", "kubernetes.md §7")
def test_a_pod_that_failed_is_replaced_and_stays_listed_also_after_the_next_rollout(api: Api, web: str) -> None:
    lost = api.list("pods", f"app={web}")[0]["metadata"]["name"]
    if api.has_runtime:  # a kubelet writes over what others say of its pods: here it is the one to end it
        api.patch("pods", lost, {"spec": {"activeDeadlineSeconds": 1}}, MERGE)
    else:
        status = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}
        assert api.call("PATCH", api.path("pods", lost, "/status"), {"status": status}, MERGE)[0] == 200
    api.wait(lambda: len(api.list("pods", f"app={web}")) == 3)
    api.settled(web, 2)
    api.set_image(web, api.images[1])
    api.settled(web, 2)
    api.wait(lambda: len(api.list("pods", f"app={web}")) == 3)
    pod = api.get("pods", lost)
    assert (pod["status"]["phase"], "deletionTimestamp" in pod["metadata"]) == ("Failed", False)
    assert pod["spec"]["containers"][0]["image"] == api.images[0]


@statement("kubernetes.stale-deadline", "kubernetes.md §6")
def test_after_a_roll_back_the_stuck_rollouts_deadline_is_still_shown_at_the_new_generation(api: Api) -> None:
    """One replica: nothing moves at first, so nothing takes the old condition away. It keeps its old time and words."""
    api.create("deployments", api.deployment("lone", replicas=1, progressDeadlineSeconds=1))
    api.settled("lone", 1)
    api.set_image("lone", "127.0.0.1:1/no/such:1")

    def exceeded() -> Obj | None:
        found = condition(api.get("deployments", "lone")["status"], "Progressing")
        return found if found["reason"] == "ProgressDeadlineExceeded" else None

    before = api.wait(exceeded)
    with api.watching("deployments", "lone") as seen:
        generation = api.set_image("lone", api.images[0])["metadata"]["generation"]
        api.settled("lone", 1)
        api.wait(
            lambda: condition(seen[-1]["object"]["status"], "Progressing").get("reason") == "NewReplicaSetAvailable"
        )
        statuses = [e["object"]["status"] for e in seen]
    shown = [condition(s, "Progressing") for s in statuses if s["observedGeneration"] >= generation]
    assert shown[0] == before
    assert shown[-1]["reason"] == "NewReplicaSetAvailable"
    api.remove("lone")


@statement("kubernetes.image-id-is-the-digest", "kubernetes.md §7")
def test_an_image_named_by_digest_runs_under_that_digest(api: Api) -> None:
    if not api.pinned:
        pytest.skip("OPSPORTAL_CONTRACT_KUBERNETES_IMAGES names no image by its digest")
    api.create("pods", api.pod("pinned", containers=[{"name": "app", "image": api.pinned}]))
    (container,) = api.running("pinned")["status"]["containerStatuses"]
    repository, digest = api.pinned.split("@")
    assert container["imageID"] == f"{repository.rpartition(':')[0]}@{digest}"
    api.delete("pods", "pinned")
