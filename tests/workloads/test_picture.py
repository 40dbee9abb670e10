"""What the watches said, put together: lists, events, and which Deployments to look at again."""

from __future__ import annotations

from typing import Any

from apps.workloads.picture import Picture
from tests.workloads.objects import OLD, deployment, pod

BOOK = ("test", "book")


def picture() -> Picture:
    made = Picture(namespaces={"test"})
    made.replace("deployments", [deployment()])
    made.replace("pods", [pod("p1"), pod("p2", OLD)])
    made.take_dirty()
    return made


def names(found: list[dict[str, Any]]) -> list[str]:
    return [one["metadata"]["name"] for one in found]


def test_nothing_is_looked_at_before_every_kind_is_listed() -> None:
    made = Picture(namespaces={"test"})
    made.replace("deployments", [deployment()])
    assert (made.is_complete, made.take_dirty()) == (False, set())
    made.replace("pods", [])
    assert (made.is_complete, made.take_dirty(), made.take_dirty()) == (True, {BOOK}, set())


def test_an_event_of_a_pod_makes_its_deployment_dirty() -> None:
    made = picture()
    made.apply("pods", "ADDED", pod("p3"))
    assert (made.take_dirty(), names(made.pods_of(deployment()))) == ({BOOK}, ["p1", "p2", "p3"])
    made.apply("pods", "DELETED", pod("p1"))
    assert (made.take_dirty(), names(made.pods_of(deployment()))) == ({BOOK}, ["p2", "p3"])


def test_a_pod_that_is_relabelled_away_leaves_its_deployment() -> None:
    made = picture()
    away = pod("p1")
    away["metadata"]["labels"] = {"app": "debug"}
    made.apply("pods", "MODIFIED", away)
    assert (made.take_dirty(), names(made.pods_of(deployment()))) == ({BOOK}, ["p2"])


def test_what_disappeared_between_two_lists_is_dirty_too() -> None:
    made = picture()
    made.replace("deployments", [])
    assert (made.take_dirty(), made.deployment(BOOK)) == ({BOOK}, None)


def test_other_namespaces_and_managed_fields_are_not_kept() -> None:
    made = picture()
    foreign = deployment()
    foreign["metadata"]["namespace"] = "kube-system"
    made.apply("deployments", "ADDED", foreign)
    own = deployment()
    own["metadata"]["managedFields"] = [{"manager": "x"}]
    made.apply("deployments", "MODIFIED", own)
    assert set(made.objects["deployments"]) == {BOOK}
    assert "managedFields" not in made.objects["deployments"][BOOK]["metadata"]


def test_a_deployment_without_labels_to_match_has_no_pods() -> None:
    raw = deployment()
    raw["spec"]["selector"] = {}
    assert picture().pods_of(raw) == []
