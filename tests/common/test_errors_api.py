"""One error shape for everything, and nothing of the inside in it."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.urls("tests.common.urls")


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)


def post(client: Any, body: bytes | str, **headers: str) -> Any:
    return client.generic("POST", "/api/probe/echo", body, content_type="application/json", **headers)


def test_a_defect_answers_with_a_request_id_and_nothing_of_the_inside(client: APIClient) -> None:
    answer = client.get("/api/probe/boom", HTTP_X_REQUEST_ID="request-0815")
    assert answer.status_code == 500
    assert answer.json() == {
        "code": "internal",
        "params": {},
        "detail": "Something went wrong on our side. Name the request id when you report it.",
        "request_id": "request-0815",
    }
    assert answer["X-Request-ID"] == "request-0815"


@pytest.mark.parametrize("path", ["database", "plain"])
def test_a_lost_database_is_a_503_with_retry_after(client: APIClient, path: str) -> None:
    answer = client.get(f"/api/probe/{path}")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer.json()["code"] == "database_unavailable"
    assert "10.0.0.9" not in answer.content.decode()


def test_an_outside_system_is_named_and_its_wish_to_wait_passed_on(client: APIClient) -> None:
    answer = client.get("/api/probe/outside", HTTP_ACCEPT_LANGUAGE="fr, zh-CN;q=0.9, en;q=0.1")
    assert (answer.status_code, answer["Retry-After"]) == (503, "7")
    assert answer.json()["params"] == {"system": "Jenkins"}
    assert answer.json()["code"] == "outside.unavailable"
    assert "Jenkins" in answer.json()["detail"]


def test_sentences_follow_the_browsers_language(client: APIClient) -> None:
    answer = client.get("/api/v1/nothing-here", HTTP_ACCEPT_LANGUAGE="fr, zh-CN;q=0.9, en;q=0.1")
    assert answer.json()["detail"] == "未找到。"


def test_an_unknown_route_below_api_answers_in_the_same_shape(client: APIClient) -> None:
    answer = client.get("/api/v1/nothing-here", HTTP_X_REQUEST_ID="not well formed!")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert len(answer.json()["request_id"]) == 32
    assert answer["Cache-Control"] == "no-store"


def test_a_wrong_method_is_a_405(client: APIClient) -> None:
    answer = client.delete("/api/probe/echo")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_another_content_type_is_a_415(client: APIClient) -> None:
    answer = client.generic("POST", "/api/probe/echo", "<a/>", content_type="application/xml")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_unknown_and_read_only_fields_are_refused_and_limits_are_told(client: APIClient) -> None:
    answer = client.post(
        "/api/probe/echo", {"name": "too long", "nmae": 1, "made_by": "me", "kind": "c"}, format="json"
    )
    assert answer.status_code == 400
    assert answer.json()["fields"] == {
        "nmae": [{"code": "unknown_field", "params": {}, "detail": "There is no such field."}],
        "made_by": [{"code": "read_only", "params": {}, "detail": "This cannot be set."}],
        "name": [{"code": "max_length", "params": {"limit_value": 5}, "detail": "At most 5 characters or entries."}],
        "kind": [{"code": "invalid_choice", "params": {}, "detail": "This is not one of the choices."}],
    }


def test_problems_inside_lists_are_named_by_their_place(client: APIClient) -> None:
    body = {"name": "a", "parts": [{"size": 1}, {"size": 99, "odd": 1}, "text"]}
    answer = client.post("/api/probe/echo", body, format="json")
    assert {name: [p["code"] for p in problems] for name, problems in answer.json()["fields"].items()} == {
        "parts.1.odd": ["unknown_field"],
        "parts.1.size": ["max_value"],
        "parts.2": ["invalid"],
    }
    assert answer.json()["fields"]["parts.1.size"][0]["params"] == {"limit_value": 9}


@pytest.mark.parametrize("body", [[], "text", 5, None, True])
def test_a_body_that_is_no_object_is_refused(client: APIClient, body: Any) -> None:
    answer = client.post("/api/probe/echo", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("value", [{}, [], True, None])
def test_wrong_types_are_refused_where_text_is_wanted(client: APIClient, value: Any) -> None:
    answer = client.post("/api/probe/echo", {"name": value}, format="json")
    assert answer.json()["fields"].keys() == {"name"}


@pytest.mark.parametrize(
    "body", ["{", "", "\xff", "{'a': 1}", '{"name": NaN}', '{"name": Infinity}', "nul", "1" * 5000]
)
def test_what_is_not_json_is_malformed(client: APIClient, body: str) -> None:
    answer = post(client, body.encode("latin-1"))
    assert (answer.status_code, answer.json()["code"]) in [(400, "malformed"), (400, "invalid")]


@pytest.mark.parametrize(("depth", "status"), [(64, "invalid"), (65, "json_too_deep"), (100_000, "json_too_deep")])
def test_json_may_be_nested_sixty_four_levels(client: APIClient, depth: int, status: str) -> None:
    answer = post(client, '{"name":' + "[" * (depth - 1) + "]" * (depth - 1) + "}")
    assert (answer.status_code, answer.json()["code"]) == (400, status)


@pytest.mark.parametrize("text", ["a\\u0000b", "\\ud800", "\\udfff x"])
@pytest.mark.parametrize("form", ['{"name": "%s"}', '{"%s": 1}', '{"parts": [{"x": ["%s"]}]}'])
def test_nul_and_half_surrogates_are_refused_wherever_they_stand(client: APIClient, text: str, form: str) -> None:
    answer = post(client, form % text)
    assert (answer.status_code, answer.json()["code"]) == (400, "forbidden_characters")


def test_a_whole_surrogate_pair_is_a_character(client: APIClient) -> None:
    assert post(client, '{"name": "\\ud83d\\ude00"}').json() == {"name": "😀"}


def test_a_body_announced_too_large_is_refused_without_reading_it(client: APIClient) -> None:
    answer = post(client, b"{}", CONTENT_LENGTH="50000000")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_large_body_is_refused(client: APIClient) -> None:
    answer = post(client, b" " * (3 * 1024 * 1024))
    assert answer.status_code == 413
    assert answer.json()["params"] == {"max_bytes": 2 * 1024 * 1024}
