"""Differences in meaning: keyed lists, what the server filled in, what the manager owned, secrets."""

from __future__ import annotations

import base64
import copy
from typing import Any

from apps.workloads.rendering import Change, between, changes, render
from tests.workloads.rendering.documents import completed, subject

Json = dict[str, Any]


def deployment(**given: Any) -> Json:
    (found,) = [obj for obj in render(completed(**given), subject()) if obj["kind"] == "Deployment"]
    return found


def filled(obj: Json) -> Json:
    """As a cluster answers it, defaults and all."""
    live = copy.deepcopy(obj)
    live["metadata"] |= {
        "uid": "u",
        "resourceVersion": "9",
        "generation": 4,
        "creationTimestamp": "2026-01-02T03:04:05Z",
    }
    live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    live["status"] = {"replicas": 1}
    template = live["spec"]["template"]
    template["metadata"]["creationTimestamp"] = None
    template["spec"] |= {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "securityContext": {}}
    container = template["spec"]["containers"][0]
    container |= {"imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log"}
    container["readinessProbe"]["successThreshold"] = 1
    container["readinessProbe"]["httpGet"]["scheme"] = "HTTP"
    return live


def app_of(obj: Json) -> Json:
    return dict(obj["spec"]["template"]["spec"]["containers"][0])


def test_what_the_server_filled_in_is_no_change() -> None:
    assert changes(filled(deployment()), deployment()) == []


def test_a_new_revision_of_the_same_configuration_is_no_change() -> None:
    (_, newer) = render(completed(), subject(revision=8, template_version="go-4"))
    assert changes(filled(deployment()), newer) == []


def test_changes_are_named_by_readable_paths() -> None:
    sizes = {"cpu_request": "0.2", "cpu_limit": "1", "memory_request": "128Mi", "memory_limit": "1Gi"}
    wanted = deployment(
        replicas=4,
        resources=sizes,
        environment=[{"name": "A", "value": "1"}],
        ports=[{"name": "http", "port": 8080}, {"name": "more", "port": 9090}],
        files=[{"path": "/etc/x", "content": "1"}],
    )
    found = {
        change.path: (change.before, change.after, change.kind) for change in changes(filled(deployment()), wanted)
    }
    pod = "spec.template.spec"
    assert found.pop("spec.template.metadata.annotations")[2] == "added"
    assert found.pop(f"{pod}.volumes")[2] == "added"
    assert found.pop(f"{pod}.containers[app].volumeMounts")[2] == "added"
    assert found == {
        "spec.replicas": (1, 4, "changed"),
        f"{pod}.containers[app].resources.limits.memory": ("192Mi", "1Gi", "changed"),
        f"{pod}.containers[app].env[A]": (None, {"name": "A", "value": "1"}, "added"),
        f"{pod}.containers[app].ports[9090]": (
            None,
            {"name": "more", "containerPort": 9090, "protocol": "TCP"},
            "added",
        ),
    }


def test_the_order_of_a_keyed_list_means_nothing_and_that_of_words_does() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    live = filled(deployment(environment=env, command=["a", "b"]))
    app_of(live)["env"].reverse()
    assert changes(live, deployment(environment=env, command=["a", "b"])) == []
    (found,) = changes(live, deployment(environment=env, command=["b", "a"]))
    path = "spec.template.spec.containers[app].command"
    assert found == Change(path, ["a", "b"], ["b", "a"], "changed")


def test_a_quantity_written_otherwise_is_no_change_and_a_number_that_is_a_text_is_one() -> None:
    live = filled(deployment())
    app_of(live)["resources"]["requests"] = {"cpu": "0.2", "memory": "134217728"}
    assert changes(live, deployment()) == []
    app_of(live)["readinessProbe"]["httpGet"]["port"] = "8080"
    (found,) = changes(live, deployment())
    assert found.path == "spec.template.spec.containers[app].readinessProbe.httpGet.port"


def owned(live: Json, *names: str) -> Json:
    """`live` with env variables that the portal's configuration manager applied, and its args."""
    items = {f'k:{{"name":"{name}"}}': {".": {}, "f:name": {}, "f:value": {}} for name in names}
    container = {"f:env": {".": {}, **items}, "f:args": {}, "f:image": {}}
    pod = {"f:containers": {'k:{"name":"app"}': {".": {}, "f:name": {}, **container}}}
    fields = {"f:spec": {"f:template": {"f:spec": pod}}}
    entry = {"manager": "opsportal-config", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": fields}
    other = {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "apps/v1", "fieldsV1": {}}
    live["metadata"]["managedFields"] = [other, entry]
    return live


def test_only_what_the_portal_applied_itself_is_shown_as_removed() -> None:
    env = [{"name": "MINE", "value": "1"}, {"name": "THEIRS", "value": "2"}]
    live = owned(filled(deployment(environment=env, args=["serve"])), "MINE", "TZ")
    app_of(live)["stdin"] = True
    assert [(c.path, c.before, c.after, c.kind) for c in changes(live, deployment())] == [
        ("spec.template.spec.containers[app].env[MINE]", env[0], None, "removed"),
        ("spec.template.spec.containers[app].args", ["serve"], None, "removed"),
    ]


def test_between_two_renderings_everything_that_is_gone_is_removed() -> None:
    before, after = deployment(environment=[{"name": "A", "value": "1"}], pull_secret="r"), deployment()
    assert [(c.path, c.kind) for c in between(before, after)] == [
        ("spec.template.spec.containers[app].env[A]", "removed"),
        ("spec.template.spec.imagePullSecrets", "removed"),
    ]


def test_a_new_object_is_one_change() -> None:
    wanted = deployment()
    assert changes(None, wanted) == [Change("", None, wanted, "added")]


def secret(**data: str) -> Json:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "held"}, "data": encoded}


def test_of_a_secret_only_that_it_changed_is_said() -> None:
    live = secret(same="s3cret-a", other="s3cret-b", gone="s3cret-c")
    live["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "s3cret-b"}
    plain = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "held"}}
    wanted = {**plain, "stringData": {"same": "s3cret-a", "other": "s3cret-d", "new": "s3cret-e"}}
    found = between(live, wanted)
    assert [(c.path, c.before, c.after, c.kind) for c in found] == [
        ("data.other", None, None, "changed"),
        ("data.new", None, None, "added"),
        ("data.gone", None, None, "removed"),
    ]
    assert changes(None, wanted) == [Change("", None, None, "added")]
    for each in [*found, *between(plain, wanted), *between(wanted, plain), *changes(live, wanted)]:
        assert "s3cret" not in repr(each)
        assert base64.b64encode(b"s3cret").decode()[:7] not in repr(each)


def test_labels_and_paths_with_dots_stand_in_brackets() -> None:
    wanted = deployment()
    live = filled(wanted)
    live["metadata"]["labels"] = {**wanted["metadata"]["labels"], "app.kubernetes.io/name": "other"}
    (found,) = changes(live, wanted)
    assert found == Change("metadata.labels[app.kubernetes.io/name]", "other", "book", "changed")
