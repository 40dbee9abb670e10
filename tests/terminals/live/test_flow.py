"""The window: what may be on its way, how it follows the browser, and a browser that lies or stands still."""

from __future__ import annotations

import pytest

from apps.terminals.live.flow import FIRST, SMALLEST, WINDOW, AcknowledgedTooMuch, Flow


def play(flow: Flow, *, rate: float, seconds: float, step: float = 0.05) -> None:
    """A source without end, and a browser that takes `rate` bytes a second."""
    now, taken = 0.0, 0.0
    while now < seconds:
        while flow.may_send():
            flow.note_sent(flow.sent + 16384, now)
        now += step
        taken = min(taken + rate * step, flow.sent)
        flow.acknowledge(int(taken), now)


def test_as_much_is_sent_as_the_window_allows_and_no_more() -> None:
    flow = Flow(100, 0.0)
    sent = 0
    while flow.may_send():
        sent += 32768
        flow.note_sent(100 + sent, 0.0)
    assert (sent, flow.unacknowledged) == (FIRST, FIRST)
    flow.acknowledge(100 + 32768, 0.05)
    assert flow.may_send()


def test_a_fast_browser_gets_the_whole_window() -> None:
    flow = Flow(0, 0.0)
    play(flow, rate=20_000_000, seconds=1)
    assert flow.limit == WINDOW


def test_a_fast_browser_has_the_whole_window_after_a_few_of_them() -> None:
    flow, now = Flow(0, 0.0), 0.0
    while flow.limit < WINDOW:
        while flow.may_send():
            flow.note_sent(flow.sent + 32768, now)
        now += 0.0002
        flow.acknowledge(flow.sent, now)
    assert flow.sent < 5 * WINDOW
    assert flow.is_fast is True


def test_what_a_pause_held_back_and_came_at_once_makes_no_browser_fast() -> None:
    flow = Flow(0, 0.0)
    play(flow, rate=200_000, seconds=5)
    while flow.may_send():
        flow.note_sent(flow.sent + 16384, 5.0)
    flow.acknowledge(flow.sent, 6.0)
    assert flow.is_fast is False
    assert flow.limit < WINDOW // 2


def test_a_pause_of_the_shell_makes_no_browser_slow() -> None:
    flow = Flow(0, 0.0)
    play(flow, rate=20_000_000, seconds=1)
    while flow.may_send():
        flow.note_sent(flow.sent + 16384, 1.0)
    flow.acknowledge(flow.sent, 1.01)
    flow.note_sent(flow.sent + 10, 100.0)
    flow.acknowledge(flow.sent, 100.001)
    flow.note_sent(flow.sent + 10, 100.2)
    flow.acknowledge(flow.sent, 100.201)
    assert (flow.limit, flow.is_fast) == (WINDOW, True)


def test_a_browser_of_200_kilobytes_a_second_has_less_than_half_a_second_of_output_on_its_way() -> None:
    flow = Flow(0, 0.0)
    play(flow, rate=200_000, seconds=5)
    assert flow.limit == pytest.approx(80_000, rel=0.02)
    assert flow.unacknowledged <= 80_000 + 2 * 16384
    assert flow.is_fast is False


def test_a_very_slow_browser_keeps_the_smallest_window_which_one_acknowledgement_covers() -> None:
    flow = Flow(0, 0.0)
    play(flow, rate=1000, seconds=600)
    assert flow.limit == SMALLEST


def test_a_quiet_shell_does_not_shrink_the_window() -> None:
    flow = Flow(0, 0.0)
    for second in range(100):
        flow.note_sent(flow.sent + 10, second)
        flow.acknowledge(flow.sent, second + 0.5)
    assert flow.limit == FIRST


def test_a_browser_that_has_what_was_never_sent_is_found_out() -> None:
    flow = Flow(10, 0.0)
    flow.note_sent(20, 0.0)
    with pytest.raises(AcknowledgedTooMuch):
        flow.acknowledge(21, 0.1)
    assert flow.taken == 10


def test_an_acknowledgement_that_goes_back_is_late_news() -> None:
    flow = Flow(0, 0.0)
    flow.note_sent(100, 0.0)
    flow.acknowledge(80, 1.0)
    flow.acknowledge(50, 2.0)
    assert (flow.taken, flow.unacknowledged) == (80, 20)


def test_only_a_browser_that_has_something_to_take_can_stand_still() -> None:
    flow = Flow(0, 0.0)
    assert flow.stalled_for(1000.0) == 0.0
    flow.note_sent(10, 1000.0)
    assert flow.stalled_for(1059.0) == 59.0
    flow.note_sent(20, 1059.0)
    assert flow.stalled_for(1060.0) == 60.0
    flow.acknowledge(1, 1060.0)
    assert flow.stalled_for(1060.0) == 0.0
    flow.acknowledge(20, 1061.0)
    assert flow.stalled_for(2000.0) == 0.0
