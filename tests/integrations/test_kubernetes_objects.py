"""Configuration of a cluster through its adapter: apply, delete, list for pruning, namespaces.

A refused call is shown to have changed nothing by the stand-in's journal and by its current version.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from apps.common.errors import IntegrationError, NotFound, Rejected, Unavailable
from apps.common.messages import sentence
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import config_key, is_ours, with_live_image
from apps.integrations.kubernetes.paths import KINDS, path_of
from apps.integrations.kubernetes.types import CONFIG_KEY, STEP_KEY
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.integrations.kubernetes_support import (
    KEY,
    NEXT_KEY,
    NS,
    OTHER_KEY,
    OURS,
    READER,
    TOKENS,
    Obj,
    client,
    deployment,
    raw,
)
from tests.support.servers import serving


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesServer]:
    """A cluster in which nobody lives: its version moves only when a call of ours changed something."""
    with serving(KubernetesServer(None, name="dc1", tokens=TOKENS, is_live=False)) as running:
        yield running


@pytest.fixture
def cluster(server: KubernetesServer) -> Iterator[Kubernetes]:
    made = client(server)
    raw(made, "POST", path_of("namespaces"), {"metadata": {"name": NS}})
    yield made
    unused = server.faults.unused()
    server.faults.clear()
    for kind in KINDS:
        for one in server.store.list(kind, NS):
            server.store.delete(kind, NS, one["metadata"]["name"])
    server.store.delete("namespaces", None, NS)
    assert unused == []


def by_hand(cluster: Kubernetes, path: str, patch: Obj, manager: str = "kubectl-edit") -> Obj:
    kind = {"Content-Type": "application/strategic-merge-patch+json"}
    return raw(cluster, "PATCH", path, patch, {"fieldManager": manager}, **kind)


def config_map(name: str = "files", labels: Any = None, **data: str) -> Obj:
    metadata = {"name": name, "namespace": NS, "labels": OURS if labels is None else labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def refused(server: KubernetesServer, call: Callable[[], Any], code: str) -> Obj:
    """The params of a refusal after which the cluster is as it was, and the journal says so."""
    version, before = server.store.rv, server.journal.last
    with pytest.raises(IntegrationError) as caught:
        call()
    assert (caught.value.code, caught.value.retryable, caught.value.unknown) == (code, False, False)
    assert server.store.rv == version
    assert [e.kind for e in server.journal.find(since=before, accepted=True) if e.method != "GET"] == []
    for language in ("en", "zh"):
        assert "–" not in sentence(code, caught.value.params, language)
    return caught.value.params


# -- apply ------------------------------------------------------------------------------------------------
def test_an_apply_creates_with_our_manager_and_key_and_repeats_without_a_change(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    made = run(cluster.apply(config_map(a="1"), key=KEY), 5)
    assert (made.created, made.changed, config_key(made.object)) == (True, True, KEY)
    assert [m["manager"] for m in made.object["metadata"]["managedFields"]] == ["opsportal-config"]
    version = server.store.rv
    again = run(cluster.apply(config_map(a="1"), key=KEY), 5)
    assert (again.created, again.changed, server.store.rv) == (False, False, version)


def test_another_steps_apply_of_the_same_content_moves_the_key_and_is_no_change(cluster: Kubernetes) -> None:
    run(cluster.apply(deployment(), key=KEY), 5)
    again = run(cluster.apply(deployment(), key=OTHER_KEY), 5)
    assert (again.created, again.changed, config_key(again.object)) == (False, False, OTHER_KEY)
    assert CONFIG_KEY not in (again.object["spec"]["template"]["metadata"].get("annotations") or {})
    changed = run(cluster.apply(deployment(replicas=2), key=OTHER_KEY), 5)
    assert (changed.created, changed.changed) == (False, True)


def test_what_an_apply_no_longer_names_is_gone_and_what_others_added_stays(cluster: Kubernetes) -> None:
    run(cluster.apply(config_map(a="1", b="2"), key=KEY), 5)
    by_hand(cluster, path_of("configmaps", NS, "files"), {"data": {"theirs": "x"}})
    after = run(cluster.apply(config_map(a="1"), key=KEY), 5).object
    assert after["data"] == {"a": "1", "theirs": "x"}


def test_a_dry_run_answers_the_change_and_stores_nothing(server: KubernetesServer, cluster: Kubernetes) -> None:
    run(cluster.apply(config_map(a="1"), key=KEY), 5)
    version = server.store.rv
    tried = run(cluster.apply(config_map(a="2"), key=KEY, dry_run=True), 5)
    fresh = run(cluster.apply(config_map("new", a="2"), key=KEY, dry_run=True), 5)
    assert (tried.created, tried.changed, tried.object["data"]) == (False, True, {"a": "2"})
    assert (fresh.created, fresh.changed) == (True, True)
    assert server.store.rv == version
    assert run(cluster.get_object("configmaps", NS, "files"), 5)["data"] == {"a": "1"}
    assert run(cluster.find_object("configmaps", NS, "new"), 5) is None


def test_fields_of_kubectl_edit_and_scale_are_named_with_their_owners_and_taken_only_by_force(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    path = path_of("deployments", NS, "web")
    run(cluster.apply(deployment(minReadySeconds=5), key=KEY), 5)
    by_hand(cluster, path, {"spec": {"minReadySeconds": 9}})
    merge = {"Content-Type": "application/merge-patch+json"}
    raw(cluster, "PATCH", path + "/scale", {"spec": {"replicas": 3}}, {"fieldManager": "scaler"}, **merge)
    wanted = deployment(minReadySeconds=5)
    params = refused(server, lambda: run(cluster.apply(wanted, key=KEY), 5), "kubernetes.apply_conflict")
    assert params["conflicts"] == [
        {"field": "spec.minReadySeconds", "manager": "kubectl-edit", "subresource": ""},
        {"field": "spec.replicas", "manager": "scaler", "subresource": "scale"},
    ]
    assert params["fields_owned"] == ["spec.minReadySeconds (kubectl edit)", "spec.replicas (scaler /scale)"]
    assert (params["kind"], params["place"], params["more"]) == ("Deployment", "shop/web", 0)
    taken = run(cluster.apply(wanted, key=KEY, force=True), 5).object
    assert (taken["spec"]["minReadySeconds"], taken["spec"]["replicas"]) == (5, 1)


def test_a_conflict_over_very_many_fields_names_twenty_and_counts_the_rest(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    names = [f"k{n:02}" for n in range(30)]
    run(cluster.apply(config_map(**dict.fromkeys(names, "1")), key=KEY), 5)
    by_hand(cluster, path_of("configmaps", NS, "files"), {"data": dict.fromkeys(names, "2")})
    wanted = config_map(**dict.fromkeys(names, "3"))
    params = refused(server, lambda: run(cluster.apply(wanted, key=KEY), 5), "kubernetes.apply_conflict")
    assert (len(params["conflicts"]), params["more"], params["fields_owned"][-1]) == (20, 10, "+10")


def test_an_image_that_a_release_moved_in_between_is_a_conflict_and_not_moved_back(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    """D22: configuration that carries the image of an older read never wins over the release."""
    seen = run(cluster.apply(deployment("reg/web:1"), key=KEY), 5).object
    patch = {"resource_version": seen["metadata"]["resourceVersion"], "key": OTHER_KEY}
    run(cluster.patch_image(NS, "web", "app", "reg/web:2", **patch), 5)
    stale = with_live_image(deployment("ignored", replicas=2), seen, "app")
    params = refused(server, lambda: run(cluster.apply(stale, key=KEY), 5), "kubernetes.apply_conflict")
    image = 'spec.template.spec.containers[name="app"].image'
    assert params["conflicts"] == [{"field": image, "manager": "opsportal-image", "subresource": ""}]
    live = run(cluster.get_object("deployments", NS, "web"), 5)
    after = run(cluster.apply(with_live_image(deployment("ignored", replicas=2), live, "app"), key=KEY), 5).object
    assert (after["spec"]["template"]["spec"]["containers"][0]["image"], after["spec"]["replicas"]) == ("reg/web:2", 2)
    assert (after["metadata"]["annotations"][STEP_KEY], config_key(after)) == (OTHER_KEY, KEY)


def test_with_the_version_of_a_read_any_change_since_is_a_retryable_conflict(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    seen = run(cluster.apply(config_map(a="1"), key=KEY), 5).object
    by_hand(cluster, path_of("configmaps", NS, "files"), {"data": {"theirs": "x"}})
    version = server.store.rv
    held = seen["metadata"]["resourceVersion"]
    with pytest.raises(Rejected) as caught:
        run(cluster.apply(config_map(a="2"), key=KEY, seen=seen, resource_version=held), 5)
    assert (caught.value.code, caught.value.retryable, server.store.rv) == ("kubernetes.conflict", True, version)


def test_a_changed_selector_is_named_with_what_to_do(server: KubernetesServer, cluster: Kubernetes) -> None:
    run(cluster.apply(deployment(), key=KEY), 5)
    other = deployment()
    other["spec"]["selector"] = {"matchLabels": {"app": "x"}}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "x"}
    params = refused(server, lambda: run(cluster.apply(other, key=KEY), 5), "kubernetes.immutable_field")
    assert (params["paths"], params["kind"], params["place"]) == (["spec.selector"], "Deployment", "shop/web")


@pytest.mark.parametrize(
    ("spec", "code", "told"),
    [
        ({"bogus": 1}, "kubernetes.unknown_field", ("paths", ["spec.bogus"])),
        (
            {"strategy": {"rolling": 1}, "bogus": 1},
            "kubernetes.unknown_field",
            ("paths", ["spec.strategy.rolling", "spec.bogus"]),
        ),
        ({"replicas": "three"}, "kubernetes.invalid", ("path", "spec.replicas")),
        ({"replicas": -1}, "kubernetes.invalid", ("path", "spec.replicas")),
    ],
)
def test_an_unknown_field_or_wrong_value_is_a_final_no_although_the_server_says_500(
    server: KubernetesServer, cluster: Kubernetes, spec: Obj, code: str, told: tuple[str, Any]
) -> None:
    params = refused(server, lambda: run(cluster.apply(deployment(**spec), key=KEY), 5), code)
    assert params[told[0]] == told[1]


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 3 * 1024 * 1024])
def test_a_config_map_above_a_mebibyte_is_too_large(server: KubernetesServer, cluster: Kubernetes, size: int) -> None:
    big = config_map(a="x" * size)
    params = refused(server, lambda: run(cluster.apply(big, key=KEY), 5), "kubernetes.too_large")
    assert (params["kind"], params["place"]) == ("ConfigMap", "shop/files")


def test_a_used_up_quota_a_missing_right_and_a_missing_namespace_say_which(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "rq", "namespace": NS}}
    run(cluster.apply({**quota, "spec": {"hard": {"count/configmaps": "1"}}}, key=KEY), 5)
    full = refused(server, lambda: run(cluster.apply(config_map(a="1"), key=KEY), 5), "kubernetes.quota_exceeded")
    assert "limited: count/configmaps=1" in full["said"]
    reader = client(server, READER)
    denied = refused(server, lambda: run(reader.apply(config_map(a="1"), key=KEY), 5), "kubernetes.forbidden")
    assert (denied["verb"], denied["resource"], denied["namespace"]) == ("patch", "configmaps", NS)
    lost = config_map(a="1")
    lost["metadata"]["namespace"] = "nowhere"
    gone = refused(server, lambda: run(cluster.apply(lost, key=KEY), 5), "kubernetes.namespace_missing")
    assert gone["object"] == "nowhere"


def test_nothing_new_goes_into_a_namespace_that_is_being_deleted(server: KubernetesServer, cluster: Kubernetes) -> None:
    run(cluster.http.request("DELETE", path_of("namespaces", None, NS), what="x"), 5)
    wanted = config_map(a="1")
    params = refused(server, lambda: run(cluster.apply(wanted, key=KEY), 5), "kubernetes.namespace_terminating")
    assert params["namespace"] == NS
    ensure = refused(
        server, lambda: run(cluster.ensure_namespace(NS, {}, key=KEY), 5), "kubernetes.namespace_terminating"
    )
    assert ensure["namespace"] == NS


def test_a_refused_secret_does_not_show_its_values(server: KubernetesServer, cluster: Kubernetes) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": NS}}
    wrong = {**secret, "stringData": {"password": {"hunter2": "x"}}, "data": {"b": ["hunter2"]}}
    params = refused(server, lambda: run(cluster.apply(wrong, key=KEY), 5), "kubernetes.invalid")
    assert "hunter2" not in json.dumps(params)


def test_an_apply_whose_answer_was_lost_is_unknown_found_by_its_key_and_may_be_repeated(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    server.faults.add(Fault("configmaps.patch", "accept_then_drop"))
    with pytest.raises(Unavailable) as caught:
        run(cluster.apply(config_map(a="1"), key=KEY), 5)
    assert caught.value.unknown
    found = run(cluster.find_object("configmaps", NS, "files"), 5)
    assert found is not None and config_key(found) == KEY
    version = server.store.rv
    assert run(cluster.apply(config_map(a="1"), key=KEY), 5).changed is False
    assert server.store.rv == version


def test_an_object_without_a_namespace_is_never_sent(server: KubernetesServer, cluster: Kubernetes) -> None:
    before = server.journal.last
    for wrong in ({**config_map(), "metadata": {"name": "x"}}, {**config_map(), "kind": "Widget"}):
        with pytest.raises(ValueError):
            run(cluster.apply(wrong, key=KEY), 5)
    assert server.journal.find(since=before) == []


# -- read, delete, list -----------------------------------------------------------------------------------
def test_what_is_missing_is_none_or_named_and_every_kind_is_served(cluster: Kubernetes) -> None:
    for kind in KINDS:
        place = None if kind in ("namespaces", "nodes") else NS
        assert run(cluster.find_object(kind, place, "nothing"), 5) is None
    with pytest.raises(NotFound) as caught:
        run(cluster.get_object("configmaps", NS, "nothing"), 5)
    assert (caught.value.code, caught.value.params["kind"]) == ("kubernetes.object_missing", "ConfigMap")
    assert caught.value.params["place"] == "shop/nothing"


def test_a_delete_takes_the_object_with_its_uid_and_a_missing_one_is_false(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    uid = run(cluster.apply(config_map(a="1"), key=KEY), 5).object["metadata"]["uid"]
    assert run(cluster.delete_object("configmaps", NS, "files", uid=uid), 5) is True
    version = server.store.rv
    assert run(cluster.delete_object("configmaps", NS, "files", uid=uid), 5) is False
    assert (server.store.rv, run(cluster.find_object("configmaps", NS, "files"), 5)) == (version, None)


def test_another_object_under_the_name_is_never_deleted(server: KubernetesServer, cluster: Kubernetes) -> None:
    uid = run(cluster.apply(config_map(a="1"), key=KEY), 5).object["metadata"]["uid"]
    run(cluster.delete_object("configmaps", NS, "files", uid=uid), 5)
    theirs = raw(cluster, "POST", path_of("configmaps", NS), {"metadata": {"name": "files"}})
    params = refused(
        server, lambda: run(cluster.delete_object("configmaps", NS, "files", uid=uid), 5), "kubernetes.replaced"
    )
    assert (params["kind"], params["place"]) == ("ConfigMap", "shop/files")
    assert run(cluster.get_object("configmaps", NS, "files"), 5)["metadata"]["uid"] == theirs["metadata"]["uid"]


def test_a_foreground_delete_waits_for_what_depends_on_it(cluster: Kubernetes) -> None:
    uid = run(cluster.apply(deployment(), key=KEY), 5).object["metadata"]["uid"]
    assert run(cluster.delete_object("deployments", NS, "web", uid=uid, propagation="Foreground"), 5) is True
    left = run(cluster.get_object("deployments", NS, "web"), 5)["metadata"]
    assert left["finalizers"] == ["foregroundDeletion"] and "deletionTimestamp" in left


def test_ours_is_what_carries_our_label_and_our_manager(cluster: Kubernetes) -> None:
    run(cluster.apply(config_map("mine", a="1"), key=KEY), 5)
    run(cluster.apply(config_map("unlabelled", {"app.kubernetes.io/name": "web"}, a="1"), key=KEY), 5)
    copied = config_map("copied", a="1")
    raw(cluster, "POST", path_of("configmaps", NS), copied, {"fieldManager": "kubectl-create"})
    run(cluster.apply(deployment(), key=KEY), 5)
    found = run(cluster.list_ours(NS, "app.kubernetes.io/name=web", ["configmaps", "deployments", "services"]), 5)
    assert [(o["apiVersion"], o["kind"], o["metadata"]["name"]) for o in found] == [
        ("v1", "ConfigMap", "mine"),
        ("apps/v1", "Deployment", "web"),
    ]
    assert run(cluster.list_ours(NS, "app.kubernetes.io/name=other", ["configmaps"]), 5) == []


def test_an_object_whose_managed_fields_were_stripped_is_not_ours() -> None:
    assert is_ours({"metadata": {"labels": OURS, "managedFields": [{"manager": "opsportal-config"}]}})
    assert not is_ours({"metadata": {"labels": OURS}})
    assert not is_ours({"metadata": {"managedFields": [{"manager": "opsportal-config"}]}})
    assert not is_ours({})


# -- namespaces -------------------------------------------------------------------------------------------
def test_a_namespace_made_by_the_step_is_told_from_one_that_was_there(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    first = run(cluster.ensure_namespace("fresh", {"opsportal.io/environment": "test"}, key=KEY), 5)
    made = run(cluster.get_object("namespaces", None, "fresh"), 5)
    assert (first.created, first.uid) == (True, made["metadata"]["uid"])
    assert made["metadata"]["labels"]["opsportal.io/environment"] == "test"
    version = server.store.rv
    assert run(cluster.ensure_namespace("fresh", {}, key=NEXT_KEY), 5) == first
    assert run(cluster.ensure_namespace("fresh", {}, key=OTHER_KEY), 5).created is False
    assert run(cluster.ensure_namespace(NS, {"a": "b"}, key=KEY), 5).created is False
    assert server.store.rv == version
    assert run(cluster.delete_object("namespaces", None, "fresh", uid=first.uid), 5) is True
    server.store.delete("namespaces", None, "fresh")


def test_a_namespace_whose_answer_was_lost_is_still_known_as_ours(
    server: KubernetesServer, cluster: Kubernetes
) -> None:
    server.faults.add(Fault("namespaces.create", "accept_then_drop"))
    with pytest.raises(Unavailable):
        run(cluster.ensure_namespace("lost", {}, key=KEY), 5)
    assert run(cluster.ensure_namespace("lost", {}, key=KEY), 5).created is True
    server.store.delete("namespaces", None, "lost")
