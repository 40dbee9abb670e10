"""The breaker alone, on a clock of the test's own (QR11)."""

from __future__ import annotations

import pytest

from apps.common.errors import Unavailable
from apps.integrations.breaker import PROBE_SECONDS, REST_MOST, ROW, Breaker

ABOUT = {"system": "GitLab", "name": "main", "what": "tag v1"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock)


def trouble(retry_after: float | None = None, code: str = "outside.unavailable") -> Unavailable:
    return Unavailable(code, retry_after=retry_after, **ABOUT)


def refused(breaker: Breaker) -> tuple[str, float | None]:
    with pytest.raises(Unavailable) as caught:
        breaker.check(ABOUT)
    assert caught.value.unknown is False, "the call was surely not made"
    return caught.value.code, caught.value.retry_after


def test_a_retry_after_is_kept_by_all_whatever_succeeds_meanwhile(breaker: Breaker, clock: Clock) -> None:
    breaker.failed(trouble(3, "outside.rate_limited"))
    breaker.answered()
    clock.now += 1
    assert refused(breaker) == ("outside.rate_limited", 2.0)
    clock.now += 2
    breaker.check(ABOUT)


def test_a_few_failures_hold_nobody_back_a_row_of_them_does(breaker: Breaker, clock: Clock) -> None:
    for _ in range(ROW - 1):
        breaker.failed(trouble())
    breaker.check(ABOUT)
    breaker.failed(trouble())
    assert refused(breaker) == ("outside.unavailable", 1.0)


def test_after_the_rest_one_goes_first_and_each_rest_is_longer(breaker: Breaker, clock: Clock) -> None:
    for _ in range(ROW):
        breaker.failed(trouble())
    rests = []
    for _ in range(6):
        rests.append(refused(breaker)[1])
        clock.now += rests[-1] or 0.0
        breaker.check(ABOUT)
        assert refused(breaker) == ("outside.unavailable", PROBE_SECONDS)
        breaker.failed(trouble())
    assert rests == [1.0, 2.0, 4.0, 8.0, REST_MOST, REST_MOST]


def test_a_call_that_is_held_back_names_what_the_last_one_met(breaker: Breaker) -> None:
    for _ in range(ROW):
        breaker.failed(Unavailable("outside.timeout", unknown=True, seconds=5.0, **{**ABOUT, "what": "commit 1"}))
    with pytest.raises(Unavailable) as caught:
        breaker.check(ABOUT)
    assert (caught.value.code, caught.value.params) == ("outside.timeout", {"seconds": 5.0, **ABOUT})


def test_an_answer_ends_the_row(breaker: Breaker) -> None:
    for _ in range(ROW):
        breaker.failed(trouble())
    breaker.answered()
    breaker.check(ABOUT)
    breaker.check(ABOUT)


def test_being_asked_to_slow_down_is_no_failure(breaker: Breaker) -> None:
    for _ in range(3 * ROW):
        breaker.failed(trouble(None, "outside.rate_limited"))
    breaker.check(ABOUT)
