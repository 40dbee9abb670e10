"""Held secrets on their way to the clusters: applied with a configuration, rolled out anew, pruned, and never told."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings

from apps.common import logs
from apps.common.errors import Conflict, Invalid
from apps.tickets.fingerprints import refresh_fingerprint
from apps.tickets.models import Ticket
from apps.workloads.models import ConfigurationRevision
from tests.releases.bare import emptied
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.sandbox import fault
from tests.support.story import Company
from tests.tickets.web import signed_in
from tests.workloads.configuring.test_ticket import removed_again
from tests.workloads.secrets.ways import (
    DOCUMENT,
    NEW,
    OLD,
    OWN,
    PULL,
    drop,
    forms_of,
    hold,
    rows_with,
    secret,
    swept_of_secrets,
    template,
)

pytestmark = pytest.mark.django_db(transaction=True)
PREVIEW = "/api/v1/configurations/preview"
VERSIONS = "opsportal.io/secret-versions"


@pytest.fixture(autouse=True)
def clean(company: Company) -> Iterator[None]:
    swept_of_secrets(company)
    yield
    for server in company.sandbox.servers.values():
        server.faults.clear()
    for environment in ("test", "production"):
        removed_again(company, environment)
    swept_of_secrets(company)


def proposed(company: Company, environment: str = "test", document: Any = None, **form: Any) -> Ticket:
    given = {"name": SLUG, "document": document or DOCUMENT, "based_on": 0, "take_over": True, **form}
    return company.file("configure", "developer", SLUG, environment, **given)


def configured(company: Company, hand: Hand, environment: str = "test", document: Any = None, **form: Any) -> Ticket:
    ticket = proposed(company, environment, document, **form)
    if ticket.status == "pending_approval":
        company.approve(ticket, "ops")
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    return ended


def done_to_objects(ticket: Ticket) -> Any:
    """What its one `apply_configuration` says that it did."""
    output: Any = ticket.steps.get(name="apply_configuration").output
    return output["objects"]


def previewed(company: Company, environment: str = "test", document: Any = None) -> Any:
    body = {"project": SLUG, "environment": environment, "name": SLUG, "document": document or DOCUMENT}
    return signed_in(company.people["developer"]).post(PREVIEW, {**body, "take_over": True})


def test_a_value_reaches_the_cluster_with_the_configuration_and_the_pods_take_it(company: Company, hand: Hand) -> None:
    hold(company)
    assert secret(company) is None
    ticket = configured(company, hand)
    made = secret(company)
    assert made is not None
    assert (made["type"], made["data"]) == ("Opaque", {"db": OLD})
    assert made["metadata"]["labels"]["app.kubernetes.io/part-of"] == SLUG
    pods = template(company)
    variable = next(one for one in pods["spec"]["containers"][0]["env"] if one["name"] == "DB_PASSWORD")
    assert variable["valueFrom"] == {"secretKeyRef": {"name": OWN, "key": "db"}}
    assert pods["metadata"]["annotations"][VERSIONS] == "db=1"
    objects = done_to_objects(ticket)
    assert objects[0] == {"object": f"Secret {OWN}", "did": "created"}
    assert ConfigurationRevision.objects.get().secret_versions == {"db": 1}


def test_a_new_value_alone_is_a_change_that_restarts_the_pods(company: Company, hand: Hand) -> None:
    hold(company)
    configured(company, hand)
    before = Cluster(company, "test-1").deployment()["metadata"]["generation"]
    hold(company, NEW)
    (row,) = previewed(company).json()["clusters"]
    told = {one["object"]: [(c["path"], c["before"], c["after"]) for c in one["changes"]] for one in row["objects"]}
    assert told[f"Secret {OWN}"] == [("data.db", None, None)]
    annotation = f"spec.template.metadata.annotations[{VERSIONS}]"
    assert told[f"Deployment {SLUG}"] == [(annotation, "db=1", "db=2")]
    ticket = configured(company, hand, based_on=1)
    assert (secret(company) or {})["data"] == {"db": NEW}
    assert Cluster(company, "test-1").deployment()["metadata"]["generation"] == before + 1
    did = {one["object"]: one["did"] for one in done_to_objects(ticket)}
    assert did[f"Secret {OWN}"] == "changed"


def test_the_same_value_again_changes_no_secret(company: Company, hand: Hand) -> None:
    hold(company)
    configured(company, hand)
    (row,) = previewed(company).json()["clusters"]
    assert [one["changes"] for one in row["objects"] if one["object"] == f"Secret {OWN}"] == [[]]


def test_a_value_somebody_changed_in_the_cluster_is_seen_as_a_change(company: Company, hand: Hand) -> None:
    hold(company)
    configured(company, hand)
    body = {"stringData": {"db": "by hand"}}
    path = f"/api/v1/namespaces/test/secrets/{OWN}?fieldManager=kubectl-edit"
    Cluster(company, "test-1").call("PATCH", path, body, "application/strategic-merge-patch+json")
    answer = previewed(company)
    (row,) = answer.json()["clusters"]
    (found,) = [one["changes"] for one in row["objects"] if one["object"] == f"Secret {OWN}"]
    assert found == [{"path": "data.db", "before": None, "after": None}]
    assert not [text for text in forms_of("by hand", OLD) if text in answer.content.decode()]
    configured(company, hand, based_on=1)
    assert (secret(company) or {})["data"] == {"db": OLD}


def test_what_the_document_no_longer_names_leaves_the_cluster(company: Company, hand: Hand) -> None:
    hold(company)
    hold(company, "spare-value", "spare")
    both = {**DOCUMENT, "secrets": [*DOCUMENT["secrets"], {"name": "SPARE", "secret": "", "key": "spare"}]}
    configured(company, hand, document=both)
    assert (secret(company) or {})["data"] == {"db": OLD, "spare": "spare-value"}
    configured(company, hand, based_on=1)
    assert (secret(company) or {})["data"] == {"db": OLD}
    ticket = configured(company, hand, based_on=2, document={**DOCUMENT, "secrets": []})
    assert secret(company) is None
    objects = done_to_objects(ticket)
    assert {"object": f"Secret {OWN}", "did": "removed"} in objects
    assert VERSIONS not in (template(company)["metadata"].get("annotations") or {})


def test_the_pull_secret_is_used_until_it_is_removed_or_another_is_named(company: Company, hand: Hand) -> None:
    hold(company, key=".pull")
    configured(company, hand, document={"replicas": 1})
    made = secret(company, name=PULL)
    assert made is not None
    assert made["type"] == "kubernetes.io/dockerconfigjson"
    assert json.loads(made["data"][".dockerconfigjson"])["auths"]["registry.example"]["password"] == OLD
    assert template(company)["spec"]["imagePullSecrets"] == [{"name": PULL}]
    assert secret(company) is None
    configured(company, hand, document={"replicas": 1, "pull_secret": "theirs"}, based_on=1)
    assert template(company)["spec"]["imagePullSecrets"] == [{"name": "theirs"}]
    assert secret(company, name=PULL) is None
    drop(company, ".pull")
    configured(company, hand, document={"replicas": 1}, based_on=2)
    assert "imagePullSecrets" not in template(company)["spec"]


@pytest.mark.parametrize("labelled", [False, True])
def test_a_secret_of_somebody_else_is_a_conflict_and_stays_what_it_is(
    company: Company, outside: Outside, labelled: bool
) -> None:
    hold(company)
    labels = {"app.kubernetes.io/managed-by": "opsportal", "app.kubernetes.io/part-of": SLUG} if labelled else {}
    theirs = {"metadata": {"name": OWN, "labels": labels}, "type": "Opaque", "stringData": {"db": "theirs"}}
    Cluster(company, "test-1").call("POST", "/api/v1/namespaces/test/secrets", theirs)
    outside.mark()
    (row,) = previewed(company).json()["clusters"]
    (refused,) = [one["refused"] for one in row["objects"] if one["object"] == f"Secret {OWN}"]
    assert (refused["code"], refused["params"]["object"]) == ("secret.name_taken", f"Secret {OWN}")
    with pytest.raises(Conflict) as caught:
        proposed(company)
    assert caught.value.code == "secret.name_taken"
    assert (Ticket.objects.count(), outside.changed()) == (0, [])
    assert (secret(company) or {})["data"] == {"db": "theirs"}


def test_a_key_without_a_value_is_told_at_its_field_before_there_is_a_ticket(
    company: Company, outside: Outside
) -> None:
    answer = previewed(company)
    assert answer.status_code == 400
    (problem,) = answer.json()["fields"]["/secrets/0/key"]
    assert (problem["code"], problem["params"]["key"], problem["params"]["environment"]) == (
        ("secret.no_value", "db", "test")
    )
    with pytest.raises(Invalid) as caught:
        proposed(company)
    assert list(caught.value.fields or {}) == ["/secrets/0/key"]
    assert (Ticket.objects.count(), outside.changed()) == (0, [])
    hold(company)
    assert previewed(company).status_code == 200


def test_the_key_of_the_pull_secret_is_no_value_for_a_variable(company: Company) -> None:
    hold(company, key=".pull")
    document = {"secrets": [{"name": "A", "secret": "", "key": ".pull"}]}
    assert list(previewed(company, document=document).json()["fields"]) == ["/secrets/0/key"]


def test_an_approval_is_of_a_version_and_falls_with_the_next(company: Company, hand: Hand) -> None:
    hold(company, environment="production")
    document = {key: value for key, value in DOCUMENT.items() if key != "replicas"}
    ticket = proposed(company, "production", document)
    assert (ticket.fingerprint_content or {})["secrets"] == {"db": 1}
    company.approve(ticket, "ops")
    assert refresh_fingerprint(ticket) == []
    hold(company, NEW, environment="production")
    ended = hand.drive(ticket, until=lambda: Ticket.objects.get(pk=ticket.pk).status == "pending_approval")
    assert secret(company, "dc1") is None
    lines = {line["path"]: (line["before"], line["after"]) for line in (ended.reason or {})["params"]["lines"]}
    assert lines["secrets.db"] == (1, 2)
    company.approve(ended, "ops")
    ended = hand.drive(ended)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert [(secret(company, name) or {})["data"] for name in ("dc1", "dc2")] == [{"db": NEW}] * 2
    assert ConfigurationRevision.objects.get().secret_versions == {"db": 2}


def test_a_value_set_between_two_clusters_stops_at_the_second(company: Company, hand: Hand) -> None:
    hold(company, environment="production")
    ticket = proposed(company, "production", {key: value for key, value in DOCUMENT.items() if key != "replicas"})
    company.approve(ticket, "ops")
    hand.drive(ticket, until=hand.step_is(ticket, "await_configuration", target=f"dc1/{SLUG}"))
    hold(company, NEW, environment="production")
    ended = hand.drive(ticket)
    assert ended.status == "failed"
    step = ticket.steps.get(name="apply_configuration", target=f"dc2/{SLUG}")
    reason = step.reason or {}
    assert (reason["code"], reason["params"]["keys"]) == ("secret.changed_meanwhile", "db")
    assert (secret(company, "dc1") or {})["data"] == {"db": OLD}
    assert secret(company, "dc2") is None


def test_a_value_deleted_before_the_start_lets_the_ticket_fail_at_nothing(
    company: Company, hand: Hand, outside: Outside
) -> None:
    hold(company)
    ticket = proposed(company)
    drop(company)
    outside.mark()
    ended = hand.drive(ticket)
    assert (ended.status, (ended.reason or {})["code"], outside.changed()) == ("failed", "secret.no_value", [])
    assert secret(company) is None


def test_the_first_release_makes_a_deployment_that_takes_the_values_applied_before(
    company: Company, hand: Hand
) -> None:
    emptied(company)
    hold(company)
    configured(company, hand, take_over=False)
    assert (secret(company) or {})["data"] == {"db": OLD}
    hold(company, NEW)
    hand.released()
    pods = template(company)
    assert {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": OWN, "key": "db"}}} in (
        pods["spec"]["containers"][0]["env"]
    )
    # The cluster has version 1 until the next configuration, which must then restart these pods.
    assert pods["metadata"]["annotations"][VERSIONS] == "db=1"
    assert (secret(company) or {})["data"] == {"db": OLD}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG, as it is written."""
    logs.configure(as_json=True, level="DEBUG")
    handler = next(h for h in logging.getLogger().handlers if h.get_name() == "opsportal")
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield stream
    logs.configure(as_json=settings.CONFIG.log_json, level=settings.CONFIG.log_level)


def test_no_value_is_in_any_row_any_log_line_or_any_answer(company: Company, hand: Hand, log: io.StringIO) -> None:
    answers: list[str] = []
    hold(company)
    hold(company, NEW, ".pull")
    answers.append(previewed(company).content.decode())
    fault(company.sandbox.clusters["test-1"], "secrets.patch", "status", status=422, times=1)
    refused = hand.drive(proposed(company))
    assert refused.status == "failed"
    ticket = configured(company, hand)
    client = signed_in(company.people["ops"])
    one = f"/api/v1/projects/{SLUG}/configurations/test/{SLUG}/"
    yaml = client.get(f"{one}export.yaml")
    answers.append(b"".join(yaml).decode() if yaml.streaming else yaml.content.decode())
    assert "Secret" in answers[-1]
    for url in (
        f"{one}chart",
        f"/api/v1/tickets/{ticket.pk}/",
        f"/api/v1/tickets/{refused.pk}/",
        f"/api/v1/projects/{SLUG}/secrets/?environment=test&workload={SLUG}",
        f"/api/v1/audit/?project={company.projects[SLUG].pk}",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.content)
        answers.append(answer.content.decode())
    structlog.get_logger("probe").debug("the log is heard")
    wanted = forms_of(OLD, NEW)
    assert "the log is heard" in log.getvalue()
    assert [text for text in wanted if text in log.getvalue()] == []
    assert [text for text in wanted for told in answers if text in told] == []
    assert list(rows_with(wanted)) == []
    assert list(rows_with(["DB_PASSWORD"])) != []
