"""Environments and placements over the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.common.db import db_now
from apps.projects.models import Environment, Placement
from apps.workloads.models import Workload
from tests.projects.conftest import Office, fields
from tests.support.factories import make_cluster, make_environment, place, use

URL = "/api/v1/environments/"


class TestEnvironments:
    def test_everybody_signed_in_reads_the_chain_in_order(self, office: Office) -> None:
        make_environment("dev", "development", position=0)
        place(office.test, make_cluster(), wave=2, namespace_pattern="{project}")
        rows = office.client("stranger").get(URL).json()["results"]
        assert [(r["slug"], r["promotes_from"], r["is_gated"]) for r in rows] == [
            ("dev", [], False),
            ("test", [], False),
            ("production", ["test"], True),
        ]
        (placement,) = rows[1]["placements"]
        assert (placement["cluster"], placement["wave"], placement["namespace_pattern"]) == ("lab", 2, "{project}")

    def test_an_administrator_adds_one(self, office: Office) -> None:
        body = {"slug": "staging", "name": "Staging", "tier": "staging", "promotes_from": ["test"]}
        answer = office.client("admin").post(URL, body, format="json")
        assert (answer.status_code, answer.json()["promotes_from"]) == (201, ["test"])
        event = AuditEvent.objects.get(action="environment.created")
        assert (event.environment_id, event.params["after"]["tier"]) == (answer.json()["id"], "staging")

    def test_others_may_not(self, office: Office) -> None:
        body = {"slug": "staging", "name": "Staging", "tier": "staging"}
        assert office.client("owner").post(URL, body, format="json").status_code == 403
        assert office.client("owner").patch(URL + "test/", {"name": "x"}, format="json").status_code == 403
        assert Environment.objects.count() == 2

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"slug": "Test_B"}, {"slug": "environment.bad_name"}),
            ({"tier": "production"}, {"approvals_required": "environment.approval_needed"}),
            ({"tier": "moon"}, {"tier": "invalid_choice"}),
            ({"promotes_from": ["moon"]}, {"promotes_from": "does_not_exist"}),
            ({"promotes_from": ["new"]}, {"promotes_from": "environment.ring"}),
        ],
    )
    def test_each_field_is_checked(self, office: Office, change: dict[str, Any], problem: dict[str, str]) -> None:
        body = {"slug": "new", "name": "New", "tier": "test", **change}
        answer = office.client("admin").post(URL, body, format="json")
        if change == {"promotes_from": ["new"]}:
            problem = {"promotes_from": "does_not_exist"}  # nothing can come from what is not there yet
        assert (answer.status_code, fields(answer)) == (400, problem)
        assert Environment.objects.count() == 2

    def test_a_taken_name_is_a_conflict(self, office: Office) -> None:
        answer = office.client("admin").post(URL, {"slug": "test", "name": "x", "tier": "test"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "environment.name_taken")

    def test_the_chain_cannot_close_to_a_ring(self, office: Office) -> None:
        make_environment("staging", "staging", promotes_from=[office.test])
        office.production.promotes_from.set([Environment.objects.get(slug="staging")])
        client = office.client("admin")
        for source in ("production", "staging", "test"):
            answer = client.patch(URL + "test/", {"promotes_from": [source]}, format="json")
            assert (answer.status_code, fields(answer)) == (400, {"promotes_from": "environment.ring"})
        answer = client.patch(URL + "production/", {"promotes_from": ["test", "staging"]}, format="json")
        assert sorted(answer.json()["promotes_from"]) == ["staging", "test"]
        event = AuditEvent.objects.get(action="environment.updated")
        assert event.params == {
            "before": {"promotes_from": ["staging"]},
            "after": {"promotes_from": ["staging", "test"]},
        }

    def test_production_keeps_at_least_one_approval(self, office: Office) -> None:
        answer = office.client("admin").patch(URL + "production/", {"approvals_required": 0}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "environment.approval_needed")
        office.production.refresh_from_db()
        assert office.production.approvals_required == 1

    def test_the_tier_of_an_environment_in_use_stays(self, office: Office) -> None:
        client = office.client("admin")
        answer = client.patch(URL + "production/", {"tier": "test"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "environment.tier_in_use")
        make_environment("spare")
        assert client.patch(URL + "spare/", {"tier": "development"}, format="json").json()["tier"] == "development"

    def test_the_name_in_namespaces_cannot_be_changed(self, office: Office) -> None:
        answer = office.client("admin").patch(URL + "test/", {"slug": "other"}, format="json")
        assert fields(answer) == {"slug": "unknown_field"}

    @pytest.mark.parametrize("number", [10, 50])
    def test_a_page_costs_the_same_few_queries_whatever_its_size(
        self, office: Office, number: int, django_assert_max_num_queries: Any
    ) -> None:
        cluster = make_cluster()
        for n in range(number):
            place(make_environment(f"e{n}", promotes_from=[office.test]), cluster)
        client = office.client("stranger")
        with django_assert_max_num_queries(12):
            assert len(client.get(URL, {"limit": number}).json()["results"]) == number


class TestPlacements:
    def test_an_administrator_adds_moves_and_removes_one(self, office: Office) -> None:
        make_cluster("dc1", data_centre="dc1-bj")
        client, url = office.client("admin"), URL + "production/placements/"
        made = client.post(url, {"cluster": "dc1", "namespace_pattern": "{project}-{environment}"}, format="json")
        assert (made.status_code, made.json()["wave"], made.json()["data_centre"]) == (201, 1, "dc1-bj")
        one = f"{url}{made.json()['id']}/"
        assert client.patch(one, {"wave": 2}, format="json").json()["wave"] == 2
        assert [row["wave"] for row in office.client("stranger").get(url).json()["results"]] == [2]
        assert client.delete(one).status_code == 204
        assert client.delete(one).status_code == 404
        events = AuditEvent.objects.filter(action__startswith="environment.placement").order_by("id")
        assert [(e.action, e.environment_id) for e in events] == [
            ("environment.placement_added", office.production.pk),
            ("environment.placement_changed", office.production.pk),
            ("environment.placement_removed", office.production.pk),
        ]
        assert events[1].params == {"before": {"wave": 1}, "after": {"wave": 2}}

    @pytest.mark.parametrize(
        ("pattern", "code"),
        [
            ("{environment}-{slug}", "environment.bad_pattern"),
            ("Prod", "environment.bad_pattern"),
            ("{environment", "environment.bad_pattern"),
            ("{{environment}}", "environment.bad_pattern"),
            ("{environment}/x", "environment.bad_pattern"),
            ("-{project}", "environment.bad_namespace"),
            ("{project}-", "environment.bad_namespace"),
            ("a" * 60 + "-{project}", "environment.bad_namespace"),
            ("a" * 50 + "-{project}x", ""),
        ],
    )
    def test_a_pattern_must_give_every_project_a_valid_namespace(self, office: Office, pattern: str, code: str) -> None:
        make_cluster("dc1")
        body = {"cluster": "dc1", "namespace_pattern": pattern}
        answer = office.client("admin").post(URL + "production/placements/", body, format="json")
        if code:
            assert (answer.status_code, fields(answer)) == (400, {"namespace_pattern": code})
        else:
            assert answer.status_code == 201, answer.content
        assert Placement.objects.exists() is not bool(code)

    def test_a_cluster_holds_an_environment_once(self, office: Office) -> None:
        place(office.test, make_cluster("dc1"))
        answer = office.client("admin").post(URL + "test/placements/", {"cluster": "dc1"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "environment.placement_exists")

    def test_a_placement_with_workloads_stays(self, office: Office) -> None:
        placement = place(office.test, make_cluster("dc1"))
        pair = office.project.environments.get(environment=office.test)
        Workload.objects.create(
            project_environment=pair, placement=placement, name="a", namespace="test", deployment="a", container="app"
        )
        answer = office.client("admin").delete(f"{URL}test/placements/{placement.pk}/")
        assert (answer.status_code, answer.json()["code"]) == (409, "environment.placement_in_use")
        left = office.client("admin").patch(
            "/api/v1/projects/book-api-n1/", {"environments": ["production"]}, format="json"
        )
        assert (left.status_code, left.json()["code"]) == (409, "project.environment_in_use")
        assert not AuditEvent.objects.filter(action="environment.placement_removed").exists()

    def test_a_placement_is_found_below_its_own_environment_only(self, office: Office) -> None:
        placement = place(office.test, make_cluster("dc1"))
        assert office.client("admin").delete(f"{URL}production/placements/{placement.pk}/").status_code == 404
        assert office.client("owner").delete(f"{URL}test/placements/{placement.pk}/").status_code == 403
        assert Placement.objects.filter(pk=placement.pk).exists()


def test_the_pairs_lock_is_shown_until_it_ends(office: Office) -> None:
    spare = make_environment("spare", position=9)
    until = db_now() + timedelta(hours=1)
    use(office.project, spare, locked_by=office.developer, lock_reason="load test", locked_until=until)
    use_ended = office.project.environments.get(environment=office.test)
    use_ended.locked_until = db_now() - timedelta(seconds=1)
    use_ended.save()
    rows = office.client("developer").get("/api/v1/projects/book-api-n1/environments/").json()["results"]
    locks = {row["environment"]: row["lock"] for row in rows}
    assert (locks["test"], locks["spare"]["by"], locks["spare"]["reason"]) == (None, "developer", "load test")
