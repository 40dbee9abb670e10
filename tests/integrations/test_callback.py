"""Which addresses may be called back, and how one is told: no query of it in anything that is shown."""

from __future__ import annotations

import pytest

from apps.common.errors import Rejected, Unavailable
from apps.integrations.callback import send_callback, shown, url_problem
from apps.integrations.loop import loop_thread, run

REFUSED = "integration.url_refused"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://hooks.example.com/released", ""),
        ("https://hooks.example.com:8443/released?token=x", ""),
        ("https://10.1.2.3/released", ""),
        ("http://hooks.example.com/released", "https_url"),
        ("https://me@hooks.example.com/", "https_url"),
        ("https://me:secret@hooks.example.com/", "https_url"),
        ("ftp://hooks.example.com/", "https_url"),
        ("hooks.example.com", "https_url"),
        ("https://", "https_url"),
        ("https://hooks.example.com:99999/", "https_url"),
        ("https://169.254.169.254/latest", REFUSED),
        ("https://[fd00:ec2::254]/latest", REFUSED),
        ("https://metadata.google.internal/", REFUSED),
        ("https://127.0.0.1/x", REFUSED),
        ("https://localhost/x", REFUSED),
        ("https://0x7f.1/x", REFUSED),
        ("https://2130706433/x", REFUSED),
        ("http://127.0.0.1:8001/x", REFUSED),
    ],
)
def test_an_address_is_https_and_nowhere_the_portal_never_calls(url: str, problem: str) -> None:
    assert url_problem(url, allow_loopback=False) == problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://127.0.0.1:8001/x", ""),
        ("http://localhost:8001/x", ""),
        ("http://10.1.2.3/x", "https_url"),
        ("http://169.254.169.254/x", REFUSED),
    ],
)
def test_where_this_machine_may_be_called_plain_http_is_enough_for_it_alone(url: str, problem: str) -> None:
    assert url_problem(url, allow_loopback=True) == problem


def test_a_call_leaves_no_session_behind() -> None:
    before = len(loop_thread()._closers)
    with pytest.raises(Unavailable):
        run(send_callback("http://127.0.0.1:9/x", {}, key="k", seconds=1, allow_loopback=True), 5)
    assert len(loop_thread()._closers) == before


def test_what_is_told_of_an_address_has_no_query() -> None:
    assert shown("https://hooks.example.com/a?token=s3cret#x") == "https://hooks.example.com/a?…"
    assert shown("https://hooks.example.com/a") == "https://hooks.example.com/a"


@pytest.mark.parametrize("url", ["https://169.254.169.254/x", "http://10.0.0.1/x", "https://[", "nonsense"])
def test_an_address_that_may_not_be_called_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Rejected) as caught:
        run(send_callback(url, {}, key="k", seconds=1, allow_loopback=False), 5)
    assert (caught.value.code, caught.value.retryable, caught.value.unknown) == (
        "outside.address_refused",
        False,
        False,
    )
