"""Our copy of a build's log: the same bytes as Jenkins', in pieces of at most 64 kB that know their first line."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from apps.common.db import db_now
from apps.releases import buildlog
from apps.releases.models import Build, BuildLogChunk
from apps.releases.poller import poll
from tests.releases.hand import Hand, http
from tests.support.jenkins import job_xml
from tests.support.story import Company

JOB = "talker"
WORDS = "grüße 世界 🚀 съешь ещё этих мягких булок "


class Talker:
    """A Jenkins job that says what it is told, and our row of its one build."""

    def __init__(self, company: Company, hand: Hand) -> None:
        self.company = company
        self.controller = company.servers["jenkins"]
        release = hand.on_paper()
        assert release.ticket is not None
        self.build = Build.objects.create(
            release=release, ticket=release.ticket, controller=self.controller, job=JOB, key="talk.1"
        )

    def ask(self, method: str, path: str, body: str = "", kind: str = "application/x-www-form-urlencoded") -> bytes:
        world = self.company.sandbox.world
        login = base64.b64encode(f"{world.jenkins_user}:{world.jenkins_api_token}".encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
        status, answer = http(method, world.jenkins_url + path, body.encode() if body else None, headers)
        assert status < 400, (path, status)
        return answer

    def start(self, script: str) -> None:
        xml = job_xml(script, parameters={"OPSPORTAL_KEY": ""})
        self.ask("POST", f"/createItem?name={JOB}", xml, "text/xml; charset=utf-8")
        self.ask("POST", f"/job/{JOB}/buildWithParameters", "delay=0sec&OPSPORTAL_KEY=talk.1")

    def poll(self) -> Build:
        poll(str(self.controller.pk))
        self.build.refresh_from_db()
        return self.build

    def poll_until(self, done: Callable[[Build], bool], seconds: float = 20) -> Build:
        end = time.monotonic() + seconds
        while not done(self.poll()):
            assert time.monotonic() < end
            time.sleep(0.02)
        return self.build

    def console(self) -> bytes:
        """Jenkins' own text of it, line ends normalised."""
        return self.ask("GET", f"/job/{JOB}/1/consoleText").replace(b"\r\n", b"\n")

    def write(self, data: bytes) -> None:
        """The running build says these bytes, wherever they end."""
        self.company.sandbox.jenkins.controller.find(JOB).builds[1].log.append(data)  # type: ignore[union-attr]

    def copy(self) -> bytes:
        """All chunks, checked: gapless, small, each with the right number of its first line."""
        text = b""
        for chunk in BuildLogChunk.objects.filter(build=self.build).order_by("offset"):
            data = zlib.decompress(chunk.data)
            assert (chunk.offset, chunk.length) == (len(text), len(data))
            assert len(data) <= 64 * 1024
            assert chunk.first_line == 1 + text.count(b"\n")
            text += data
        self.build.refresh_from_db()
        assert (self.build.log_size, self.build.log_lines) == (len(text), text.count(b"\n"))
        return text


@pytest.fixture
def talker(company: Company, hand: Hand) -> Iterator[Talker]:
    made = Talker(company, hand)
    yield made
    if company.sandbox.jenkins.controller.find(JOB) is not None:
        made.ask("POST", f"/job/{JOB}/doDelete")


def test_two_megabytes_of_log_are_copied_byte_for_byte(talker: Talker) -> None:
    line = "echo " + WORDS * 20
    talker.start("\n".join([f"{line}{number}" for number in range(720)]))
    build = talker.poll_until(lambda b: b.log_complete)
    said = talker.console()
    assert len(said) > 2_000_000
    assert talker.copy() == said
    assert (build.state, build.result, build.log_complete) == ("finished", "SUCCESS", True)


def test_the_copy_is_read_back_in_pages_that_never_split_a_character_and_count_lines(talker: Talker) -> None:
    talker.start("\n".join(["echo " + WORDS * 30] * 100))
    build = talker.poll_until(lambda b: b.log_complete)
    said = talker.console()
    for limit in (1000, 65_536, 100_003):
        offset, text = 0, ""
        while offset < build.log_size:
            page = buildlog.read(build, offset, limit)
            assert page.first_line == 1 + text.count("\n")
            assert (page.offset, page.size, page.complete) == (offset, len(said), True)
            assert page.next_offset > offset
            text += page.text
            offset = page.next_offset
        assert text.encode() == said
    middle = said.index("世".encode()) + 1  # an offset inside a character begins at the next one
    page = buildlog.read(build, middle, 10)
    assert page.text.startswith("界")
    assert page.offset == middle + 2
    assert said[page.offset : page.next_offset].decode() == page.text


def test_a_character_and_a_stage_mark_cut_in_two_by_the_reads_are_put_together(talker: Talker) -> None:
    talker.start("sleep 30")
    talker.poll_until(lambda b: b.state == "running" and b.log_size > 0)
    before = db_now().timestamp() * 1000
    euro = "€".encode()
    pieces = [b"half " + euro[:1], euro[1:2], euro[2:] + b" done\n::opsportal sta", b"ge=compile:", b":\nafter\n"]
    for piece in pieces:
        talker.write(piece)
        talker.poll()
        assert b"\xef\xbf\xbd" not in talker.copy()
    talker.write(b"said ::opsportal stage=push::\nnot at a line's beginning: ")
    talker.poll()
    talker.write(b"::opsportal stage=image::\n")
    talker.poll()
    copied = talker.copy()
    assert "half € done\n::opsportal stage=compile::\nafter\n".encode() in copied
    line = 1 + copied[: copied.index(b"::opsportal stage=compile::")].count(b"\n")
    (stage,) = talker.build.stages
    assert (stage["name"], stage["line"]) == ("compile", line)
    assert before - 1 < stage["started_at_ms"] <= db_now().timestamp() * 1000
    talker.ask("POST", f"/job/{JOB}/1/stop")
    talker.poll_until(lambda b: b.log_complete)
    assert talker.copy() == talker.console()
    assert talker.build.result == "ABORTED"


def test_a_stage_read_after_the_build_ended_has_no_time(talker: Talker) -> None:
    Build.objects.filter(pk=talker.build.pk).update(state="finished")
    marks = "::opsportal stage=pull::\n::opsportal stage=push::\n"
    assert buildlog.append(talker.build.pk, marks, jenkins_offset=len(marks), complete=True, read_from=0)
    talker.build.refresh_from_db()
    assert talker.build.stages == [{"name": "pull", "line": 1}, {"name": "push", "line": 2}]


def test_invisible_notes_of_jenkins_do_not_move_our_offsets(talker: Talker) -> None:
    """Its offsets count them, ours count what is shown (D24)."""
    talker.start("echo one\necho two")
    build = talker.poll_until(lambda b: b.log_complete)
    assert talker.copy() == talker.console()
    assert build.jenkins_offset > build.log_size


def test_a_log_above_the_cap_says_so_at_its_end_and_is_complete(
    talker: Talker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buildlog, "MOST", 10_000)
    talker.start("\n".join(["echo " + WORDS * 10] * 50))
    build = talker.poll_until(lambda b: b.state == "finished" and b.log_complete)
    copied = talker.copy()
    assert copied.endswith(buildlog.CUT.encode())
    kept = copied.removesuffix(buildlog.CUT.encode())
    assert talker.console().startswith(kept)
    assert 10_000 - 4 < len(kept) <= 10_000
    assert build.log_complete


def test_two_readers_of_the_same_piece_write_it_once(talker: Talker) -> None:
    build = talker.build
    assert buildlog.append(build.pk, "one\n", jenkins_offset=10, complete=False, read_from=0)
    assert not buildlog.append(build.pk, "one\n", jenkins_offset=10, complete=False, read_from=0)
    assert buildlog.append(build.pk, "two\n", jenkins_offset=20, complete=True, read_from=10)
    assert not buildlog.append(build.pk, "three\n", jenkins_offset=30, complete=True, read_from=20)
    assert talker.copy() == b"one\ntwo\n"
    assert talker.build.jenkins_offset == 20
