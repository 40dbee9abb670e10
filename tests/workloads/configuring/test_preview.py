"""The preview of a configuration against running clusters: what it says of each, and that it changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from apps.audit.models import AuditEvent
from apps.catalog.models import Language
from apps.catalog.services import add_template
from apps.common.errors import Invalid
from apps.integrations.models import Cluster as ClusterRow
from apps.workloads.models import Configuration, Workload
from tests.releases.hand import SLUG, Cluster, Outside
from tests.support.factories import grant
from tests.support.sandbox import fault
from tests.support.story import Company
from tests.tickets.web import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/configurations/preview"


def asked(environment: str = "test", document: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"project": SLUG, "environment": environment, "name": SLUG, "document": document or {}, **more}


def answer_to(company: Company, who: str = "developer", **body: Any) -> Any:
    return signed_in(company.people[who]).post(URL, body)


def previewed(
    company: Company, environment: str = "test", document: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    answer = answer_to(company, **asked(environment, document, **more))
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def only(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    (found,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return found


def test_in_test_it_says_what_becomes_of_every_object_and_changes_nothing(company: Company, outside: Outside) -> None:
    found = previewed(company, take_over=True)
    (row,) = found["clusters"]
    image = Cluster(company, "test-1").image()
    assert (row["cluster"], row["namespace"], row["wave"], row["image"]) == ("test-1", "test", 1, image)
    assert (row["refused"], row["not_checked"], row["note"], row["removed"]) == (None, None, None, [])
    deployment = only(row["objects"], object=f"Deployment {SLUG}")
    assert (deployment["created"], deployment["refused"]) == (False, None)
    assert {"path": "spec.replicas", "before": 2, "after": 1} in deployment["changes"]
    assert not [one for one in deployment["changes"] if one["path"].endswith(".image") or "config-key" in one["path"]]
    service = only(row["objects"], object=f"Service {SLUG}")
    assert (service["created"], service["refused"]) == (True, None)
    texts = list(yaml.safe_load_all(row["yaml"]))
    assert [one["kind"] for one in texts] == ["Service", "Deployment"]
    container = texts[1]["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == image
    assert yaml.safe_load(row["helm_values"]) == {
        "replicas": texts[1]["spec"]["replicas"],
        "image": image,
        "resources": container["resources"],
    }
    assert found["document"]["workload"] == "service"
    assert outside.changed() == []
    assert Configuration.objects.count() == 0


def test_pods_are_spread_over_the_racks_that_each_cluster_names(company: Company) -> None:
    ClusterRow.objects.filter(name="dc2").update(rack_label="example.com/rack")
    found = previewed(company, "production", {"placement": {"spread": "racks"}}, take_over=True)
    keys = {}
    for row in found["clusters"]:
        (deployment,) = [one for one in yaml.safe_load_all(row["yaml"]) if one["kind"] == "Deployment"]
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        keys[row["cluster"]] = [one["topologyKey"] for one in spread]
    assert keys == {
        "dc1": ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
        "dc2": ["example.com/rack", "kubernetes.io/hostname"],
    }


def test_a_deployment_keeps_the_selector_it_was_made_with(company: Company) -> None:
    (row,) = previewed(company)["clusters"]
    (made,) = [one for one in yaml.safe_load_all(row["yaml"]) if one["kind"] == "Deployment"]
    assert made["spec"]["selector"] == {"matchLabels": {"app": SLUG}}
    assert made["spec"]["template"]["metadata"]["labels"]["app"] == SLUG
    assert made["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == SLUG


def test_in_production_both_data_centres_are_asked_in_the_order_of_their_waves(
    company: Company, outside: Outside
) -> None:
    found = previewed(company, "production")
    assert [(row["cluster"], row["wave"]) for row in found["clusters"]] == [("dc1", 1), ("dc2", 2)]
    assert all(len(row["objects"]) == 3 for row in found["clusters"])
    assert found["document"]["replicas"] == 3
    assert outside.changed() == []


def test_a_field_of_somebody_else_is_refused_with_its_owner(company: Company) -> None:
    (row,) = previewed(company, document={"replicas": 5})["clusters"]
    refused = only(row["objects"], object=f"Deployment {SLUG}")["refused"]
    assert refused["code"] == "kubernetes.apply_conflict"
    assert "spec.replicas (baseline)" in refused["params"]["fields_owned"]
    assert "baseline" in refused["detail"]
    assert only(row["objects"], object=f"Service {SLUG}")["refused"] is None


def test_a_denied_finding_is_told_with_the_change_that_satisfies_it(company: Company) -> None:
    found = previewed(company, "production", {"replicas": 1})
    finding = only(found["findings"], standard="replicas.least")
    assert (finding["level"], finding["field"], finding["params"]["replicas"]) == ("deny", "/replicas", 3)
    assert finding["suggestion"] == [{"path": "/replicas", "value": 3}]


def test_what_is_proposed_for_production_breaks_no_standard(company: Company) -> None:
    assert previewed(company, "production")["findings"] == []


def test_a_silent_cluster_hides_no_other_one(company: Company) -> None:
    fault(company.sandbox.clusters["dc1"], "*", "status", status=503, times=1000)
    rows = previewed(company, "production")["clusters"]
    silent, other = only(rows, cluster="dc1"), only(rows, cluster="dc2")
    assert (silent["refused"], silent["objects"], silent["yaml"]) == (None, [], "")
    assert silent["not_checked"]["detail"]
    assert (other["refused"], other["not_checked"], len(other["objects"])) == (None, None, 3)


def test_a_cluster_that_is_switched_off_is_said_to_be_left_out(company: Company) -> None:
    ClusterRow.objects.filter(name="dc2").update(is_enabled=False)
    found = previewed(company, "production")
    assert ([row["cluster"] for row in found["clusters"]], found["left_out"]) == (["dc1"], ["dc2"])


def test_a_quota_that_is_too_small_is_told_in_numbers(company: Company) -> None:
    lift = Cluster(company, "test-1").quota(4)
    try:
        (row,) = previewed(company, document={"replicas": 5})["clusters"]
    finally:
        lift()
    (quota,) = row["quotas"]
    assert (quota["name"], quota["hard"], quota["asked"]) == ("tight", {"pods": "4"}, {"pods": "6"})
    (short,) = quota["shortfalls"]
    assert (short["resource"], short["hard"], short["asked"], short["missing"]) == ("pods", "4", "6", "2")


def test_without_a_deployment_the_first_release_makes_it(company: Company) -> None:
    body = {**asked(), "name": "book-worker", "document": {"workload": "service"}}
    (row,) = answer_to(company, **body).json()["clusters"]
    assert [one["object"] for one in row["objects"]] == ["Service book-worker"]
    assert (row["image"], row["note"]["code"]) == ("", "configuration.first_release_makes_it")
    assert "no-image" not in row["yaml"]
    assert row["helm_values"] == ""


def test_an_adopted_deployment_of_another_name_is_not_doubled(company: Company) -> None:
    Workload.objects.filter(placement__cluster__name="test-1").update(name="book")
    body = {**asked(), "name": "book"}
    (row,) = answer_to(company, **body).json()["clusters"]
    assert (row["refused"]["code"], row["objects"]) == ("configuration.other_deployment", [])
    assert row["refused"]["params"] == {"workload": "book", "deployment": SLUG, "cluster": "test-1"}


def test_an_object_that_the_portal_made_for_another_project_is_not_touched(company: Company) -> None:
    labels = {
        "app.kubernetes.io/managed-by": "opsportal",
        "app.kubernetes.io/part-of": "film-api",
        "opsportal.io/environment": "test",
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": SLUG, "namespace": "test", "labels": labels},
        "spec": {"ports": [{"port": 80}], "selector": {"app": "film"}},
    }
    cluster = Cluster(company, "test-1")
    path = f"/api/v1/namespaces/test/services/{SLUG}"
    cluster.call("PATCH", f"{path}?fieldManager=opsportal-config", service, "application/apply-patch+yaml")
    try:
        (row,) = previewed(company)["clusters"]
    finally:
        cluster.call("DELETE", path)
    refused = only(row["objects"], object=f"Service {SLUG}")["refused"]
    assert (refused["code"], refused["params"]["project"]) == ("configuration.object_of_others", "film-api")


def test_what_an_earlier_revision_left_would_be_removed(company: Company) -> None:
    labels = {
        "app.kubernetes.io/managed-by": "opsportal",
        "app.kubernetes.io/name": SLUG,
        "app.kubernetes.io/part-of": SLUG,
        "opsportal.io/environment": "test",
    }
    old = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{SLUG}-files", "namespace": "test", "labels": labels},
        "data": {"a": "1"},
    }
    cluster = Cluster(company, "test-1")
    path = f"/api/v1/namespaces/test/configmaps/{SLUG}-files"
    cluster.call("PATCH", f"{path}?fieldManager=opsportal-config", old, "application/apply-patch+yaml")
    try:
        (row,) = previewed(company)["clusters"]
    finally:
        cluster.call("DELETE", path)
    assert row["removed"] == [f"ConfigMap {SLUG}-files"]


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        ({"replica": 3}, "/replica", "configuration.unknown_member"),
        ({"replicas": 201}, "/replicas", "configuration.too_large"),
        ({"workload": "job"}, "/workload", "configuration.not_a_choice"),
        ({"workload": 7}, "/workload", "configuration.wrong_type"),
    ],
)
def test_a_document_of_a_wrong_shape_names_its_fields_and_asks_nobody(
    company: Company, outside: Outside, document: dict[str, Any], place: str, code: str
) -> None:
    before = {name: server.journal.last for name, server in company.sandbox.clusters.items()}
    answer = answer_to(company, **asked(document=document))
    assert answer.status_code == 400, answer.content
    assert code in [one["code"] for one in answer.json()["fields"][place]]
    assert {name: server.journal.last for name, server in company.sandbox.clusters.items()} == before


def test_a_name_that_kubernetes_would_not_take_is_refused(company: Company) -> None:
    for name in ("Book", "1book", "book_api", "book-", "", "b" * 64):
        answer = answer_to(company, **{**asked(), "name": name})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["name"]), name


def test_a_stranger_finds_no_project_and_a_member_hears_what_is_missing(company: Company, outside: Outside) -> None:
    before = {name: server.journal.last for name, server in company.sandbox.clusters.items()}
    assert answer_to(company, "stranger", **asked()).status_code == 404
    company.people["guest"] = company.people["stranger"]
    grant(company.people["stranger"], company.projects[SLUG], company.environments["test"], "developer")
    refused = answer_to(company, "guest", **asked("production"))
    assert (refused.status_code, refused.json()["code"]) == (403, "policy.needs_role")
    assert answer_to(company, "guest", **asked("nowhere")).status_code == 400
    assert {name: server.journal.last for name, server in company.sandbox.clusters.items()} == before
    assert outside.changed() == []
    assert AuditEvent.objects.filter(action="configuration.propose").count() == 2


def test_a_logging_sidecar_is_that_of_the_language_and_refused_by_its_field_while_there_is_none(
    company: Company, outside: Outside
) -> None:
    document = {"sidecar": {"logging": True}}
    answer = answer_to(company, **asked(document=document))
    assert (answer.status_code, answer.json()["code"]) == (400, "rendering.no_sidecar_image")
    (problem,) = answer.json()["fields"]["/sidecar/logging"]
    assert problem["detail"].startswith("The template of java names no image for the logging sidecar.")
    with pytest.raises(Invalid) as refused:
        company.file("configure", "developer", SLUG, "test", name=SLUG, document=document, based_on=0)
    assert refused.value.code == "rendering.no_sidecar_image"
    assert (Configuration.objects.count(), outside.changed()) == (0, [])

    image = "registry.example.com/base/fluent-bit:3.1"
    java = Language.objects.get(slug="java")
    add_template(java, "logging_sidecar", body=image, actor=company.actor("admin"))
    (row,) = previewed(company, document=document, take_over=True)["clusters"]
    (made,) = [one for one in yaml.safe_load_all(row["yaml"]) if one["kind"] == "Deployment"]
    beside = [one["image"] for one in made["spec"]["template"]["spec"]["containers"] if one["name"] == "logging"]
    assert beside == [image]
