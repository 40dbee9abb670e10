"""Trying a change before it is saved: what it would newly refuse among the documents in force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.catalog.models import Standard
from apps.catalog.standards.look import Subject
from apps.catalog.standards.sources import Current, set_document_source
from tests.accounts.factories import browser, make_admin
from tests.catalog.standards.documents import document

URL = "/api/v1/standards/"
pytestmark = pytest.mark.django_db


def current(project: str, tier: str, **changes: Any) -> Current:
    who = Subject(project, tier, tier, "java", f"{project}-web")
    return Current(document({f"/{name}": value for name, value in changes.items()}), who)


@pytest.fixture
def running() -> Iterator[list[Current]]:
    found = [
        current("a", "production"),
        current("b", "production", replicas=4),
        current("c", "production", replicas=2),  # broken already
        current("d", "test", replicas=1),
        current("e", "production", replicas=3, log_path="/var/log"),
    ]
    set_document_source(lambda: found)
    yield found
    set_document_source(None)


def tried(standard: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = browser(make_admin()).post(f"{URL}{standard}/try", body, format="json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_higher_threshold_says_whom_it_would_newly_refuse(running: list[Current]) -> None:
    found = tried("replicas.least", {"thresholds": {"replicas": 4}})
    assert {name: found[name] for name in ("documents", "denied", "warned", "newly_denied", "newly_warned")} == {
        "documents": 5,
        "denied": 3,
        "warned": 0,
        "newly_denied": 2,
        "newly_warned": 0,
    }
    assert found["examples"] == [
        {
            "project": project,
            "environment": "production",
            "workload": f"{project}-web",
            "level": "deny",
            "field": "/replicas",
            "params": {"replicas": 4, "found": 3},
        }
        for project in ("a", "e")
    ]
    assert not Standard.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="standard.").exists()


def test_a_level_for_another_tier_warns_newly(running: list[Current]) -> None:
    levels = {"development": "off", "test": "warn", "staging": "off", "production": "warn"}
    found = tried("replicas.least", {"levels": levels})
    assert (found["denied"], found["warned"], found["newly_denied"], found["newly_warned"]) == (0, 2, 0, 1)
    assert [(one["project"], one["level"]) for one in found["examples"]] == [("d", "warn")]


def test_what_was_warned_of_and_is_now_denied_is_newly_denied(running: list[Current]) -> None:
    running.append(current("f", "production", time_zone="UTC"))
    levels = dict.fromkeys(("development", "test", "staging", "production"), "deny")
    found = tried("time_zone.set", {"levels": levels})
    assert (found["newly_denied"], found["newly_warned"], found["examples"][0]["project"]) == (1, 0, "f")


def test_a_change_of_words_changes_nothing_for_anybody(running: list[Current]) -> None:
    found = tried("replicas.least", {"sentence_en": "Never fewer than {replicas}."})
    assert (found["denied"], found["newly_denied"], found["examples"]) == (1, 0, [])


def test_a_document_broken_in_two_places_counts_once(running: list[Current]) -> None:
    running[:] = [current("a", "production", importance="platform")]
    found = tried("resources.by_importance", {})
    assert (found["denied"], found["newly_denied"]) == (1, 0)


def test_examples_are_few_and_denials_come_first(running: list[Current]) -> None:
    running[:] = [current(f"w{n}", "test", replicas=1) for n in range(30)]
    running += [current(f"d{n}", "production", replicas=3) for n in range(5)]
    levels = {"development": "off", "test": "warn", "staging": "off", "production": "deny"}
    found = tried("replicas.least", {"levels": levels, "thresholds": {"replicas": 4}})
    assert (found["newly_denied"], found["newly_warned"], len(found["examples"])) == (5, 30, 20)
    assert [one["project"] for one in found["examples"][:6]] == ["d0", "d1", "d2", "d3", "d4", "w0"]


def test_without_a_source_it_says_so() -> None:
    assert tried("replicas.least", {"thresholds": {"replicas": 9}}) == {
        "documents": 0,
        "denied": 0,
        "warned": 0,
        "newly_denied": 0,
        "newly_warned": 0,
        "examples": [],
    }
