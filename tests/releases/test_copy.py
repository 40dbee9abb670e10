"""A data centre with a registry of its own: the image is brought there before the cluster is told to run it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.integrations.clients import get_registry
from apps.integrations.loop import run
from apps.integrations.models import Cluster as ClusterRow
from apps.integrations.models import Registry
from apps.releases.models import Release, Rollout
from apps.releases.targets import foreign_registries, target_steps, workloads_of
from apps.sandbox import compose
from apps.sandbox.base.faults import Fault
from apps.sandbox.compose import Sandbox
from apps.sandbox.kubernetes.server import KubernetesServer, RegistryAccess
from apps.sandbox.registry.server import RegistryServer
from apps.tickets.models import Ticket
from apps.tickets.services.running import cancel_ticket, retry_ticket
from tests.releases.hand import SLUG, Hand, Outside
from tests.support.sandbox import running_sandbox
from tests.support.servers import serving
from tests.support.story import Company

REPO = f"shop/{SLUG}"
USER, PASSWORD = "ci", "s3cret"


@pytest.fixture(scope="module")
def second() -> Iterator[RegistryServer]:
    """The registry of dc2."""
    with serving(RegistryServer(None, user=USER, password=PASSWORD)) as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, second: RegistryServer) -> Iterator[Sandbox]:
    """As everywhere, but dc2 pulls from its own registry only."""
    access = RegistryAccess(host_of(second), second.url, USER, PASSWORD)

    def make(data_dir: Any, *, name: str, registry: RegistryAccess, **more: Any) -> KubernetesServer:
        return KubernetesServer(data_dir, name=name, registry=access if name == "dc2" else registry, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compose, "KubernetesServer", make)
        with running_sandbox(tmp_path_factory, build_seconds=0.4, pod_start_seconds=0.05) as running:
            yield running


@pytest.fixture
def own(company: Company, second: RegistryServer) -> Registry:
    """The second registry's row, and dc2 pointing at it."""
    second.faults.clear()
    host = host_of(second)
    row = Registry.objects.create(name="dc2-registry", url=second.url, host=host, username=USER, password=PASSWORD)
    ClusterRow.objects.filter(name="dc2").update(registry=row, pull_host=host)
    return row


def host_of(server: RegistryServer) -> str:
    return server.url.removeprefix("http://")


def step_of(ticket: Ticket) -> Any:
    return ticket.steps.get(name="copy_image")


def approved(company: Company, hand: Hand, release: Release) -> Ticket:
    ticket = hand.promote(release)
    company.approve(ticket)
    return ticket


def presence(company: Company, release: Release) -> Any:
    client = APIClient()
    client.force_login(company.people["developer"])
    return client.get(f"/api/v1/releases/{release.pk}/presence").json()


def test_the_image_is_in_dc2s_registry_before_any_cluster_is_patched_and_a_second_ticket_copies_nothing(
    company: Company, hand: Hand, outside: Outside, own: Registry, second: RegistryServer
) -> None:
    release = hand.passed()
    assert [(r["registry"], r["clusters"], r["present"]) for r in presence(company, release)["registries"]] == [
        ("registry", ["dc1", "test-1"], True),
        ("dc2-registry", ["dc2"], False),
    ]
    outside.mark()
    ticket = approved(company, hand, release)
    assert list(ticket.steps.values_list("wave", "name", "target")) == [
        (0, "take_slot", ""),
        (0, "start", ""),
        (1, "copy_image", "dc2-registry"),
        (2, "patch_image", f"dc1/{SLUG}"),
        (2, "await_rollout", f"dc1/{SLUG}"),
        (3, "patch_image", f"dc2/{SLUG}"),
        (3, "await_rollout", f"dc2/{SLUG}"),
    ]
    hand.drive(ticket, until=hand.step_is(ticket, "copy_image"))
    assert outside.changed() == []
    put = second.journal.find("manifest.put", accepted=True)
    assert [entry.subject for entry in put] == [f"{REPO}:{release.tag}"]
    assert step_of(ticket).output == {"digest": release.digest, "copied": True}
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert outside.patched("dc2") == [f"{own.host}/{REPO}:{release.tag}@{release.digest}"]
    assert set(Rollout.objects.filter(ticket=ticket).values_list("result", flat=True)) == {"succeeded"}
    told = presence(company, release)
    assert (told["present"], told["reason"]) == (True, None)
    assert [row["present"] for row in told["registries"]] == [True, True]

    before = second.journal.last
    again = company.file("roll_back", "ops", SLUG, "production", release=release.tag, reason="once more, the same")
    company.approve(again, "ops2")
    again = hand.drive(again)
    assert (again.status, step_of(again).output["copied"]) == ("succeeded", False)
    assert {entry.method for entry in second.journal.find(since=before)} <= {"GET", "HEAD"}


def test_a_registry_that_says_no_fails_the_ticket_before_any_cluster_and_a_retry_goes_on(
    company: Company, hand: Hand, outside: Outside, own: Registry, second: RegistryServer
) -> None:
    release = hand.passed()
    outside.mark()
    ticket = approved(company, hand, release)
    second.faults.add(Fault("manifest.put", "status", status=403))
    ticket = hand.drive(ticket)
    assert (ticket.status, step_of(ticket).reason["code"]) == ("failed", "registry.right_missing")
    assert (outside.changed(), ticket.frozen_at) == ([], None)
    retry_ticket(ticket, actor=company.actor("ops"))
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)


def test_a_registry_that_is_down_is_asked_again_and_a_cancel_meanwhile_ends_it(
    company: Company, hand: Hand, outside: Outside, own: Registry, second: RegistryServer
) -> None:
    release = hand.passed()
    outside.mark()
    ticket = approved(company, hand, release)
    second.faults.add(Fault("*", "status", status=503, times=-1))
    hand.drive(ticket, until=hand.step_is(ticket, "copy_image", "waiting"))
    assert step_of(ticket).reason["params"]["name"] == "dc2-registry"
    told = presence(company, release)["registries"][1]
    assert (told["present"], told["trouble"]["code"]) == (None, "outside.unavailable")
    cancel_ticket(ticket, actor=company.actor("developer"))
    ticket = hand.drive(ticket, hurry=True)
    assert (ticket.status, outside.changed()) == ("canceled", [])


def test_a_copy_longer_than_one_visit_goes_on_where_it_was(
    company: Company, hand: Hand, own: Registry, second: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = hand.passed()
    ticket = approved(company, hand, release)
    hand.drive(ticket, until=hand.step_is(ticket, "copy_image", "due"))
    monkeypatch.setattr(settings.CONFIG, "lease_seconds", 6.0)
    second.faults.add(Fault("manifest.put", "hang", seconds=4))
    before = second.journal.last
    hand.drive(ticket, until=hand.step_is(ticket, "copy_image", "waiting"))
    assert (step_of(ticket).troubles, step_of(ticket).reason) == (0, None)
    hand.drive(ticket, until=hand.step_is(ticket, "copy_image"))
    blobs = [e.subject for e in second.journal.find("blob.put", accepted=True, since=before)]
    assert len(blobs) == len(set(blobs)) > 0
    assert run(get_registry(own).has_digest(REPO, release.digest), 5)


def test_a_release_brings_its_new_digest_to_a_foreign_registry_of_test(
    company: Company, hand: Hand, own: Registry
) -> None:
    # Pulling still happens from the first registry: what counts here is when the copy is made, and of what.
    ClusterRow.objects.filter(name="test-1").update(registry=own)
    release = hand.released()
    ticket = Ticket.objects.get(kind="release")
    names = list(ticket.steps.order_by("wave", "order").values_list("wave", "name"))
    assert names[-4:] == [(0, "take_slot"), (1, "copy_image"), (2, "patch_image"), (2, "await_rollout")]
    assert step_of(ticket).output == {"digest": release.digest, "copied": True}
    there = run(get_registry(own).head_manifest(REPO, release.tag), 5)
    assert there is not None
    assert there.digest == release.digest


def test_without_a_foreign_registry_the_plan_is_as_it_was(company: Company) -> None:
    project = company.projects[SLUG]
    workloads = workloads_of(project, company.environments["production"])
    assert foreign_registries(project, workloads) == []
    assert [(s.wave, s.name) for s in target_steps("promote", project, workloads)] == [
        (1, "patch_image"),
        (1, "await_rollout"),
        (2, "patch_image"),
        (2, "await_rollout"),
    ]
