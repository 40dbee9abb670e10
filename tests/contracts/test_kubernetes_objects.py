"""Statements about objects that the portal's configuration writes: apply, refusals, defaults, deletes, quotas.

The first part asks raw; the second asks the portal's own adapter the same of the same cluster.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from apps.common.errors import IntegrationError
from apps.integrations.kubernetes.client import Kubernetes
from apps.integrations.kubernetes.ownership import config_key, is_ours
from apps.integrations.loop import run
from tests.contracts.kubernetes_fixtures import api, kube, ns
from tests.contracts.kubernetes_life_api import Api
from tests.contracts.kubernetes_wire import MERGE, Answer, Obj, Wire
from tests.contracts.statements import statement

__all__ = ["api", "kube", "ns"]

MANAGER = "opsportal-config"
SERVED = {
    "configmaps": ("/api/v1", "ConfigMap"),
    "events": ("/api/v1", "Event"),
    "persistentvolumeclaims": ("/api/v1", "PersistentVolumeClaim"),
    "resourcequotas": ("/api/v1", "ResourceQuota"),
    "secrets": ("/api/v1", "Secret"),
    "services": ("/api/v1", "Service"),
    "daemonsets": ("/apis/apps/v1", "DaemonSet"),
    "deployments": ("/apis/apps/v1", "Deployment"),
    "statefulsets": ("/apis/apps/v1", "StatefulSet"),
    "cronjobs": ("/apis/batch/v1", "CronJob"),
    "jobs": ("/apis/batch/v1", "Job"),
    "horizontalpodautoscalers": ("/apis/autoscaling/v2", "HorizontalPodAutoscaler"),
    "ingresses": ("/apis/networking.k8s.io/v1", "Ingress"),
    "poddisruptionbudgets": ("/apis/policy/v1", "PodDisruptionBudget"),
}
LABELS = {"app": "web"}
POD: Obj = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "app", "image": "reg.example/good:1"}]}}


def path(ns: str, plural: str, name: str = "web") -> str:
    base = f"{SERVED[plural][0]}/namespaces/{ns}/{plural}"
    return f"{base}/{name}" if name else base


def obj(plural: str, **members: Any) -> Obj:
    prefix, kind = SERVED[plural]
    version = prefix.removeprefix("/apis/").removeprefix("/api/")
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, **members}


def put(kube: Wire, ns: str, plural: str, *, query: dict[str, str] | None = None, **members: Any) -> Answer:
    """Apply one object of that kind, as the portal does."""
    wanted = {"fieldValidation": "Strict", **(query or {})}
    return kube.apply(path(ns, plural), obj(plural, **members), MANAGER, **wanted)


def web(**spec: Any) -> Obj:
    return {"replicas": 0, "selector": {"matchLabels": LABELS}, "template": POD, **spec}


def fields(answer: Answer) -> list[tuple[str, str]]:
    """Reason and field of each cause."""
    return [(cause["reason"], cause["field"]) for cause in answer.details["causes"]]


# -- what an apply refuses --------------------------------------------------------------------------------
@statement("kubernetes.apply-unknown-field", "kubernetes.md §5")
def test_an_apply_of_an_unknown_field_is_500_without_a_reason_and_stores_nothing(kube: Wire, ns: str) -> None:
    answer = put(kube, ns, "configmaps", bogus={"a": "1"})
    # The namespace is the object's own, and this one names none.
    told = "failed to create typed patch object (/web; /v1, Kind=ConfigMap): .bogus: field not declared in schema"
    assert answer.told == (500, "", told)
    assert kube.call("GET", path(ns, "configmaps")).status == 404


@statement("kubernetes.apply-unknown-fields", "kubernetes.md §5")
def test_of_several_unknown_fields_of_one_object_any_one_is_told(kube: Wire, ns: str) -> None:
    answer = put(kube, ns, "deployments", spec=web(bogus=1, replica=2))
    assert answer.told[:2] == (500, "")
    head, _, field = answer.told[2].partition("): ")
    assert head == "failed to create typed patch object (/web; apps/v1, Kind=Deployment"
    assert field in [f".spec.{name}: field not declared in schema" for name in ("bogus", "replica")]


@statement("kubernetes.apply-wrong-type", "kubernetes.md §5")
def test_an_apply_of_a_wrong_type_is_500_and_names_the_field(kube: Wire, ns: str) -> None:
    answer = put(kube, ns, "deployments", spec=web(replicas="three"))
    assert answer.told[:2] == (500, "")
    assert ".spec.replicas: expected numeric (int or float), got string" in answer.told[2]


@statement("kubernetes.apply-duplicate-key", "kubernetes.md §5")
def test_an_apply_that_names_a_variable_twice_is_500(kube: Wire, ns: str) -> None:
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    container = {"name": "app", "image": "reg.example/good:1", "env": twice}
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    answer = put(kube, ns, "deployments", spec=web(template=template))
    assert answer.told[:2] == (500, "")
    assert 'containers[name="app"].env: duplicate entries for key [name="A"]' in answer.told[2]


@statement("kubernetes.apply-immutable-selector", "kubernetes.md §5")
def test_an_apply_of_another_selector_is_422_about_that_field(kube: Wire, ns: str) -> None:
    put(kube, ns, "deployments", spec=web()).good(201)
    other = {"metadata": {"labels": {"app": "x"}}, "spec": POD["spec"]}
    answer = put(kube, ns, "deployments", spec=web(selector={"matchLabels": {"app": "x"}}, template=other))
    assert answer.told[:2] == (422, "Invalid")
    (cause,) = answer.details["causes"]
    assert (cause["reason"], cause["field"]) == ("FieldValueInvalid", "spec.selector")
    assert cause["message"].endswith(": field is immutable")


@statement("kubernetes.apply-stale", "kubernetes.md §5")
def test_an_apply_that_carries_an_old_version_is_409(kube: Wire, ns: str) -> None:
    old = put(kube, ns, "configmaps", data={"a": "1"}).version
    kube.patch(path(ns, "configmaps"), {"data": {"theirs": "x"}}, MERGE).good()
    body = obj("configmaps", data={"a": "2"})
    body["metadata"]["resourceVersion"] = old
    answer = kube.apply(path(ns, "configmaps"), body, MANAGER)
    assert answer.told[:2] == (409, "Conflict")
    assert "the object has been modified" in answer.told[2]
    assert kube.call("GET", path(ns, "configmaps")).good()["data"] == {"a": "1", "theirs": "x"}


@statement("kubernetes.data-too-long", "kubernetes.md §5")
def test_a_config_map_or_secret_above_a_mebibyte_is_422_too_long(kube: Wire, ns: str) -> None:
    answer = put(kube, ns, "configmaps", data={"a": "x" * (1024 * 1024 + 1)})
    assert answer.told[:2] == (422, "Invalid")
    assert fields(answer) == [("FieldValueTooLong", "[]")]
    assert answer.details["causes"][0]["message"] == "Too long: may not be more than 1048576 bytes"
    answer = put(kube, ns, "secrets", stringData={"a": "x" * (1024 * 1024 + 1)})
    assert fields(answer) == [("FieldValueTooLong", "data")]


@statement("kubernetes.data-at-the-limit", "kubernetes.md §5")
def test_a_config_map_of_a_mebibyte_is_taken(kube: Wire, ns: str) -> None:
    put(kube, ns, "configmaps", data={"a": "x" * (1024 * 1024)}).good(201)


@statement("kubernetes.body-too-large", "kubernetes.md §3")
def test_a_body_above_three_mebibytes_is_413(kube: Wire, ns: str) -> None:
    answer = put(kube, ns, "configmaps", data={"a": "x" * (3 * 1024 * 1024)})
    assert answer.told == (413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")


@statement("kubernetes.apply-terminating", "kubernetes.md §3")
def test_nothing_is_created_by_apply_in_a_terminating_namespace(kube: Wire) -> None:
    name = f"contract-{uuid.uuid4().hex[:10]}"
    kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}}).good(201)
    kube.configmap(name, "held", finalizers=["contract.test/hold"])
    kube.call("DELETE", f"/api/v1/namespaces/{name}").good()
    deadline = time.monotonic() + 10  # admission looks into a cache that hears of it a moment later
    while put(kube, name, "configmaps", query={"dryRun": "All"}, data={"a": "1"}).status == 201:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    answer = put(kube, name, "configmaps", data={"a": "1"})
    why = f"unable to create new content in namespace {name} because it is being terminated"
    assert answer.told == (403, "Forbidden", f'configmaps "web" is forbidden: {why}')
    assert fields(answer) == [("NamespaceTerminating", "metadata.namespace")]
    kube.patch(path(name, "configmaps", "held"), {"metadata": {"finalizers": None}}, MERGE)


# -- what an apply answers --------------------------------------------------------------------------------
@statement("kubernetes.apply-dry-run-create", "kubernetes.md §5")
def test_a_dry_run_of_an_apply_that_would_create_is_201_and_stores_nothing(kube: Wire, ns: str) -> None:
    tried = put(kube, ns, "configmaps", query={"dryRun": "All"}, data={"a": "1"}).good(201)
    assert (tried["data"], "resourceVersion" in tried["metadata"]) == ({"a": "1"}, False)
    assert kube.call("GET", path(ns, "configmaps")).status == 404


@statement("kubernetes.quantities-canonical", "kubernetes.md §6")
def test_quantities_are_answered_in_their_shortest_form_and_a_repeat_changes_nothing(kube: Wire, ns: str) -> None:
    limits = {"cpu": "1000m", "memory": "1024Mi"}
    container = {"name": "app", "image": "reg.example/good:1", "resources": {"limits": limits}}
    spec = web(template={"metadata": {"labels": LABELS}, "spec": {"containers": [container]}})
    made = put(kube, ns, "deployments", spec=spec).good(201)
    assert made["spec"]["template"]["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "1", "memory": "1Gi"}}
    before = kube.calm(path(ns, "deployments"))["metadata"]
    after = put(kube, ns, "deployments", spec=spec).good()["metadata"]
    assert (after["resourceVersion"], after["generation"]) == (before["resourceVersion"], before["generation"])


@statement("kubernetes.secret-string-data", "kubernetes.md §5")
def test_a_secrets_text_comes_back_encoded_and_its_type_is_fixed(kube: Wire, ns: str) -> None:
    made = put(kube, ns, "secrets", stringData={"a": "hello"}).good(201)
    assert (made["data"], made["type"], "stringData" in made) == ({"a": "aGVsbG8="}, "Opaque", False)
    answer = put(kube, ns, "secrets", type="example.lan/other", data={"a": "aGVsbG8="})
    assert answer.told[0] == 422
    assert ("FieldValueInvalid", "type") in fields(answer)


# -- the kinds --------------------------------------------------------------------------------------------
@statement("kubernetes.kinds-served", "kubernetes.md §2")
@pytest.mark.parametrize("plural", sorted(SERVED))
def test_every_kind_of_the_portal_is_discovered_and_listed(kube: Wire, ns: str, plural: str) -> None:
    prefix, kind = SERVED[plural]
    found = {one["name"]: one for one in kube.call("GET", prefix).good()["resources"]}
    assert (found[plural]["kind"], found[plural]["namespaced"]) == (kind, True)
    assert {"get", "list", "patch", "delete"} <= set(found[plural]["verbs"])
    assert kube.call("GET", path(ns, plural, "")).good()["kind"] == f"{kind}List"
    assert kube.call("GET", path(ns, plural)).details["kind"] == plural


@statement("kubernetes.autoscaler-defaults", "kubernetes.md §8")
def test_an_autoscaler_has_a_minimum_and_a_first_status(kube: Wire, ns: str) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
    spec = {"scaleTargetRef": target, "maxReplicas": 5, "metrics": [cpu]}
    made = put(kube, ns, "horizontalpodautoscalers", spec=spec).good(201)
    assert (made["spec"]["minReplicas"], made["spec"]["metrics"]) == (1, [cpu])
    assert made["status"] == {"desiredReplicas": 0, "currentMetrics": None}
    answer = put(kube, ns, "horizontalpodautoscalers", spec={**spec, "minReplicas": 9})
    assert fields(answer) == [("FieldValueInvalid", "spec.maxReplicas")]


@statement("kubernetes.budget-defaults", "kubernetes.md §8")
def test_a_budget_has_a_generation_and_counts_nothing_at_first(kube: Wire, ns: str) -> None:
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}}
    made = put(kube, ns, "poddisruptionbudgets", spec=spec).good(201)
    assert made["metadata"]["generation"] == 1
    zero = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
    assert made["status"] == dict.fromkeys(zero, 0)
    answer = put(kube, ns, "poddisruptionbudgets", spec={**spec, "minAvailable": 1})
    assert answer.told[0] == 422 and "cannot be both set" in answer.told[2]


@statement("kubernetes.ingress-path-type", "kubernetes.md §8")
def test_an_ingress_needs_a_path_type_and_has_an_empty_load_balancer(kube: Wire, ns: str) -> None:
    def rules(**more: str) -> list[Obj]:
        backend = {"service": {"name": "web", "port": {"number": 80}}}
        return [{"host": "web.example", "http": {"paths": [{"path": "/", "backend": backend, **more}]}}]

    answer = put(kube, ns, "ingresses", spec={"rules": rules()})
    assert fields(answer) == [("FieldValueRequired", "spec.rules[0].http.paths[0].pathType")]
    made = put(kube, ns, "ingresses", spec={"rules": rules(pathType="Prefix")}).good(201)
    assert (made["metadata"]["generation"], made["status"]) == (1, {"loadBalancer": {}})


@statement("kubernetes.cron-job-defaults", "kubernetes.md §6")
def test_a_cron_job_has_defaults_and_its_schedule_is_checked(kube: Wire, ns: str) -> None:
    template = {"spec": {**POD["spec"], "restartPolicy": "Never"}}
    spec = {"schedule": "0 3 * * *", "timeZone": "Asia/Shanghai", "jobTemplate": {"spec": {"template": template}}}
    made = put(kube, ns, "cronjobs", spec=spec).good(201)
    known = ("concurrencyPolicy", "suspend", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    assert [made["spec"][key] for key in known] == ["Allow", False, 3, 1]
    assert (made["metadata"]["generation"], made["status"]) == (1, {})
    assert "backoffLimit" not in made["spec"]["jobTemplate"]["spec"]
    answer = put(kube, ns, "cronjobs", spec={**spec, "schedule": "daily"})
    assert fields(answer) == [("FieldValueInvalid", "spec.schedule")]
    answer = put(kube, ns, "cronjobs", spec={**spec, "timeZone": "Mars/Base"})
    assert fields(answer) == [("FieldValueInvalid", "spec.timeZone")]


@statement("kubernetes.stateful-set-immutable", "kubernetes.md §5")
def test_a_stateful_set_lets_only_some_fields_change(kube: Wire, ns: str) -> None:
    made = put(kube, ns, "statefulsets", spec=web(serviceName="web")).good(201)
    assert (made["spec"]["podManagementPolicy"], made["metadata"]["generation"]) == ("OrderedReady", 1)
    assert made["spec"]["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    answer = put(kube, ns, "statefulsets", spec=web(serviceName="other"))
    assert fields(answer) == [("FieldValueForbidden", "spec")]
    assert "updates to statefulset spec for fields other than" in answer.told[2]


@statement("kubernetes.claim-pending", "kubernetes.md §8")
def test_a_claim_is_pending_and_needs_an_access_mode(kube: Wire, ns: str) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1024Mi"}}}
    made = put(kube, ns, "persistentvolumeclaims", spec=spec).good(201)
    assert (made["status"], made["spec"]["volumeMode"]) == ({"phase": "Pending"}, "Filesystem")
    assert made["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    body = {"metadata": {"name": "b"}, "spec": {"resources": spec["resources"]}}
    answer = kube.call("POST", path(ns, "persistentvolumeclaims", ""), body)
    assert fields(answer) == [("FieldValueRequired", "spec.accessModes")]


@statement("kubernetes.job-once", "kubernetes.md §3")
def test_a_job_of_a_name_that_is_taken_is_409_and_its_template_is_fixed(kube: Wire, ns: str) -> None:
    pod: Obj = {**POD["spec"], "restartPolicy": "Never"}
    body = obj("jobs", spec={"suspend": True, "backoffLimit": 0, "template": {"spec": pod}})
    kube.call("POST", path(ns, "jobs", ""), body).good(201)
    answer = kube.call("POST", path(ns, "jobs", ""), body)
    assert answer.told == (409, "AlreadyExists", 'jobs.batch "web" already exists')
    assert answer.details == {"name": "web", "group": "batch", "kind": "jobs"}
    other = {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 7}}}}
    answer = kube.patch(path(ns, "jobs"), other, MERGE)
    assert ("FieldValueInvalid", "spec.template") in fields(answer)
    assert "field is immutable" in answer.told[2]


@statement("kubernetes.quota-counts-objects", "kubernetes.md §3")
def test_a_quota_on_objects_refuses_the_next_one(api: Api) -> None:
    hard = {"count/deployments.apps": "0"}
    api.create("resourcequotas", {"metadata": {"name": "few"}, "spec": {"hard": hard}})
    api.wait(lambda: (api.get("resourcequotas", "few").get("status") or {}).get("used"))

    def refusal() -> tuple[int, Obj] | None:
        found = api.call("POST", api.path("deployments"), api.deployment("one-more", replicas=0))
        # Until admission has heard of the count, "status unknown for quota".
        return found if "status unknown" not in found[1].get("message", "") else None

    code, answer = api.wait(refusal)
    parts = "requested: count/deployments.apps=1, used: count/deployments.apps=0, limited: count/deployments.apps=0"
    assert (code, answer["message"]) == (
        403,
        f'deployments.apps "one-more" is forbidden: exceeded quota: few, {parts}',
    )
    api.delete("resourcequotas", "few")


@statement("kubernetes.budget-status", "kubernetes.md §8")
def test_a_budget_counts_the_ready_pods_it_selects(api: Api) -> None:
    api.create("deployments", api.deployment("guarded", replicas=2))
    api.settled("guarded", 2)
    budgets = f"/apis/policy/v1/namespaces/{api.namespace}/poddisruptionbudgets"
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}
    assert api.call("POST", budgets, {"metadata": {"name": "guarded"}, "spec": spec})[0] == 201

    def counted() -> Obj | None:
        status: Obj = api.call("GET", f"{budgets}/guarded")[1].get("status") or {}
        return status if status.get("currentHealthy") == 2 else None

    status = api.wait(counted)
    assert (status["expectedPods"], status["desiredHealthy"], status["disruptionsAllowed"]) == (2, 1, 1)
    (condition,) = status["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == (
        "DisruptionAllowed",
        "True",
        "SufficientPods",
    )
    api.call("DELETE", f"{budgets}/guarded")
    api.remove("guarded")


# -- the portal's adapter on the same cluster -------------------------------------------------------------
@pytest.fixture(scope="module")
def cluster(kube: Wire) -> Kubernetes:
    return Kubernetes(kube.url, kube.token, name="c", ca_pem=kube.ca_pem, timeout=15, allow_loopback=True)


def ours(ns: str, plural: str, **members: Any) -> Obj:
    made = obj(plural, **members)
    labels = {"app.kubernetes.io/managed-by": "opsportal"}
    return {**made, "metadata": {"name": "web", "namespace": ns, "labels": labels}}


def refused(cluster: Kubernetes, wanted: Obj) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        run(cluster.apply(wanted, key="k.1"), 20)
    assert (caught.value.retryable, caught.value.unknown) == (False, False)
    return caught.value


@statement("kubernetes.adapter-apply", "kubernetes.md §5")
def test_the_adapter_applies_under_its_key_and_knows_its_own(kube: Wire, ns: str, cluster: Kubernetes) -> None:
    made = run(cluster.apply(ours(ns, "configmaps", data={"a": "1"}), key="k.1"), 20)
    again = run(cluster.apply(ours(ns, "configmaps", data={"a": "1"}), key="k.1"), 20)
    assert (made.created, made.changed, again.created, again.changed) == (True, True, False, False)
    assert again.object["metadata"]["resourceVersion"] == made.object["metadata"]["resourceVersion"]
    assert (config_key(again.object), is_ours(again.object)) == ("k.1", True)
    assert [o["metadata"]["name"] for o in run(cluster.list_ours(ns, "", ["configmaps"]), 20)] == ["web"]


@statement("kubernetes.adapter-conflict", "kubernetes.md §5")
def test_the_adapter_names_the_owner_of_a_field(kube: Wire, ns: str, cluster: Kubernetes) -> None:
    run(cluster.apply(ours(ns, "configmaps", data={"a": "1", "b": "1"}), key="k.1"), 20)
    kube.patch(path(ns, "configmaps"), {"data": {"a": "2", "b": "2"}}, MERGE, fieldManager="kubectl-edit").good()
    error = refused(cluster, ours(ns, "configmaps", data={"a": "3", "b": "3"}))
    assert error.code == "kubernetes.apply_conflict"
    assert sorted(error.params["fields_owned"]) == ["data.a (kubectl edit)", "data.b (kubectl edit)"]


@statement("kubernetes.adapter-refusals", "kubernetes.md §5")
def test_the_adapter_tells_unknown_fixed_and_too_large_apart(kube: Wire, ns: str, cluster: Kubernetes) -> None:
    unknown = refused(cluster, ours(ns, "deployments", spec=web(bogus=1)))
    assert (unknown.code, unknown.params["paths"]) == ("kubernetes.unknown_field", ["spec.bogus"])
    run(cluster.apply(ours(ns, "deployments", spec=web()), key="k.1"), 20)
    other = {"metadata": {"labels": {"app": "x"}}, "spec": POD["spec"]}
    moved = web(selector={"matchLabels": {"app": "x"}}, template=other)
    fixed = refused(cluster, ours(ns, "deployments", spec=moved))
    assert (fixed.code, fixed.params["paths"]) == ("kubernetes.immutable_field", ["spec.selector"])
    for size in (1024 * 1024 + 1, 3 * 1024 * 1024):
        big = refused(cluster, ours(ns, "configmaps", data={"a": "x" * size}))
        assert big.code == "kubernetes.too_large"


@statement("kubernetes.adapter-delete", "kubernetes.md §3")
def test_the_adapter_deletes_by_uid_only(kube: Wire, ns: str, cluster: Kubernetes) -> None:
    uid = run(cluster.apply(ours(ns, "configmaps", data={"a": "1"}), key="k.1"), 20).object["metadata"]["uid"]
    with pytest.raises(IntegrationError) as caught:
        run(cluster.delete_object("configmaps", ns, "web", uid=str(uuid.UUID(int=7))), 20)
    assert caught.value.code == "kubernetes.replaced"
    assert run(cluster.get_object("configmaps", ns, "web"), 20)["metadata"]["uid"] == uid
    assert run(cluster.delete_object("configmaps", ns, "web", uid=uid), 20) is True
    assert run(cluster.delete_object("configmaps", ns, "web", uid=uid), 20) is False
