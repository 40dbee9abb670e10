"""Rendered objects against the files in golden/, and each of them against the stand-in's API over its socket.

`GOLDEN=write` writes the files anew; read the difference before committing it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.sandbox.kubernetes.api.access import cluster_admin
from apps.sandbox.kubernetes.server import KubernetesServer
from apps.workloads.rendering import changes, to_yaml
from apps.workloads.rendering.secrets import without_values
from tests.contracts.kubernetes_fixtures import real_address
from tests.contracts.kubernetes_wire import Wire
from tests.support.servers import serving
from tests.workloads.rendering.cases import CASES

Json = dict[str, Any]
GOLDEN = Path(__file__).parent / "golden"
PATHS = {
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
    "Service": "/api/v1/namespaces/{}/services",
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "Ingress": "/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
}


@pytest.fixture(scope="module", params=["standin", "real"])
def kube(request: pytest.FixtureRequest) -> Iterator[Wire]:
    if request.param == "real":
        url, token, ca_pem = real_address()
        yield Wire(url, token, ca_pem)
        return
    server = KubernetesServer(None, name="golden", tokens={"t": cluster_admin()}, is_live=False)
    with serving(server):
        yield Wire(server.url, "t", server.ca_pem, is_living=False)


def path_of(obj: Json) -> str:
    about = obj["metadata"]
    if obj["kind"] == "Namespace":
        return f"/api/v1/namespaces/{about['name']}"
    return f"{PATHS[obj['kind']].format(about['namespace'])}/{about['name']}"


@pytest.mark.parametrize("name", CASES)
def test_objects_are_what_the_golden_file_says(name: str) -> None:
    file = GOLDEN / f"{name}.yaml"
    text = to_yaml(CASES[name]())
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_golden_file_is_without_its_case() -> None:
    assert {file.stem for file in GOLDEN.glob("*.yaml")} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_golden_file_read_as_yaml_gives_the_objects_again(name: str) -> None:
    expected = [without_values(obj)[0] for obj in CASES[name]()]
    assert list(yaml.safe_load_all((GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))) == expected


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_null_or_empty_for_such_fields_would_be_owned_by_the_portal(name: str) -> None:
    assert [path for obj in CASES[name]() for path in _empty(obj, obj["kind"])] == []


def _empty(value: Any, path: str) -> list[str]:
    if value in (None, "", [], {}):
        return [] if path.endswith(".emptyDir") else [path]
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, member in members for found in _empty(member, f"{path}.{key}")]


@pytest.mark.parametrize("name", CASES)
def test_the_cluster_takes_the_objects_strictly_and_a_second_apply_changes_nothing(kube: Wire, name: str) -> None:
    for obj in map(with_values, CASES[name]()):
        in_namespace(kube, obj["metadata"].get("namespace"))
        query = {"force": "true", "fieldValidation": "Strict"}
        first = kube.apply(path_of(obj), obj, "opsportal-config", **query)
        assert (first.status in (200, 201), first.headers.get("Warning")) == (True, None), first.body
        again = kube.apply(path_of(obj), obj, "opsportal-config", **query)
        assert again.status == 200, again.body
        assert changes(again.json, obj) == []
        # Where controllers live, they write of their own: a status, a revision.
        about, known = again.json["metadata"], first.json["metadata"]
        assert about.get("generation") == known.get("generation")
        assert kube.is_living or again.version == first.version
        assert [e for e in about["managedFields"] if e["manager"] == "opsportal-config"] == [
            e for e in known["managedFields"] if e["manager"] == "opsportal-config"
        ]


def with_values(obj: Json) -> Json:
    """A Secret whose values are filled in: its digests are no base64."""
    return {**obj, "data": dict.fromkeys(obj["data"], "e30=")} if obj["kind"] == "Secret" else obj


def test_a_secret_whose_values_were_not_filled_in_is_refused_by_the_cluster(kube: Wire) -> None:
    for obj in [one for one in CASES["secrets"]() if one["kind"] == "Secret"]:
        in_namespace(kube, obj["metadata"]["namespace"])
        refused = kube.apply(path_of(obj), obj, "opsportal-config", fieldValidation="Strict", force="true")
        assert refused.status in (400, 422), refused.body


def in_namespace(kube: Wire, name: str | None) -> None:
    if name:
        kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": name}})


def test_the_job_of_the_cron_is_one_that_the_cluster_takes(kube: Wire) -> None:
    (cron,) = [obj for obj in CASES["cron"]() if obj["kind"] == "CronJob"]
    template = cron["spec"]["jobTemplate"]
    about = {"name": "book-29401110", "namespace": "night", **template["metadata"]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": about, "spec": template["spec"]}
    in_namespace(kube, "night")
    assert kube.apply(path_of(job), job, "cronjob-controller", fieldValidation="Strict").status == 201
