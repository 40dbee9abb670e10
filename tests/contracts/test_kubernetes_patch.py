"""Statements of wire/kubernetes.md on updating: patch types, no-ops, dry runs, conflicts, generation, apply, scale."""

from __future__ import annotations

import pytest

from tests.contracts.kubernetes_fixtures import kube, ns
from tests.contracts.kubernetes_wire import JSON_PATCH, MERGE, STRATEGIC, Obj, Wire, containers
from tests.contracts.statements import statement

__all__ = ["kube", "ns"]

MAPS = "/api/v1/namespaces/{}/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


def image_patch(image: object, name: str = "app", **metadata: str) -> Obj:
    patch: Obj = {"spec": {"template": {"spec": {"containers": [{"name": name, "image": image}]}}}}
    return {"metadata": metadata, **patch} if metadata else patch


def named(name: str) -> Obj:
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}}


def config(name: str, **container: object) -> Obj:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", **container}]},
            },
        },
    }


@pytest.fixture
def path(kube: Wire, ns: str) -> str:
    kube.deployment(ns)
    return DEPLOYMENTS.format(ns) + "/d"


# -- patch types ----------------------------------------------------------------------------------------------
@statement("kubernetes.strategic-by-name", "kubernetes.md §5")
def test_strategic_merge_changes_one_container_and_leaves_its_other_fields(kube: Wire, path: str) -> None:
    (container,) = containers(kube.patch(path, image_patch("reg.example/good:2")).good())
    assert (container["image"], container["env"]) == ("reg.example/good:2", [{"name": "A", "value": "1"}])


@statement("kubernetes.strategic-new-first", "kubernetes.md §5")
def test_strategic_merge_puts_a_new_container_first_and_deletes_by_directive(kube: Wire, path: str) -> None:
    grown = kube.patch(path, image_patch("reg.example/side:1", "side")).good()
    assert [c["name"] for c in containers(grown)] == ["side", "app"]
    gone = {"spec": {"template": {"spec": {"containers": [{"name": "side", "$patch": "delete"}]}}}}
    assert [c["name"] for c in containers(kube.patch(path, gone).good())] == ["app"]


@statement("kubernetes.strategic-env-by-name", "kubernetes.md §5")
def test_strategic_merge_knows_environment_variables_by_name(kube: Wire, path: str) -> None:
    env = [{"name": "B", "value": "2"}]
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "app", "env": env}]}}}}
    (container,) = containers(kube.patch(path, patch).good())
    assert [(e["name"], e["value"]) for e in container["env"]] == [("B", "2"), ("A", "1")]


@statement("kubernetes.strategic-without-key", "kubernetes.md §5")
def test_strategic_merge_of_an_item_without_its_key_is_500_without_a_reason(kube: Wire, path: str) -> None:
    answer = kube.patch(path, {"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}})
    assert answer.told == (500, "", "map: map[image:x] does not contain declared merge key: name")


@statement("kubernetes.merge-replaces-lists", "kubernetes.md §5")
def test_merge_patch_replaces_lists_and_removes_by_null(kube: Wire, path: str) -> None:
    kube.patch(path, image_patch("reg.example/side:1", "side")).good()
    only = kube.patch(path, image_patch("reg.example/good:2"), MERGE).good()
    assert [c["name"] for c in containers(only)] == ["app"]
    kube.patch(path, {"metadata": {"annotations": {"a": "1", "b": "2"}}}, MERGE).good()
    left = kube.patch(path, {"metadata": {"annotations": {"a": None}}}, MERGE).good()
    assert "a" not in left["metadata"]["annotations"]
    assert left["metadata"]["annotations"]["b"] == "2"


@statement("kubernetes.merge-null", "kubernetes.md §5")
def test_a_merge_patch_that_is_null_is_400(kube: Wire, path: str) -> None:
    assert kube.patch(path, b"null", MERGE).told == (400, "BadRequest", "Invalid JSON Patch")


@statement("kubernetes.json-patch", "kubernetes.md §5")
def test_a_json_patch_works_and_says_422_when_a_test_or_path_fails(kube: Wire, path: str) -> None:
    field = "/spec/template/spec/containers/0/image"
    done = kube.patch(path, [{"op": "replace", "path": field, "value": "reg.example/good:3"}], JSON_PATCH).good()
    assert containers(done)[0]["image"] == "reg.example/good:3"
    for operation in ({"op": "test", "path": field, "value": "other"}, {"op": "remove", "path": "/spec/nosuch"}):
        answer = kube.patch(path, [operation], JSON_PATCH)
        message = "the server rejected our request due to an error in our request"
        assert (answer.told, answer.details) == ((422, "Invalid", message), {})
    assert kube.patch(path, {}, JSON_PATCH).told == (
        400,
        "BadRequest",
        "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
    )


@statement("kubernetes.patch-wrong-type", "kubernetes.md §5")
def test_a_wrong_json_type_in_a_merge_patch_is_422_about_the_whole_object(kube: Wire, path: str) -> None:
    answer = kube.patch(path, {"spec": {"replicas": "three"}}, MERGE)
    assert answer.status == 422
    assert answer.json["message"].startswith(' "" is invalid: patch: Invalid value: "{')
    assert answer.json["message"].endswith(
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    )
    assert answer.details["causes"][0]["field"] == "patch"


@statement("kubernetes.strategic-wrong-type", "kubernetes.md §5")
@pytest.mark.parametrize(
    ("patch", "printed", "why"),
    [
        ({"spec": {"replicas": "three"}}, "map[spec:map[replicas:three]]", "unrecognized type: int32"),
        ({"spec": {"paused": "yes"}}, "map[spec:map[paused:yes]]", "unrecognized type: bool"),
        ({"metadata": {"labels": {"a": 1}}}, "map[metadata:map[labels:map[a:1]]]", "cannot convert int64 to string"),
        ({"spec": 5}, "map[spec:5]", "cannot restore struct from: int64"),
        (
            {"spec": {"template": {"spec": {"containers": "x"}}}},
            "map[spec:map[template:map[spec:map[containers:x]]]]",
            "cannot restore slice from string",
        ),
        (
            image_patch(5),
            "map[spec:map[template:map[spec:map[containers:[map[image:5 name:app]]]]]]",
            "cannot convert int64 to string",
        ),
    ],
)
def test_a_wrong_json_type_in_a_strategic_merge_is_422_about_the_patch_alone(
    kube: Wire, path: str, patch: Obj, printed: str, why: str
) -> None:
    message = f'Invalid value: "{printed}": {why}'
    answer = kube.patch(path, patch)
    assert answer.told == (422, "Invalid", f' "" is invalid: patch: {message}')
    assert answer.details == {"causes": [{"reason": "FieldValueInvalid", "message": message, "field": "patch"}]}


# -- generation, no-ops, status -------------------------------------------------------------------------------
@statement("kubernetes.generation", "kubernetes.md §5")
def test_spec_and_annotations_raise_the_generation_but_labels_and_status_do_not(kube: Wire, path: str) -> None:
    def generation(patch: Obj) -> int:
        return int(kube.patch(path, patch, MERGE).good()["metadata"]["generation"])

    start = int(kube.call("GET", path).good()["metadata"]["generation"])
    assert generation(image_patch("reg.example/good:2")) == start + 1
    assert generation({"metadata": {"annotations": {"note": "x"}}}) == start + 2
    assert generation({"metadata": {"annotations": {"note": None}}}) == start + 3
    assert generation({"metadata": {"labels": {"team": "a"}}}) == start + 3
    assert generation({"status": {"replicas": 7}}) == start + 3
    assert kube.call("GET", path).good()["status"].get("replicas") is None


@statement("kubernetes.no-op", "kubernetes.md §5")
def test_a_change_of_nothing_keeps_version_and_owners(kube: Wire, ns: str) -> None:
    made = kube.configmap(ns, "a", {"k": "v"})
    path = MAPS.format(ns) + "/a"
    for answer in (
        kube.patch(path, {"data": {"k": "v"}}, MERGE, fieldManager="other"),
        kube.patch(path, {}, STRATEGIC),
        kube.call("PUT", path, {"metadata": {"name": "a"}, "data": {"k": "v"}}),
    ):
        assert answer.good()["metadata"] == made["metadata"]


@statement("kubernetes.put-unconditional", "kubernetes.md §5")
def test_a_put_without_a_version_is_unconditional_and_with_an_old_one_409(kube: Wire, ns: str) -> None:
    made = kube.configmap(ns, "a", {"k": "1"})
    path = MAPS.format(ns) + "/a"
    kube.call("PUT", path, {"metadata": {"name": "a"}, "data": {"k": "2"}}).good()
    stale = {"metadata": {"name": "a", "resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"k": "3"}}
    answer = kube.call("PUT", path, stale)
    assert answer.told[:2] == (409, "Conflict")
    assert kube.call("GET", path).good()["data"] == {"k": "2"}


@statement("kubernetes.patch-stale", "kubernetes.md §3")
@pytest.mark.parametrize("kind", [STRATEGIC, MERGE])
def test_a_patch_that_carries_an_old_version_is_409_and_changes_nothing(kube: Wire, path: str, kind: str) -> None:
    old = kube.call("GET", path).version
    kube.patch(path, {"metadata": {"labels": {"moved": "yes"}}}, MERGE).good()
    answer = kube.patch(path, image_patch("reg.example/evil:1", resourceVersion=old), kind)
    assert answer.told == (
        409,
        "Conflict",
        'Operation cannot be fulfilled on deployments.apps "d": the object has been modified; please apply your '
        "changes to the latest version and try again",
    )
    assert answer.details == {"name": "d", "group": "apps", "kind": "deployments"}
    assert containers(kube.call("GET", path).good())[0]["image"] == "reg.example/good:1"


@statement("kubernetes.uid-immutable", "kubernetes.md §5")
def test_the_uid_cannot_be_changed(kube: Wire, path: str) -> None:
    assert kube.patch(path, {"metadata": {"uid": "x"}}, MERGE).told == (
        422,
        "Invalid",
        'Deployment.apps "d" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    )


# -- dry run --------------------------------------------------------------------------------------------------
@statement("kubernetes.dry-run-patch", "kubernetes.md §5")
def test_a_dry_run_answers_the_new_generation_with_the_old_version_and_stores_nothing(kube: Wire, path: str) -> None:
    before = kube.call("GET", path).good()
    tried = kube.patch(path, image_patch("reg.example/good:9"), dryRun="All").good()
    assert containers(tried)[0]["image"] == "reg.example/good:9"
    assert tried["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert containers(kube.call("GET", path).good()) == containers(before)


@statement("kubernetes.dry-run-create", "kubernetes.md §5")
def test_a_dry_run_of_a_create_has_a_uid_but_no_version(kube: Wire, ns: str) -> None:
    tried = kube.call("POST", MAPS.format(ns), {"metadata": {"name": "a"}}, query={"dryRun": "All"}).good(201)
    assert "uid" in tried["metadata"]
    assert "resourceVersion" not in tried["metadata"]
    assert kube.call("GET", MAPS.format(ns) + "/a").status == 404


@statement("kubernetes.dry-run-unknown", "kubernetes.md §5")
def test_a_dry_run_of_another_value_is_422(kube: Wire, path: str) -> None:
    assert kube.patch(path, {}, dryRun="Yes").told[2] == (
        'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: []string{"Yes"}: supported values: "All"'
    )


# -- owners and apply -----------------------------------------------------------------------------------------
@statement("kubernetes.managed-fields", "kubernetes.md §5")
def test_a_patch_is_recorded_under_its_manager(kube: Wire, path: str) -> None:
    patched = kube.patch(path, image_patch("reg.example/good:2"), fieldManager="opsportal-image").good()
    (mine,) = [m for m in patched["metadata"]["managedFields"] if m["manager"] == "opsportal-image"]
    assert (mine["operation"], mine["apiVersion"], mine["fieldsType"]) == ("Update", "apps/v1", "FieldsV1")
    items = mine["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]
    assert items['k:{"name":"app"}']["f:image"] == {}


@statement("kubernetes.manager-from-agent", "kubernetes.md §5")
def test_without_a_manager_the_user_agent_up_to_the_slash_is_one(kube: Wire, ns: str) -> None:
    obj = {"metadata": {"name": "a"}, "data": {"k": "v"}}
    made = kube.call("POST", MAPS.format(ns), obj, User_Agent="Python/37.0").good(201)
    assert [m["manager"] for m in made["metadata"]["managedFields"]] == ["Python"]


@statement("kubernetes.apply-conflict", "kubernetes.md §5")
def test_an_apply_over_anothers_field_is_409_and_force_takes_it(kube: Wire, path: str) -> None:
    kube.patch(path, image_patch("reg.example/good:2"), fieldManager="opsportal-image").good()
    body = config("d", image="reg.example/good:1")
    answer = kube.apply(path, body, "opsportal-config")
    field = '.spec.template.spec.containers[name="app"].image'
    owner = 'conflict with "opsportal-image" using apps/v1'
    assert answer.told == (409, "Conflict", f"Apply failed with 1 conflict: {owner}: {field}")
    assert answer.details["causes"] == [{"reason": "FieldManagerConflict", "message": owner, "field": field}]
    assert containers(kube.call("GET", path).good())[0]["image"] == "reg.example/good:2"
    taken = kube.apply(path, body, "opsportal-config", force="true").good()
    assert containers(taken)[0]["image"] == "reg.example/good:1"
    assert "opsportal-image" not in [
        m["manager"] for m in taken["metadata"]["managedFields"] if "f:image" in str(m["fieldsV1"])
    ]


@statement("kubernetes.apply-shared", "kubernetes.md §5")
def test_an_apply_of_the_same_value_is_no_conflict(kube: Wire, path: str) -> None:
    kube.patch(path, image_patch("reg.example/good:2"), fieldManager="opsportal-image").good()
    kube.apply(path, config("d", image="reg.example/good:2"), "opsportal-config").good()


@statement("kubernetes.apply-scale-conflict", "kubernetes.md §5")
def test_a_conflict_with_a_scaler_names_the_subresource(kube: Wire, path: str) -> None:
    kube.patch(path + "/scale", {"spec": {"replicas": 1}}, MERGE, fieldManager="Python").good()
    body = config("d", image="reg.example/good:1")
    body["spec"]["replicas"] = 2
    answer = kube.apply(path, body, "opsportal-config")
    assert {"message": 'conflict with "Python" with subresource "scale" using apps/v1', "field": ".spec.replicas"} in [
        {k: c[k] for k in ("message", "field")} for c in answer.details["causes"]
    ]


@statement("kubernetes.apply-creates-and-repeats", "kubernetes.md §5")
def test_an_apply_creates_with_201_and_repeats_without_a_new_version(kube: Wire, ns: str) -> None:
    path = MAPS.format(ns) + "/a"
    body = {**named("a"), "data": {"k": "v", "gone": "x"}}
    made = kube.apply(path, body, "portal")
    made.good(201)
    again = kube.apply(path, body, "portal")
    assert again.good()["metadata"] == made.json["metadata"]
    rival = kube.apply(path, {**body, "data": {"k": "other"}}, "rival")
    assert rival.told[2] == 'Apply failed with 1 conflict: conflict with "portal": .data.k'


@statement("kubernetes.apply-removes", "kubernetes.md §5")
def test_a_field_left_out_of_the_next_apply_goes_unless_another_owns_it(kube: Wire, ns: str) -> None:
    path = MAPS.format(ns) + "/a"
    body = named("a")
    kube.apply(path, {**body, "data": {"a": "1", "b": "2", "c": "3"}}, "portal").good(201)
    kube.apply(path, {**body, "data": {"b": "2"}}, "rival").good()
    left = kube.apply(path, {**body, "data": {"c": "3"}}, "portal").good()
    assert left["data"] == {"b": "2", "c": "3"}


@statement("kubernetes.apply-removes-items", "kubernetes.md §5")
def test_an_environment_variable_left_out_of_the_next_apply_goes(kube: Wire, ns: str) -> None:
    path = DEPLOYMENTS.format(ns) + "/web"
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    first = config("web", image="reg.example/good:1", env=env)
    first["spec"]["replicas"] = 0
    kube.apply(path, first, "opsportal-config").good(201)
    second = config("web", image="reg.example/good:1", env=env[1:])
    second["spec"]["replicas"] = 0
    (container,) = containers(kube.apply(path, second, "opsportal-config").good())
    assert container["env"] == [{"name": "B", "value": "2"}]
    assert container["imagePullPolicy"] == "IfNotPresent"


@statement("kubernetes.apply-dry-run-conflict", "kubernetes.md §5")
def test_a_dry_run_of_an_apply_tells_the_conflict_or_the_outcome_and_stores_nothing(kube: Wire, path: str) -> None:
    kube.patch(path, image_patch("reg.example/good:2"), fieldManager="opsportal-image").good()
    version = kube.calm(path)["metadata"]["resourceVersion"]
    body = config("d", image="reg.example/good:3")
    assert kube.apply(path, body, "opsportal-config", dryRun="All").status == 409
    forced = kube.apply(path, body, "opsportal-config", dryRun="All", force="true").good()
    assert containers(forced)[0]["image"] == "reg.example/good:3"
    assert forced["metadata"]["resourceVersion"] == version
    assert containers(kube.call("GET", path).good())[0]["image"] == "reg.example/good:2"


@statement("kubernetes.force-without-apply", "kubernetes.md §5")
def test_force_on_another_patch_type_is_422(kube: Wire, path: str) -> None:
    assert kube.patch(path, {}, force="true").told[2] == (
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'
    )


# -- scale ----------------------------------------------------------------------------------------------------
@statement("kubernetes.scale", "kubernetes.md §5")
def test_a_scale_shows_and_changes_the_replicas_of_its_deployment(kube: Wire, path: str) -> None:
    before = kube.call("GET", path).good()["metadata"]
    shown = kube.call("GET", path + "/scale").good()
    assert (shown["kind"], shown["apiVersion"]) == ("Scale", "autoscaling/v1")
    assert (shown["metadata"]["uid"], shown["status"]["selector"]) == (before["uid"], "app=d")
    changed = kube.patch(path + "/scale", {"spec": {"replicas": 1}}, MERGE).good()
    assert changed["spec"] == {"replicas": 1}
    after = kube.call("GET", path).good()
    assert after["spec"]["replicas"] == 1
    assert after["metadata"]["generation"] == before["generation"] + 1


@statement("kubernetes.scale-invalid", "kubernetes.md §5")
def test_a_negative_scale_is_422_of_the_scale(kube: Wire, path: str) -> None:
    assert kube.patch(path + "/scale", {"spec": {"replicas": -2}}, MERGE).told[2] == (
        'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -2: must be greater than or equal to 0'
    )
