"""Pages by key: whole, without repeats, and strict about cursors."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.audit import services as audit
from apps.common.canonical import canonical_json
from apps.policy.actor import Actor

pytestmark = [pytest.mark.urls("tests.common.urls"), pytest.mark.django_db]
URL = "/api/probe/events/"


def make(count: int) -> list[int]:
    with transaction.atomic():
        # rows of one statement time each; equal times occur and are told apart by id
        return [audit.record(f"thing.n{n}", actor=Actor.system("test")).id for n in range(count)]


def pages(limit: int) -> list[list[int]]:
    found: list[list[int]] = []
    cursor: str | None = ""
    while cursor is not None:
        query: Any = {"limit": limit, "cursor": cursor}
        body: dict[str, Any] = APIClient().get(URL, query).json()
        found.append([row["id"] for row in body["results"]])
        cursor = body["next"]
    return found


def test_pages_are_whole_and_newest_first() -> None:
    ids = make(7)
    assert pages(3) == [ids[:3:-1], ids[3:0:-1], ids[:1]]
    assert pages(7) == [ids[::-1]]


def test_rows_of_the_same_time_are_told_apart_by_id() -> None:
    ids = make(5)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER audit_no_update")
        cursor.execute("UPDATE audit_auditevent SET created_at = '2026-01-01'")
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER audit_no_update")
    assert pages(2) == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


def test_a_row_that_arrives_between_pages_shifts_nothing() -> None:
    ids = make(4)
    first = APIClient().get(URL, {"limit": 2}).json()
    make(3)
    second = APIClient().get(URL, {"limit": 2, "cursor": first["next"]}).json()
    assert [row["id"] for row in second["results"]] == [ids[1], ids[0]]


def test_a_page_costs_one_statement_at_any_size() -> None:
    make(60)
    counts = []
    for limit in (10, 50, 200):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            APIClient().get(URL, {"limit": limit})
        counts.append(len(queries))
    assert counts == [1, 1, 1]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "", "1e3", "٣", "9" * 5000])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    answer = APIClient().get(URL, {"limit": limit})
    assert answer.status_code == 400
    assert answer.json()["fields"]["limit"][0]["params"] == {"min_value": 1, "max_value": 200}


def cursor_of(order: Any, values: Any) -> str:
    return base64.urlsafe_b64encode(canonical_json([order, values])).decode().rstrip("=")


ORDER = ["-created_at", "-id"]
NOW = "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "AAAA", "é", cursor_of(["-id"], [1]), cursor_of(ORDER, [NOW]), cursor_of(ORDER, [NOW, "1; DROP"])]
    + [cursor_of(ORDER, ["2026-01-01", 1]), cursor_of(ORDER, [NOW, 2**63]), cursor_of(ORDER, [NOW, None])]
    + [cursor_of(ORDER, [{"a": 1}, 1]), cursor_of(ORDER, ["\x00", 1]), cursor_of(5, 5), "W" * 9000],
)
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    answer = APIClient().get(URL, {"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
