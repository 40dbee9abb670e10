"""No secret reaches the log, however it is passed; each line has its request id."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from rest_framework.test import APIClient

from apps.common import logs

CANARIES = ["glpat-AbCdEf123456", "opt_0123456789ab_" + "x" * 43, "hunter2-canary"]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    logs.configure(as_json=True, level="DEBUG")
    handler = next(h for h in logging.getLogger().handlers if h.get_name() == "opsportal")
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    handler.setStream(stream)
    yield stream
    logs.configure(as_json=settings.CONFIG.log_json, level=settings.CONFIG.log_level)


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_values_of_telling_keys_and_texts_like_credentials_are_hidden(lines: io.StringIO) -> None:
    log = structlog.get_logger("probe")
    log.info(
        "sent %s",
        CANARIES[0],
        password=CANARIES[2],
        headers={"Authorization": f"Bearer {CANARIES[2]}", "X": [f"Basic {CANARIES[2]}"]},
        url=f"redis://user:{CANARIES[2]}@host/0",
        nested=[{"api_key": CANARIES[2]}, (CANARIES[1],)],
        token_id=17,
        obj=ValueError(f"token={CANARIES[2]}"),
    )
    text = lines.getvalue()
    assert [c for c in CANARIES if c in text] == []
    (line,) = logged(lines)
    assert line["token_id"] == 17
    assert line["headers"] == {"Authorization": "***", "X": ["Basic ***"]}
    assert line["url"] == "redis://user:***@host/0"


def test_the_standard_librarys_loggers_and_stacks_are_scrubbed_too(lines: io.StringIO) -> None:
    try:
        raise RuntimeError(f"refused: Bearer {CANARIES[2]}")
    except RuntimeError:
        logging.getLogger("some.library").exception("with %s", CANARIES[1])
    text = lines.getvalue()
    assert [c for c in CANARIES if c in text] == []
    (line,) = logged(lines)
    assert line["event"] == "with ***"
    assert "RuntimeError: refused: Bearer ***" in line["exception"]


@pytest.mark.urls("tests.common.urls")
def test_the_stack_of_a_defect_is_found_by_its_request_id(lines: io.StringIO) -> None:
    answer = APIClient(raise_request_exception=False).get("/api/probe/boom")
    found = [line for line in logged(lines) if line.get("request_id") == answer.json()["request_id"]]
    assert any("RuntimeError" in line.get("exception", "") for line in found)
    assert [line["status"] for line in found if line["event"] == "request"] == [500]


def test_bound_ids_are_on_each_line(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1", actor_id=5, ticket_id=9):
        structlog.get_logger("probe").info("hello")
    (line,) = logged(lines)
    assert (line["request_id"], line["actor_id"], line["ticket_id"]) == ("r-1", 5, 9)
