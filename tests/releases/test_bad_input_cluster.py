"""Bad input at a cluster: what is missing, refused, out of reach or changed by somebody else, by code and params.

A release is broken right before `patch_image`, a promote right before it is filed. Nothing may be patched.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from apps.common.errors import Conflict, IntegrationError, Invalid
from apps.releases.models import Release, Rollout
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from apps.workloads.models import Workload
from apps.workloads.services import adopt_workload
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.story import Company

NOWHERE = "https://127.0.0.1:1"
DEPLOYMENT = f"deployment test/{SLUG}"
Broken = Callable[[Company], None]


def delete_the_deployment(company: Company) -> None:
    cluster = Cluster(company, "test-1")
    cluster.call("DELETE", cluster.path())


def make_it_anew(company: Company) -> None:
    """Another Deployment of that name: not the one that was adopted."""
    cluster = Cluster(company, "test-1")
    old = cluster.deployment()
    cluster.call("DELETE", cluster.path())
    meta = {"name": SLUG, "namespace": "test", "labels": old["metadata"]["labels"]}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": old["spec"]}
    cluster.call("POST", cluster.path().rpartition("/")[0], body)


def rename_the_container(company: Company) -> None:
    change = [{"op": "replace", "path": "/spec/template/spec/containers/0/name", "value": "application"}]
    Cluster(company, "test-1").patch(change, "application/json-patch+json")


def set_cluster(name: str, **fields: Any) -> Broken:
    def change(company: Company) -> None:
        row = Workload.objects.get(placement__cluster__name=name).placement.cluster
        for field, value in fields.items():
            setattr(row, field, value(company) if callable(value) else value)
        row.save()

    return change


def readonly(name: str) -> Callable[[Company], str]:
    return lambda company: next(c.readonly_token for c in company.sandbox.world.clusters if c.name == name)


def authority_of(name: str) -> Callable[[Company], str]:
    return lambda company: company.sandbox.clusters[name].ca_pem


@dataclass(frozen=True)
class Case:
    what: str
    breaks: Broken
    code: str
    params: dict[str, Any]


KUBERNETES = {"system": "Kubernetes", "name": "test-1", "what": DEPLOYMENT}
SAID_MISSING = f'deployments.apps "{SLUG}" not found'
SAID_FORBIDDEN = (
    f'deployments.apps "{SLUG}" is forbidden: User "system:serviceaccount:default:viewer" cannot patch resource '
    '"deployments" in API group "apps" in the namespace "test"'
)
CASES = [
    Case(
        "the Deployment is missing",
        delete_the_deployment,
        "kubernetes.deployment_missing",
        {"kind": "deployments", "object": SLUG, "place": SLUG, "said": SAID_MISSING, **KUBERNETES},
    ),
    Case(
        "the Deployment is another one of that name",
        make_it_anew,
        "workload.replaced",
        {"deployment": SLUG, "namespace": "test"},
    ),
    Case(
        "the container has another name",
        rename_the_container,
        "kubernetes.container_missing",
        {"container": "app", "object": SLUG, **KUBERNETES, "what": f"image of test/{SLUG}"},
    ),
    Case(
        "401: the token is not accepted",
        set_cluster("test-1", token="wrong"),
        "outside.unauthorized",
        {"field": "token", **KUBERNETES},
    ),
    Case(
        "403: the token may not patch",
        set_cluster("test-1", token=readonly("test-1")),
        "kubernetes.forbidden",
        {
            "verb": "patch",
            "resource": "deployments",
            "namespace": "test",
            "field": "token",
            "kind": "deployments",
            "object": SLUG,
            "place": SLUG,
            "said": SAID_FORBIDDEN,
            **KUBERNETES,
            "what": f"image of test/{SLUG}",
        },
    ),
    Case(
        "TLS: another authority",
        set_cluster("test-1", ca_pem=authority_of("dc1")),
        "outside.tls",
        {"said": ..., **KUBERNETES},
    ),
]


@pytest.fixture
def left_clean(company: Company) -> Iterator[None]:
    """The next test finds the Deployment as it is founded, not as this one left it."""
    yield
    cluster = Cluster(company, "test-1")
    if cluster.server.store.get("deployments", "test", SLUG) is not None:
        cluster.call("DELETE", cluster.path())


@pytest.mark.usefixtures("left_clean")
@pytest.mark.parametrize("case", CASES, ids=lambda c: c.what)
def test_a_cluster_that_says_no_fails_the_target_by_name_and_nothing_is_patched(
    case: Case, company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image", "due"))
    case.breaks(company)
    outside.mark()
    ticket = hand.drive(ticket)
    assert ticket.status == "failed"
    assert ticket.reason is not None
    params = {k: v if case.params.get(k) is not ... else ... for k, v in ticket.reason["params"].items()}
    assert (ticket.reason["code"], params) == (case.code, case.params)
    assert ticket.steps.get(name="await_rollout").status == "skipped"
    for rollout in Rollout.objects.filter(ticket=ticket):
        assert (rollout.result, rollout.reason) == ("failed", ticket.reason)
    assert outside.changed() == []


PROMOTE_CASES = [
    ("unreachable", "outside.unavailable", {"api_url": NOWHERE}),
    ("TLS", "outside.tls", {"ca_pem": authority_of("dc2")}),
    ("401", "outside.unauthorized", {"token": "wrong"}),
]


@pytest.mark.parametrize(("what", "code", "fields"), PROMOTE_CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_promote_to_a_cluster_nobody_can_read_is_not_filed(
    company: Company, hand: Hand, outside: Outside, what: str, code: str, fields: dict[str, Any]
) -> None:
    release = hand.passed()
    set_cluster("dc1", **fields)(company)
    outside.mark()
    before = Ticket.objects.count()
    with pytest.raises(IntegrationError) as refused:
        hand.promote(release)
    assert refused.value.code == code
    assert (refused.value.params["system"], refused.value.params["name"]) == ("Kubernetes", "dc1")
    assert Ticket.objects.count() == before
    assert outside.changed() == []


def test_a_cluster_out_of_reach_is_waited_for_then_errored_and_reached_again_by_a_retry(
    company: Company, hand: Hand, outside: Outside
) -> None:
    """We could not tell is not no (law 4): thirty look-ups, then `errored`; the retry patches once."""
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image", "due"))
    url = company.sandbox.clusters["test-1"].url
    set_cluster("test-1", api_url=NOWHERE)(company)
    outside.mark()
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image", "waiting"))
    step = ticket.steps.get(name="patch_image")
    assert step.reason is not None
    assert (step.troubles, step.reason["code"]) == (1, "outside.unavailable")
    assert Ticket.objects.get(pk=ticket.pk).status == "running"
    ticket = hand.drive(ticket, hurry=True)
    assert (ticket.status, ticket.reason["code"] if ticket.reason else "") == ("errored", "outside.unavailable")
    assert outside.changed() == []
    set_cluster("test-1", api_url=url)(company)
    ticket = hand.drive(retry_ticket(ticket, actor=company.actor("ops")))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert outside.changed() == [("cluster test-1", "deployments.patch")]


@pytest.fixture
def tight(company: Company) -> Iterator[Cluster]:
    """A quota in test that has no room for one pod more."""
    cluster = Cluster(company, "test-1")
    free = cluster.quota(pods=2)
    yield cluster
    free()


def test_an_exhausted_quota_fails_the_rollout_in_the_clusters_words(
    company: Company, hand: Hand, tight: Cluster, outside: Outside
) -> None:
    ticket = hand.drive(company.file("release", "developer", SLUG, "test", ref="main"))
    release = Release.objects.get(ticket=ticket)
    assert ticket.status == "failed"
    assert ticket.reason is not None
    assert ticket.reason["code"] == "rollout.quota_exceeded"
    assert "exceeded quota: tight, requested: pods=1, used: pods=2, limited: pods=2" in ticket.reason["params"]["said"]
    rollout = Rollout.objects.get(ticket=ticket)
    assert (rollout.result, rollout.reason) == ("failed", ticket.reason)
    assert len(outside.patched("test-1")) == 1
    assert tight.image().endswith(release.digest)


def test_another_image_set_during_the_rollout_is_never_called_success(company: Company, hand: Hand) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "patch_image"))
    release = Release.objects.get(ticket=ticket)
    other = "127.0.0.1:1/shop/other@sha256:" + "1" * 64
    Cluster(company, "test-1").set_image(other)
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == (
        "failed",
        {"code": "rollout.image_replaced", "params": {"image": other, "digest": release.digest}},
    )


ADOPTIONS = [
    ("deployment", {"deployment": "no-such"}, "workload.deployment_missing", {"deployment": "no-such"}),
    (
        "container",
        {"container": "sidecar"},
        "workload.container_missing",
        {"deployment": SLUG, "container": "sidecar"},
    ),
]


@pytest.mark.parametrize(("field", "given", "code", "params"), ADOPTIONS, ids=["deployment", "container"])
def test_adopting_what_is_not_there_names_the_field(
    company: Company, outside: Outside, field: str, given: dict[str, str], code: str, params: dict[str, str]
) -> None:
    where = {"namespace": "test", "cluster": "test-1"}
    asked = {"cluster": "test-1", "deployment": SLUG, "container": "app", **given}
    with pytest.raises(Invalid) as refused:
        adopt_workload(company.projects[SLUG], company.environments["test"], **asked, actor=company.actor("ops"))
    assert refused.value.as_reason() == {"code": code, "params": {**params, **where}}
    assert set(refused.value.fields or {}) == {field}
    assert outside.changed() == []


def test_a_release_to_an_environment_without_a_workload_is_not_filed(company: Company, outside: Outside) -> None:
    Workload.objects.filter(project_environment__environment__slug="test").delete()
    with pytest.raises(Conflict) as refused:
        company.file("release", "developer", SLUG, "test", ref="main")
    assert refused.value.as_reason() == {
        "code": "release.no_workload",
        "params": {"project": SLUG, "environment": "test"},
    }
    assert (Ticket.objects.count(), outside.changed()) == (0, [])


def test_the_trust_of_one_cluster_is_not_the_trust_of_another(company: Company) -> None:
    """What the TLS rows rest on: the stand-ins' authorities differ."""
    pems = {c.ca_pem for c in company.sandbox.world.clusters}
    assert len(pems) == 3
    assert all(ssl.create_default_context(cadata=pem) for pem in pems)
