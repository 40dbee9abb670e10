"""Workloads over the API: rows only, by project, with what was last seen and how old that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.integrations.clients import forget_clients
from apps.integrations.models import Cluster
from apps.projects.models import Environment, Project, ProjectEnvironment
from apps.sandbox.kubernetes.api import access
from apps.sandbox.kubernetes.server import KubernetesServer
from apps.workloads.models import ClusterHeartbeat, Workload
from tests.accounts.factories import browser, make_admin, make_user
from tests.support.factories import grant, make_cluster, make_environment, make_project, place
from tests.support.servers import serving
from tests.workloads.objects import NEW, OLD, deployment, image, make_workload, observe, pod

URL = "/api/v1/workloads/"
pytestmark = pytest.mark.django_db


@dataclass
class Shop:
    project: Project
    test: Environment
    cluster: Cluster
    developer: User
    ops: User

    def beat(self, seconds: float = 0.0, trouble: Any = None) -> None:
        seen_at = db_now() - timedelta(seconds=seconds)
        ClusterHeartbeat.objects.update_or_create(
            cluster=self.cluster, defaults={"seen_at": seen_at, "trouble": trouble}
        )

    def one(self, workload: Workload, who: User | None = None) -> Any:
        answer = browser(who or self.developer).get(f"{URL}{workload.pk}/")
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def shop(db: None) -> Shop:
    project, test = make_project("book-api-n1"), make_environment("test")
    developer, ops = make_user("dev"), make_user("ops")
    grant(developer, project, test, "developer")
    grant(ops, project, test, "ops")
    return Shop(project, test, make_cluster(data_centre="lab-1"), developer, ops)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


class TestList:
    def test_members_see_theirs_and_nobody_else_any(self, shop: Shop) -> None:
        make_workload(shop.project, shop.test, shop.cluster)
        assert names(browser(shop.developer).get(URL)) == ["book"]
        assert names(browser(make_user()).get(URL)) == []
        assert names(browser(make_admin()).get(URL)) == []
        assert browser().get(URL).status_code == 401

    def test_it_is_narrowed_by_project_environment_and_cluster(self, shop: Shop) -> None:
        other, production = make_cluster("dc1"), make_environment("production", "production")
        make_workload(shop.project, shop.test, shop.cluster, "a")
        make_workload(shop.project, production, other, "b")
        client = browser(shop.developer)
        assert names(client.get(URL, {"project": "book-api-n1"})) == ["a", "b"]
        assert names(client.get(URL, {"environment": "production"})) == ["b"]
        assert names(client.get(URL, {"cluster": "lab"})) == ["a"]
        assert names(client.get(URL, {"cluster": "lab", "environment": "production"})) == []
        assert names(client.get(URL, {"project": "other"})) == []

    @pytest.mark.parametrize("number", [10, 50])
    def test_a_page_costs_the_same_few_queries_whatever_its_size(
        self, shop: Shop, number: int, django_assert_max_num_queries: Any
    ) -> None:
        shop.beat()
        for n in range(number):
            observe(make_workload(shop.project, shop.test, shop.cluster, f"w{n}"), deployment(), [pod("p1")])
        client = browser(shop.developer)
        with django_assert_max_num_queries(8):
            assert len(names(client.get(URL, {"limit": number}))) == number


class TestObservation:
    def test_a_healthy_workload_shows_version_digest_and_replicas(self, shop: Shop) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        observe(workload, deployment(), [pod("p1"), pod("p2"), pod("p3")])
        shop.beat(2)
        body = shop.one(workload)
        assert body["condition"] == {"state": "ready", "code": "", "params": {}, "detail": ""}
        found = body["observed"]
        assert (found["image"], found["version"], found["digest"]) == (image(NEW), "t2", NEW)
        assert (found["ready"], found["total"], found["is_paused"]) == (3, 3, False)
        assert (body["heartbeat"]["is_fresh"], body["heartbeat"]["trouble"]) == (True, None)
        assert 2 <= body["heartbeat"]["age_seconds"] < 10
        assert (body["cluster"], body["data_centre"], body["namespace"]) == ("lab", "lab-1", "test")

    def test_pods_are_told_by_meaning_the_wanted_version_first_and_the_worst_on_top(self, shop: Shop) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        pods = [
            pod("a", OLD, ending=True),
            pod("b"),
            pod("c", ready=False, waiting="CrashLoopBackOff", message="back-off", restarts=4),
        ]
        observe(workload, deployment(updated=2, ready=2), pods)
        shop.beat()
        rows = shop.one(workload)["pods"]
        shown = [(r["name"], r["version"], r["is_current"], r["is_ready"], r["restarts"], r["reason"]) for r in rows]
        assert shown == [
            ("c", "t2", True, False, 4, "CrashLoopBackOff"),
            ("b", "t2", True, True, 0, ""),
            ("a", "t1", False, True, 0, ""),
        ]
        assert (rows[2]["is_terminating"], rows[0]["since"]) == (True, "2026-01-02T03:04:05Z")

    def test_a_silent_cluster_is_unknown_and_says_why(self, shop: Shop) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        observe(workload, deployment(), [pod("p1"), pod("p2"), pod("p3")])
        about = {"system": "Kubernetes", "name": "lab", "what": "watch of pods", "seconds": 13}
        shop.beat(90, {"code": "outside.timeout", "params": about})
        body = shop.one(workload)
        assert (body["condition"]["state"], body["condition"]["code"]) == ("unknown", "workload.cluster_silent")
        assert "has been silent for 9" in body["condition"]["detail"]
        assert body["heartbeat"]["is_fresh"] is False
        assert body["heartbeat"]["trouble"]["detail"].startswith("Kubernetes “lab” did not answer in 13 s")
        assert body["observed"]["ready"] == 3

    @pytest.mark.parametrize(
        ("raw", "pods", "state", "code"),
        [
            (deployment(ready=2, available=2), [], "moving", "rollout.replicas"),
            (deployment(paused=True), [], "failing", "rollout.paused"),
            (deployment(replicas=0), [], "offline", "workload.offline"),
            (deployment(observed=6), [], "moving", "rollout.not_observed"),
        ],
    )
    def test_it_is_one_word(self, shop: Shop, raw: Any, pods: Any, state: str, code: str) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        observe(workload, raw, pods)
        shop.beat()
        found = shop.one(workload)["condition"]
        assert (found["state"], found["code"]) == (state, code)
        assert found["detail"] != ""

    def test_a_workload_deployed_by_tag_is_ready_without_a_digest(self, shop: Shop) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        by_tag = "registry.local/shop/book:t2"
        pods = [pod("p1"), pod("p2"), pod("p3")]
        for one in pods:
            one["spec"]["containers"][0]["image"] = by_tag
        observe(workload, deployment(image=by_tag), pods)
        shop.beat()
        body = shop.one(workload)
        assert (body["condition"]["state"], body["observed"]["digest"]) == ("ready", "")
        assert [p["is_current"] for p in body["pods"]] == [True] * 3

    def test_what_nobody_has_looked_at_is_unknown_and_what_was_deleted_is_gone(self, shop: Shop) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        assert shop.one(workload)["condition"]["code"] == "workload.never_seen"
        shop.beat()
        body = shop.one(workload)
        assert (body["condition"]["code"], body["observed"], body["pods"]) == ("workload.not_seen_yet", None, [])
        row = observe(workload, deployment(), [pod("p1")])
        row.exists = False
        row.save()
        body = shop.one(workload)
        assert (body["condition"]["state"], body["pods"]) == ("gone", [])

    def test_a_stranger_finds_nothing_and_the_attempt_is_recorded(self, shop: Shop) -> None:
        workload = make_workload(shop.project, shop.test, shop.cluster)
        client = browser(make_user())
        assert client.get(f"{URL}{workload.pk}/").status_code == 404
        assert client.get(f"{URL}{workload.pk + 1}/").status_code == 404
        assert AuditEvent.objects.get(outcome="refused").action == "workload.read"


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesServer]:
    with serving(KubernetesServer(tokens={"portal": access.portal()}, is_live=False)) as running:
        for name in ("test", "elsewhere"):
            space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            running.store.create("namespaces", space)
        raw = {"apiVersion": "apps/v1", "kind": "Deployment", **deployment()}
        raw["metadata"] = {"name": "book", "namespace": "test"}
        running.store.create("deployments", raw)
        yield running


class TestAdopting:
    @pytest.fixture
    def live(self, shop: Shop, server: KubernetesServer) -> Iterator[Shop]:
        Cluster.objects.filter(pk=shop.cluster.pk).update(api_url=server.url, ca_pem=server.ca_pem, token="portal")
        shop.cluster.refresh_from_db()
        cluster = shop.cluster
        cluster.token = "portal"
        cluster.save()
        place(shop.test, cluster)
        yield shop
        forget_clients()

    BODY = {
        "project": "book-api-n1",
        "environment": "test",
        "cluster": "lab",
        "deployment": "book",
        "container": "app",
    }

    def test_ops_takes_a_deployment_in(self, live: Shop) -> None:
        answer = browser(live.ops).post(URL + "adopt", self.BODY, format="json")
        assert answer.status_code == 201, answer.content
        workload = Workload.objects.get()
        assert (answer.json()["id"], answer.json()["name"], answer.json()["wave"]) == (workload.pk, "book", 1)
        assert (workload.namespace, workload.adopted_by) == ("test", live.ops)
        assert len(workload.deployment_uid) == 36
        assert ProjectEnvironment.objects.filter(project=live.project, environment=live.test).exists()
        event = AuditEvent.objects.get(action="workload.adopted")
        assert (event.project_id, event.environment_id, event.actor_id) == (live.project.pk, live.test.pk, live.ops.pk)
        again = browser(live.ops).post(URL + "adopt", self.BODY, format="json")
        assert (again.status_code, again.json()["code"]) == (409, "workload.adopted_already")

    def test_what_is_left_empty_is_taken_from_the_deployment_and_the_placement(self, live: Shop) -> None:
        answer = browser(live.ops).post(URL + "adopt", {**self.BODY, "name": "", "namespace": ""}, format="json")
        assert answer.status_code == 201, answer.content
        assert (Workload.objects.get().name, Workload.objects.get().namespace) == ("book", "test")

    @pytest.mark.parametrize(
        ("change", "field", "code"),
        [
            ({"deployment": "none"}, "deployment", "workload.deployment_missing"),
            ({"container": "none"}, "container", "workload.container_missing"),
            ({"cluster": "none"}, "cluster", "workload.no_placement"),
            ({"namespace": "elsewhere"}, "namespace", "workload.other_namespace"),
            ({"environment": "moon"}, "environment", "does_not_exist"),
            ({"name": "Bad_Name"}, "name", "invalid"),
            ({"deployment": "../../secrets"}, "deployment", "workload.deployment_missing"),
        ],
    )
    def test_what_does_not_fit_is_said_at_its_field(
        self, live: Shop, change: dict[str, str], field: str, code: str
    ) -> None:
        answer = browser(live.ops).post(URL + "adopt", {**self.BODY, **change}, format="json")
        assert (answer.status_code, answer.json()["fields"][field][0]["code"]) == (400, code)
        assert not Workload.objects.exists()

    def test_others_may_not_and_the_cluster_is_not_asked(self, live: Shop, server: KubernetesServer) -> None:
        before = server.journal.last
        denied = browser(live.developer).post(URL + "adopt", self.BODY, format="json")
        assert (denied.status_code, denied.json()["code"]) == (403, "policy.needs_role")
        assert browser(make_user()).post(URL + "adopt", self.BODY, format="json").status_code == 404
        moon = {**self.BODY, "environment": "moon"}
        assert browser(make_user("other")).post(URL + "adopt", moon, format="json").status_code == 404
        assert server.journal.find("*", since=before) == []
        assert not Workload.objects.exists()

    def test_pages_never_ask_the_cluster(self, live: Shop, server: KubernetesServer) -> None:
        workload = make_workload(live.project, live.test, live.cluster)
        before = server.journal.last
        client = browser(live.developer)
        for _ in range(5):
            assert client.get(URL).status_code == client.get(f"{URL}{workload.pk}/").status_code == 200
        assert server.journal.find("*", since=before) == []
