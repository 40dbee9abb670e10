"""Statements of wire/kubernetes.md on answers, discovery, errors, reviews, creating and deleting."""

from __future__ import annotations

import re

import pytest

from tests.contracts.kubernetes_fixtures import kube, ns
from tests.contracts.kubernetes_wire import APPLY, Wire, deployment
from tests.contracts.statements import statement

__all__ = ["kube", "ns"]

MAPS = "/api/v1/namespaces/{}/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


# -- §1 conventions -------------------------------------------------------------------------------------------
@statement("kubernetes.answer-headers", "kubernetes.md §1")
def test_every_answer_carries_the_audit_id_and_is_compact_json_with_a_newline(kube: Wire) -> None:
    answer = kube.call("GET", "/api/v1/namespaces/default")
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["Audit-Id"])
    assert answer.headers["Cache-Control"] == "no-cache, private"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body.startswith(b'{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"default",')
    assert answer.body.endswith(b"}\n")


@statement("kubernetes.pretty-for-curl", "kubernetes.md §1")
def test_curl_gets_indented_json(kube: Wire) -> None:
    answer = kube.call("GET", "/api/v1/namespaces/default", User_Agent="curl/8.0")
    assert answer.body.startswith(b'{\n  "kind": "Namespace",\n')


@statement("kubernetes.list-items-without-kind", "kubernetes.md §1")
def test_items_of_a_list_have_neither_kind_nor_api_version(kube: Wire, ns: str) -> None:
    kube.configmap(ns, "a")
    listed = kube.call("GET", MAPS.format(ns)).good()
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert all("kind" not in item and "apiVersion" not in item for item in listed["items"])


@statement("kubernetes.list-of-absent-namespace", "kubernetes.md §1")
def test_a_list_in_a_namespace_that_does_not_exist_is_empty(kube: Wire) -> None:
    assert kube.call("GET", DEPLOYMENTS.format("nons")).good()["items"] == []


@statement("kubernetes.create-without-content-type", "kubernetes.md §1")
def test_a_body_without_a_content_type_is_json_and_a_create_answers_201(kube: Wire, ns: str) -> None:
    made = kube.call("POST", MAPS.format(ns), {"metadata": {"name": "a"}, "data": {"k": "v"}}).good(201)
    assert (made["kind"], made["data"]) == ("ConfigMap", {"k": "v"})
    assert {"uid", "resourceVersion", "creationTimestamp"} <= made["metadata"].keys()
    assert "generation" not in made["metadata"]


@statement("kubernetes.head-405", "kubernetes.md §1")
def test_head_and_options_are_not_allowed(kube: Wire) -> None:
    assert [kube.call(m, "/api/v1/pods").status for m in ("HEAD", "OPTIONS")] == [405, 405]


@statement("kubernetes.delete-answers-status", "kubernetes.md §1")
def test_deleting_a_deployment_answers_a_status_with_its_uid(kube: Wire, ns: str) -> None:
    made = kube.deployment(ns, "web")
    answer = kube.call("DELETE", DEPLOYMENTS.format(ns) + "/web").good()
    assert (answer["kind"], answer["status"]) == ("Status", "Success")
    assert answer["details"] == {"name": "web", "group": "apps", "kind": "deployments", "uid": made["metadata"]["uid"]}
    assert kube.call("GET", DEPLOYMENTS.format(ns) + "/web").status == 404


@statement("kubernetes.delete-foreground", "kubernetes.md §1")
def test_a_foreground_delete_answers_the_object_with_its_finalizer(kube: Wire, ns: str) -> None:
    kube.deployment(ns)
    query = {"propagationPolicy": "Foreground"}
    metadata = kube.call("DELETE", DEPLOYMENTS.format(ns) + "/d", query=query).good()["metadata"]
    assert metadata["finalizers"] == ["foregroundDeletion"]
    assert (metadata["deletionGracePeriodSeconds"], metadata["generation"]) == (0, 2)


# -- §2 discovery ---------------------------------------------------------------------------------------------
@statement("kubernetes.public-paths", "kubernetes.md §2")
def test_version_and_health_answer_without_a_token(kube: Wire) -> None:
    assert kube.call("GET", "/version", token="").good()["major"] == "1"
    for path in ("/healthz", "/livez", "/readyz"):
        assert kube.call("GET", path, token="").body == b"ok"


@statement("kubernetes.discovery", "kubernetes.md §2")
def test_discovery_names_versions_groups_and_resources(kube: Wire) -> None:
    assert kube.call("GET", "/api").good()["versions"] == ["v1"]
    groups = {g["name"]: g["preferredVersion"]["groupVersion"] for g in kube.call("GET", "/apis").good()["groups"]}
    assert groups["apps"] == "apps/v1"
    listed = kube.call("GET", "/apis/apps/v1").good()
    assert (listed["kind"], listed["apiVersion"], listed["groupVersion"]) == ("APIResourceList", "v1", "apps/v1")
    by_name = {r["name"]: r for r in listed["resources"]}
    assert by_name["deployments"]["shortNames"] == ["deploy"]
    assert by_name["deployments/scale"]["group"] == "autoscaling"
    core = {r["name"]: r for r in kube.call("GET", "/api/v1").good()["resources"]}
    assert sorted(core["pods/exec"]["verbs"]) == ["create", "get"]


@statement("kubernetes.table", "kubernetes.md §2")
def test_a_table_is_answered_to_who_asks_for_one(kube: Wire, ns: str) -> None:
    kube.deployment(ns, "good")
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    table = kube.call("GET", DEPLOYMENTS.format(ns), Accept=accept).good()
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    shown = [(c["name"], c["priority"]) for c in table["columnDefinitions"]]
    assert shown[:5] == [(n, 0) for n in ("Name", "Ready", "Up-to-date", "Available", "Age")]
    assert shown[5:] == [(n, 1) for n in ("Containers", "Images", "Selector")]
    (row,) = table["rows"]
    assert row["cells"][:4] == ["good", "0/0", 0, 0]
    assert row["cells"][5:] == ["app", "reg.example/good:1", "app=good"]
    assert row["object"]["kind"] == "PartialObjectMetadata"


@statement("kubernetes.not-acceptable", "kubernetes.md §2")
def test_html_is_not_acceptable(kube: Wire) -> None:
    code, reason, message = kube.call("GET", "/api/v1/pods", Accept="text/html").told
    assert (code, reason) == (406, "NotAcceptable")
    assert message.startswith("406: Not Acceptable\n\nAvailable representations: application/json, application/yaml")


# -- §3 errors ------------------------------------------------------------------------------------------------
@statement("kubernetes.401", "kubernetes.md §3")
def test_a_bad_token_is_401_without_details(kube: Wire) -> None:
    answer = kube.call("GET", "/api/v1/pods", token="bogus")
    assert answer.told == (401, "Unauthorized", "Unauthorized")
    assert answer.details is None


@statement("kubernetes.403-anonymous", "kubernetes.md §3")
def test_no_token_is_the_anonymous_user_who_may_not_list(kube: Wire) -> None:
    answer = kube.call("GET", "/api/v1/namespaces/default/pods", token="")
    assert answer.told == (
        403,
        "Forbidden",
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" '
        'in the namespace "default"',
    )
    assert answer.details == {"kind": "pods"}


@statement("kubernetes.403-path", "kubernetes.md §3")
def test_discovery_without_a_token_is_forbidden(kube: Wire) -> None:
    answer = kube.call("GET", "/api", token="")
    assert answer.told == (403, "Forbidden", 'forbidden: User "system:anonymous" cannot get path "/api"')
    assert answer.details == {}


@statement("kubernetes.403-before-404", "kubernetes.md §3")
def test_authorization_comes_before_existence(kube: Wire) -> None:
    answer = kube.call("GET", "/apis/apps/v1/namespaces/default/nonsense/x", token="")
    assert answer.told == (
        403,
        "Forbidden",
        'nonsense.apps "x" is forbidden: User "system:anonymous" cannot get resource "nonsense" in API group "apps" '
        'in the namespace "default"',
    )


@statement("kubernetes.403-subresource", "kubernetes.md §3")
def test_a_refused_subresource_is_named_with_its_parent(kube: Wire) -> None:
    answer = kube.call("GET", "/api/v1/namespaces/default/pods/good/exec", token="")
    assert answer.told[2] == (
        'pods "good" is forbidden: User "system:anonymous" cannot get resource "pods/exec" in API group "" '
        'in the namespace "default"'
    )
    assert answer.details == {"name": "good", "kind": "pods"}


@statement("kubernetes.403-verb-watch", "kubernetes.md §4")
def test_a_refused_watch_names_the_verb_watch(kube: Wire) -> None:
    answer = kube.call("GET", "/api/v1/pods", token="", query={"watch": "1"})
    assert answer.told[2] == (
        'pods is forbidden: User "system:anonymous" cannot watch resource "pods" in API group "" at the cluster scope'
    )


@statement("kubernetes.404-object", "kubernetes.md §3")
def test_a_missing_object_is_404_with_the_plural_in_details(kube: Wire, ns: str) -> None:
    answer = kube.call("GET", DEPLOYMENTS.format(ns) + "/x")
    assert answer.told == (404, "NotFound", 'deployments.apps "x" not found')
    assert answer.details == {"name": "x", "group": "apps", "kind": "deployments"}
    core = kube.call("GET", f"/api/v1/namespaces/{ns}/pods/x")
    assert (core.told[2], core.details) == ('pods "x" not found', {"name": "x", "kind": "pods"})


@statement("kubernetes.404-put", "kubernetes.md §3")
def test_a_put_of_an_absent_object_is_404(kube: Wire, ns: str) -> None:
    answer = kube.call("PUT", MAPS.format(ns) + "/x", {"metadata": {"name": "x"}})
    assert answer.told == (404, "NotFound", 'configmaps "x" not found')


@statement("kubernetes.404-namespace", "kubernetes.md §3")
def test_a_create_in_an_absent_namespace_is_404_of_the_namespace(kube: Wire) -> None:
    answer = kube.call("POST", MAPS.format("nons"), {"metadata": {"name": "x"}})
    assert answer.told == (404, "NotFound", 'namespaces "nons" not found')


@statement("kubernetes.404-resource", "kubernetes.md §3")
def test_an_unknown_resource_in_a_known_group_is_a_status_with_empty_details(kube: Wire) -> None:
    answer = kube.call("GET", "/apis/apps/v1/nonsense")
    assert answer.told == (404, "NotFound", "the server could not find the requested resource")
    assert answer.details == {}


@statement("kubernetes.404-plain-text", "kubernetes.md §3")
@pytest.mark.parametrize("path", ["/apis/no.such.group/v1beta1/nodes", "/no/such/path"])
def test_an_unknown_group_or_path_is_404_in_plain_text(kube: Wire, path: str) -> None:
    answer = kube.call("GET", path)
    assert (answer.status, answer.body) == (404, b"404 page not found\n")
    assert answer.headers["Content-Type"].startswith("text/plain")


@statement("kubernetes.405", "kubernetes.md §3")
def test_a_method_that_is_not_served_is_405(kube: Wire) -> None:
    answer = kube.call("POST", "/api/v1/pods", {})
    assert answer.told == (405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    assert answer.details == {}


@statement("kubernetes.409-exists", "kubernetes.md §3")
def test_a_second_create_is_409_already_exists(kube: Wire, ns: str) -> None:
    kube.configmap(ns, "a")
    answer = kube.call("POST", MAPS.format(ns), {"metadata": {"name": "a"}})
    assert answer.told == (409, "AlreadyExists", 'configmaps "a" already exists')
    assert answer.details == {"name": "a", "kind": "configmaps"}


@statement("kubernetes.409-precondition", "kubernetes.md §3")
def test_a_delete_with_the_uid_of_another_object_is_409_with_the_kind(kube: Wire, ns: str) -> None:
    uid = kube.configmap(ns, "a")["metadata"]["uid"]
    answer = kube.call("DELETE", MAPS.format(ns) + "/a", {"preconditions": {"uid": "abc"}})
    assert answer.told == (
        409,
        "Conflict",
        f'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (abc) does not match the UID in '
        f"record ({uid}). The object might have been deleted and then recreated",
    )
    assert answer.details == {"name": "a", "kind": "ConfigMap"}


@statement("kubernetes.415-body", "kubernetes.md §3")
def test_a_body_in_an_unknown_form_is_415(kube: Wire, ns: str) -> None:
    answer = kube.call("POST", MAPS.format(ns), b"x", Content_Type="text/plain")
    assert answer.told[:2] == (415, "UnsupportedMediaType")
    assert answer.told[2].startswith(
        "the body of the request was in an unknown format - accepted media types include: application/json"
    )


@statement("kubernetes.415-patch", "kubernetes.md §3")
def test_a_patch_as_plain_json_is_415(kube: Wire, ns: str) -> None:
    kube.configmap(ns, "a")
    answer = kube.patch(MAPS.format(ns) + "/a", {}, "application/json")
    assert (answer.told[:2], answer.details) == ((415, "UnsupportedMediaType"), {})


@statement("kubernetes.400-json", "kubernetes.md §3")
def test_bad_json_is_400_with_the_kind_it_should_have_been(kube: Wire, ns: str) -> None:
    answer = kube.call("POST", MAPS.format(ns), b"{bad json", Content_Type="application/json")
    assert answer.told == (
        400,
        "BadRequest",
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse "
        "error: invalid character 'b' looking for beginning of object key string ({bad json)",
    )
    assert answer.details is None


@statement("kubernetes.400-kind", "kubernetes.md §3")
def test_an_object_of_another_kind_is_400(kube: Wire, ns: str) -> None:
    answer = kube.call("POST", MAPS.format(ns), {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a"}})
    assert answer.told == (
        400,
        "BadRequest",
        'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): '
        "unknown conversion",
    )


@statement("kubernetes.400-names", "kubernetes.md §3")
def test_names_in_body_and_path_must_agree(kube: Wire, ns: str) -> None:
    kube.configmap(ns, "a")
    renamed = kube.call("PUT", MAPS.format(ns) + "/a", {"metadata": {"name": "b"}})
    assert renamed.told[2] == "the name of the object (b) does not match the name on the URL (a)"
    moved = kube.call("POST", MAPS.format(ns), {"metadata": {"name": "b", "namespace": "default"}})
    assert moved.told[2] == "the namespace of the provided object does not match the namespace sent on the request"
    assert (renamed.status, moved.status) == (400, 400)


# -- §5 validation --------------------------------------------------------------------------------------------
@statement("kubernetes.422-replicas", "kubernetes.md §5")
def test_a_negative_replica_count_is_422_with_the_kind_in_details(kube: Wire, ns: str) -> None:
    answer = kube.call("POST", DEPLOYMENTS.format(ns), deployment("d", replicas=-1))
    why = "Invalid value: -1: must be greater than or equal to 0"
    assert answer.told == (422, "Invalid", f'Deployment.apps "d" is invalid: spec.replicas: {why}')
    assert answer.details == {
        "name": "d",
        "group": "apps",
        "kind": "Deployment",
        "causes": [{"reason": "FieldValueInvalid", "message": why, "field": "spec.replicas"}],
    }


@statement("kubernetes.422-image", "kubernetes.md §5")
def test_a_container_without_an_image_is_422_required(kube: Wire, ns: str) -> None:
    obj = deployment("d")
    del obj["spec"]["template"]["spec"]["containers"][0]["image"]
    answer = kube.call("POST", DEPLOYMENTS.format(ns), obj)
    field = "spec.template.spec.containers[0].image"
    assert answer.told[2] == f'Deployment.apps "d" is invalid: {field}: Required value'
    assert answer.details["causes"][0]["reason"] == "FieldValueRequired"


@statement("kubernetes.422-selector", "kubernetes.md §5")
def test_a_selector_that_does_not_match_the_template_is_422(kube: Wire, ns: str) -> None:
    obj = deployment("e", selector={"matchLabels": {"app": "other"}})
    assert kube.call("POST", DEPLOYMENTS.format(ns), obj).told[2] == (
        'Deployment.apps "e" is invalid: spec.template.metadata.labels: Invalid value: '
        'map[string]string{"app":"e"}: `selector` does not match template `labels`'
    )


@statement("kubernetes.422-name", "kubernetes.md §5")
def test_an_object_without_a_name_is_422(kube: Wire, ns: str) -> None:
    assert kube.call("POST", MAPS.format(ns), {"metadata": {}}).told[2] == (
        'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'
    )


@statement("kubernetes.422-immutable-configmap", "kubernetes.md §5")
def test_an_immutable_configmap_refuses_new_data(kube: Wire, ns: str) -> None:
    kube.call("POST", MAPS.format(ns), {"metadata": {"name": "im"}, "immutable": True, "data": {"a": "1"}}).good(201)
    answer = kube.patch(MAPS.format(ns) + "/im", {"data": {"a": "2"}})
    assert answer.told == (
        422,
        "Invalid",
        'ConfigMap "im" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    )


@statement("kubernetes.unknown-fields", "kubernetes.md §5")
def test_unknown_fields_warn_by_default_and_are_refused_when_strict(kube: Wire, ns: str) -> None:
    path = DEPLOYMENTS.format(ns)
    made = kube.call("POST", path, deployment("d", bogus=1))
    assert made.headers["Warning"] == '299 - "unknown field \\"spec.bogus\\""'
    assert "bogus" not in made.good(201)["spec"]
    silent = kube.call("POST", path, deployment("e", bogus=1), query={"fieldValidation": "Ignore"})
    assert (silent.status, silent.headers["Warning"]) == (201, None)
    strict = kube.call("POST", path, deployment("f", bogus=1), query={"fieldValidation": "Strict"})
    assert strict.told[0] == 400
    assert strict.told[2].endswith('strict decoding error: unknown field "spec.bogus"')
    assert kube.patch(f"{path}/d", {"spec": {"bogus": 1}}, fieldValidation="Strict").status == 422


@statement("kubernetes.create-defaults", "kubernetes.md §6")
def test_a_created_deployment_shows_its_defaults_and_an_empty_status(kube: Wire, ns: str) -> None:
    made = kube.deployment(ns)
    spec = made["spec"]
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    assert (spec["revisionHistoryLimit"], spec["progressDeadlineSeconds"]) == (10, 600)
    assert spec["template"]["metadata"]["creationTimestamp"] is None
    container = spec["template"]["spec"]["containers"][0]
    assert (container["imagePullPolicy"], container["resources"]) == ("IfNotPresent", {})
    assert (made["status"], made["metadata"]["generation"]) == ({}, 1)


# -- §11 reviews ----------------------------------------------------------------------------------------------
@statement("kubernetes.whoami", "kubernetes.md §11")
def test_everyone_may_ask_who_they_are(kube: Wire) -> None:
    made = kube.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}).good(201)
    assert made["status"]["userInfo"]["username"]
    assert "system:authenticated" in made["status"]["userInfo"]["groups"]


@statement("kubernetes.can-i", "kubernetes.md §11")
def test_an_access_review_answers_allowed_and_refuses_an_empty_question(kube: Wire) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    asked = {"namespace": "default", "verb": "patch", "group": "apps", "resource": "deployments"}
    assert kube.call("POST", path, {"spec": {"resourceAttributes": asked}}).good(201)["status"]["allowed"] is True
    assert kube.call("POST", path, {"spec": {}}).told == (
        422,
        "Invalid",
        '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: "null": exactly one of '
        "nonResourceAttributes or resourceAttributes must be specified",
    )


@statement("kubernetes.apply-needs-manager", "kubernetes.md §5")
def test_an_apply_without_a_manager_a_kind_or_a_name_is_refused(kube: Wire, ns: str) -> None:
    path = MAPS.format(ns) + "/a"
    assert kube.patch(path, {"kind": "ConfigMap", "apiVersion": "v1"}, APPLY).told == (
        422,
        "Invalid",
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
    assert kube.apply(path, {"data": {}}, "portal").told == (400, "BadRequest", "invalid object type: /, Kind=")
    assert kube.apply(path, {"kind": "ConfigMap", "apiVersion": "v1"}, "portal").told == (
        400,
        "BadRequest",
        "the name of the object (a based on URL) was undeterminable: name must be provided",
    )
