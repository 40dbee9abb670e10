"""The network: cut anywhere and resumed, taken over, away for too long; no byte lost or doubled in either direction."""

from __future__ import annotations

import pytest

from apps.accounts.models import UserSession
from apps.terminals.live.shell import Shell
from apps.terminals.live.socket import TerminalSocket
from apps.terminals.models import TerminalSession
from tests.terminals.live.support import Browser, Stage, wait_until

COUNTED = b"".join(b"%d\r\n" % number for number in range(1, 200_001))


def resume(stage: Stage, session: TerminalSession, before: Browser) -> Browser:
    """The same browser again, with what it has and what was not accepted of what it typed."""
    after = stage.browser(
        session, position=before.position, unaccepted=bytes(before.unaccepted), accepted=before.accepted
    )
    assert after.begins == before.position
    return after


def joined(before: Browser, after: Browser) -> Browser:
    """The browser after a cut, with what it had taken before it."""
    after.output[:0], after.begins = before.output, before.begins
    return after


@pytest.mark.timeout(240)
def test_eight_megabytes_arrive_byte_for_byte(stage: Stage, login: UserSession) -> None:
    _, terminal = stage.opened(login)
    terminal.run(b"stty size", b"24 80\r\n")
    before = len(terminal.output)
    line = b"x" * 62 + b"\r\n"
    count = 8 * 1024 * 1024 // len(line)
    size = count * (len(line) - 1)  # the terminal adds the carriage returns
    terminal.type(b"yes " + b"x" * 62 + b" | head -c %d; echo the-end\r" % size)
    terminal.until(b"\nthe-end", 200)
    shown = bytes(terminal.output[before:])
    start = shown.index(line)
    assert shown[start : start + count * len(line)] == line * count
    assert shown[start + count * len(line) :].startswith(b"the-end")


def test_a_browser_that_is_cut_anywhere_goes_on_without_a_byte_lost_or_doubled(
    stage: Stage, login: UserSession
) -> None:
    """Cut over and over, at positions of a fixed sequence, while the container writes and input is under way."""
    session, terminal = stage.opened(login)
    before = len(terminal.output)
    terminal.type(b"seq 1 200000; echo the-end\r")
    for number in range(25):
        wanted = terminal.position + 1 + number * 7919 % 20_000
        while terminal.position < wanted and b"\nthe-end" not in terminal.output[-100:]:
            assert terminal.take()
        terminal.cut()
        after = resume(stage, session, terminal)
        terminal = joined(terminal, after)
    terminal.until(b"\nthe-end", 60)
    shown = bytes(terminal.output[before:])
    assert shown[shown.index(b"1\r\n2\r\n") :].startswith(COUNTED + b"the-end")


@pytest.mark.parametrize("cut_after", [0, 1, 3])
def test_what_was_typed_and_not_accepted_is_typed_once(stage: Stage, login: UserSession, cut_after: int) -> None:
    session, terminal = stage.opened(login)
    text = b"".join(b"%04d" % number for number in range(3000))
    terminal.type(b"wc\r")
    terminal.until(b"wc\r\n")
    for number in range(12):
        terminal.type(text[number * 1000 : number * 1000 + 1000] + b"\r")
        if number % 4 == cut_after:
            terminal.cut()
            after = resume(stage, session, terminal)
            terminal = joined(terminal, after)
    terminal.type(b"\x04")
    terminal.until(b"\n12012\r\n")  # 12,000 characters and 12 newlines


@pytest.mark.timeout(240)
def test_input_of_megabytes_is_taken_with_back_pressure_and_arrives_whole(stage: Stage, login: UserSession) -> None:
    _, terminal = stage.opened(login)
    terminal.type(b"wc > /tmp/count\r")
    for _ in range(1000):
        terminal.type(b"y" * 999 + b"\r")
    begins = len(terminal.output)
    terminal.type(b"\x04")
    while b"# " not in terminal.output[begins:]:
        assert terminal.take()
    terminal.run(b"echo counted $(cat /tmp/count)", b"counted 1000000", 100)


def test_another_tab_takes_the_shell_over_and_the_first_may_type_no_more(stage: Stage, login: UserSession) -> None:
    session, first = stage.opened(login)
    second = stage.browser(session)
    assert first.closed() == 4409 and first.close == (4409, "taken_over")
    assert second.attached["input"] == first.accepted
    second.run(b"echo second", b"\nsecond")
    assert TerminalSession.objects.get(pk=session.pk).state == "live"


def test_a_browser_whose_bytes_another_one_acknowledged_is_sent_back(stage: Stage, login: UserSession) -> None:
    session, first = stage.opened(login)
    position = first.position
    second = stage.browser(session)
    second.run(b"seq 1 20000", b"\n20000\r\n")
    second.acknowledge(second.position)
    second.say({"type": "ping", "n": 1})
    second.text("pong")
    third = stage.browser(session, position=position, attaches=False)
    assert third.closed() == 4409 and third.close == (4409, "bytes_gone")


def test_a_browser_that_is_away_for_too_long_ends_the_shell(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shell, "away_seconds", 0.5)
    session, terminal = stage.opened(login)
    terminal.cut()
    wait_until(lambda: TerminalSession.objects.get(pk=session.pk).state == "away")
    found = wait_until(lambda: TerminalSession.objects.filter(pk=session.pk, state="ended").first())
    assert found.end_code == "terminal.end.network"
    wait_until(lambda: len(stage.execs()) >= 1)


def test_a_shell_goes_on_while_nobody_looks_up_to_the_ring(stage: Stage, login: UserSession) -> None:
    session, terminal = stage.opened(login)
    terminal.type(b"seq 1 20000; echo the-end\r")
    terminal.until(b"seq 1 20000; echo the-end\r\n")
    terminal.cut()
    after = resume(stage, session, terminal)
    after.until(b"\nthe-end")
    wait_until(lambda: TerminalSession.objects.get(pk=session.pk).state == "live")


def test_a_browser_that_takes_nothing_is_closed_and_may_resume(
    stage: Stage, login: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TerminalSocket, "slow_after", 0.5)
    session, terminal = stage.opened(login, acknowledges=False)
    terminal.type(b"yes\r")
    assert terminal.closed() == 4408
    assert len(terminal.output) <= 524288
    after = resume(stage, session, terminal)
    after.type(b"\x03")
    after.until(b"^C")


def test_no_more_than_the_window_is_ever_on_its_way_and_the_container_waits(stage: Stage, login: UserSession) -> None:
    _, terminal = stage.opened(login, acknowledges=False)
    terminal.type(b"yes\r")
    with pytest.raises(TimeoutError):
        while True:
            terminal.socket.recv(timeout=1)
    (shell,) = stage.portal.houses()[-1].shells.values()
    assert shell.ring.size <= 524288
    terminal.type(b"\x03")
    wait_until(lambda: shell.keyboard.accepted >= 5)


def test_wide_characters_and_escapes_come_out_as_they_went_in(stage: Stage, login: UserSession) -> None:
    _, terminal = stage.opened(login)
    command = "printf '漢字🙂é\\033[31mrot\\033[0m\\n'; echo the-end"
    shown = terminal.run(command.encode(), b"\nthe-end")
    assert "\r\n漢字🙂é\x1b[31mrot\x1b[0m\r\nthe-end".encode() in shown
