"""pods/exec through the adapter against the stand-in: frames, exit codes, refusals in our words, silence."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from apps.common.errors import NotFound, Rejected, Unavailable
from apps.common.messages import LANGUAGES, sentence
from apps.integrations.kubernetes.exec import FRAME_LIMIT, V5, ExecStream, Liveness, annotate_pod, open_exec, run_in
from apps.integrations.kubernetes.exec_status import Ended, ended_of
from apps.integrations.loop import run as on_loop
from apps.sandbox.base.faults import Fault
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.integrations.kubernetes_support import NO_EXEC, NS, TOKENS, client, raw
from tests.support.servers import serving

T = TypeVar("T")
POD = "tools"


@pytest.fixture(scope="module")
def server() -> Iterator[KubernetesServer]:
    with serving(KubernetesServer(None, name="dc1", tokens=TOKENS, pod_start_seconds=0.05)) as running:
        made = client(running)
        raw(made, "POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NS}})
        make_pod(running, POD)
        make_pod(running, "bare", annotations={"sandbox.shells": ""})
        for name in (POD, "bare"):
            on_loop(ready(running, name), 10)
        yield running


@pytest.fixture(autouse=True)
def no_faults(server: KubernetesServer) -> Iterator[None]:
    yield
    unused = server.faults.unused()
    server.faults.clear()
    assert unused == []


def make_pod(server: KubernetesServer, name: str, **metadata: Any) -> None:
    spec = {"containers": [{"name": "app", "image": "nginx:1"}]}
    meta = {"name": name, "namespace": NS, **metadata}
    raw(
        client(server),
        "POST",
        f"/api/v1/namespaces/{NS}/pods",
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec},
    )


async def ready(server: KubernetesServer, name: str) -> None:
    while True:
        pod = await client(server).get_object("pods", NS, name)
        if any("running" in s["state"] for s in pod["status"].get("containerStatuses") or ()):
            return
        await asyncio.sleep(0.02)


def play(work: Coroutine[Any, Any, T]) -> T:
    return on_loop(work, 20)


async def said_by(stream: ExecStream) -> bytes:
    try:
        return b"".join([frame async for frame in stream.frames()])
    finally:
        await stream.close()


def test_output_comes_by_channel_and_the_exit_code_after_it(server: KubernetesServer) -> None:
    async def work() -> tuple[list[bytes], Ended | None]:
        stream = await open_exec(client(server), NS, POD, "app", ["sh", "-c", "echo a; echo b >&2; exit 3"], tty=False)
        frames = [frame async for frame in stream.frames()]
        await stream.close()
        return frames, stream.ended

    frames, ended = play(work())
    assert frames == [b"\x01a\n", b"\x02b\n"]
    assert ended is not None and (ended.reason, ended.exit_code) == ("exited", 3)


def test_a_terminal_takes_input_and_size_and_v5_its_end(server: KubernetesServer) -> None:
    async def work() -> tuple[bytes, bytes]:
        stream = await open_exec(client(server), NS, POD, "app", ["sh"])
        await stream.resize(123, 45)
        await stream.write(b"stty size; exit\r")
        terminal = await said_by(stream)
        piped = await open_exec(client(server), NS, POD, "app", ["wc"], tty=False)
        await piped.write(b"12345")
        await piped.end_input()
        return terminal, await said_by(piped)

    terminal, piped = play(work())
    assert b"45 123\r\n" in terminal
    assert piped == b"\x015\n"


def test_a_socket_that_rests_takes_nothing_until_it_goes_on(server: KubernetesServer) -> None:
    query = [("command", "cat"), ("container", "app"), ("stdin", "true"), ("stdout", "true")]
    path = f"/api/v1/namespaces/{NS}/pods/{POD}/exec"

    async def work() -> bytes:
        async with client(server).http.websocket(path, what="x", query=query, protocols=(V5,)) as socket:
            assert await socket.receive_bytes() == b"\x01"
            socket.rest()
            await socket.send_bytes(b"\x00there\n")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive_bytes(), 0.3)
            socket.go_on()
            return await socket.receive_bytes()

    assert play(work()) == b"\x01there\n"


def test_a_socket_that_may_take_what_is_fastest_does_not_rest(server: KubernetesServer) -> None:
    query = [("command", "cat"), ("container", "app"), ("stdin", "true"), ("stdout", "true")]
    path = f"/api/v1/namespaces/{NS}/pods/{POD}/exec"

    async def work() -> list[bytes]:
        said = []
        async with client(server).http.websocket(path, what="x", query=query, protocols=(V5,)) as socket:
            assert await socket.receive_bytes() == b"\x01"
            for size in (None, 64 * 1024):
                socket.expect(size)
                socket.rest()
                assert socket.is_resting is (size is not None)
                socket.go_on()
                await socket.send_bytes(b"\x00there\n")
                said.append(await socket.receive_bytes())
        return said

    assert play(work()) == [b"\x01there\n"] * 2


def test_a_stream_that_rests_in_the_middle_of_a_flood_goes_on_and_closes(server: KubernetesServer) -> None:
    async def work() -> int:
        stream = await open_exec(client(server), NS, POD, "app", ["yes"], tty=False)
        taken = 0
        async for frame in stream.frames():
            taken += len(frame) - 1
            stream.rest()
            if taken > 1_000_000:
                break
        began = asyncio.get_running_loop().time()
        await stream.close()
        assert asyncio.get_running_loop().time() - began < 3
        return taken

    assert play(work()) > 1_000_000


def test_a_command_run_to_its_end_answers_output_and_code_within_its_limit(server: KubernetesServer) -> None:
    found = play(run_in(client(server), NS, POD, "app", ["sh", "-c", "echo one; echo two >&2; exit 4"]))
    assert found == (b"one\ntwo\n", 4)
    output, code = play(run_in(client(server), NS, POD, "app", ["seq", "1", "100000"], limit=100))
    assert (len(output), code) == (100, 0)


def test_a_command_that_does_not_end_is_given_up(server: KubernetesServer) -> None:
    with pytest.raises(Unavailable) as refused:
        play(run_in(client(server), NS, POD, "app", ["sleep", "60"], seconds=0.3))
    assert (refused.value.code, refused.value.unknown) == ("outside.timeout", True)


def test_a_program_that_is_not_there_is_told_from_one_that_fails(server: KubernetesServer) -> None:
    async def work() -> Ended | None:
        stream = await open_exec(client(server), NS, "bare", "app", ["/bin/sh"])
        await said_by(stream)
        return stream.ended

    ended = play(work())
    assert ended is not None and ended.reason == "no_program"
    with pytest.raises(Rejected) as refused:
        play(run_in(client(server), NS, "bare", "app", ["/bin/sh"]))
    assert (
        refused.value.code == "kubernetes.exec_failed"
        and "unable to start container process" in refused.value.params["said"]
    )


def test_refusals_before_the_upgrade_are_the_cluster_s_own_words(server: KubernetesServer) -> None:
    with pytest.raises(NotFound) as gone:
        play(open_exec(client(server), NS, "nobody", "app", ["sh"]))
    assert (gone.value.code, gone.value.params["object"]) == ("kubernetes.pod_missing", "nobody")
    with pytest.raises(Rejected) as forbidden:
        play(open_exec(client(server, NO_EXEC), NS, POD, "app", ["sh"]))
    assert (forbidden.value.code, forbidden.value.params["verb"]) == ("kubernetes.forbidden", "get")
    assert forbidden.value.params["resource"] == "pods/exec"
    with pytest.raises(Rejected) as container:
        play(open_exec(client(server), NS, POD, "wrong", ["sh"]))
    assert container.value.code == "kubernetes.exec_failed"
    assert container.value.params["said"] == f"container wrong is not valid for pod {POD}"
    started = [entry for entry in server.journal.find("pods.exec") if entry.detail.get("command") == ["sh", "-c", "x"]]
    assert started == []
    for error in (gone.value, forbidden.value, container.value):
        assert all("{" not in sentence(error.code, error.params, language) for language in LANGUAGES)


def test_asking_why_starts_nothing_a_second_time(server: KubernetesServer) -> None:
    server.faults.add(Fault("pods.exec", "status", status=500, body="broken"))
    since = server.journal.last
    with pytest.raises(Unavailable) as refused:
        play(open_exec(client(server), NS, POD, "app", ["sh"]))
    assert (refused.value.code, refused.value.params["status"]) == ("outside.unavailable", 500)
    assert [(e.status, e.accepted) for e in server.journal.find("pods.exec", since=since)] == [
        (500, False),
        (400, False),
    ]


def test_an_api_server_that_never_answers_the_upgrade_is_a_timeout(server: KubernetesServer) -> None:
    server.faults.add(Fault("pods.exec", "hang", seconds=2))
    slow = client(server)
    slow.http.timeout = 0.3
    with pytest.raises(Unavailable) as refused:
        play(open_exec(slow, NS, POD, "app", ["sh"]))
    assert refused.value.code == "outside.timeout"


def test_a_frame_that_is_too_large_ends_the_stream(server: KubernetesServer) -> None:
    server.faults.add(Fault("exec.oversized", "stale", seconds=5))

    async def work() -> bytes:
        return await said_by(await open_exec(client(server), NS, POD, "app", ["sh"]))

    with pytest.raises(Rejected) as refused:
        play(work())
    assert (refused.value.code, refused.value.params["limit"]) == ("outside.too_large", FRAME_LIMIT)


def test_a_stream_that_ends_without_a_status_says_so(server: KubernetesServer) -> None:
    server.faults.add(Fault("exec.no_status", "stale", seconds=5))

    async def work() -> bytes:
        return await said_by(await open_exec(client(server), NS, POD, "app", ["true"]))

    with pytest.raises(Unavailable) as cut:
        play(work())
    assert cut.value.code == "kubernetes.exec_cut"


def test_a_cluster_that_answers_not_even_pings_is_noticed(server: KubernetesServer) -> None:
    server.faults.add(Fault("exec.silent", "stale", seconds=5))

    async def work() -> bytes:
        liveness = Liveness(ping_every=0.1, silent_after=0.5)
        return await said_by(await open_exec(client(server), NS, POD, "app", ["sh"], liveness=liveness))

    with pytest.raises(Unavailable) as silent:
        play(work())
    assert silent.value.code == "outside.timeout"


def test_an_idle_shell_stays_open_for_many_pings(server: KubernetesServer) -> None:
    async def work() -> bytes:
        liveness = Liveness(ping_every=0.05, silent_after=2.0)
        stream = await open_exec(client(server), NS, POD, "app", ["sh"], liveness=liveness)
        frames = stream.frames()
        await anext(frames)
        waiting = asyncio.ensure_future(anext(frames))
        await asyncio.sleep(3.0)
        assert not waiting.done()
        await stream.write(b"echo still here\r")
        found = await waiting
        await stream.close()
        return found

    assert play(work()).startswith(b"\x01")


def test_an_annotation_is_set_on_that_pod_and_on_no_other_of_its_name(server: KubernetesServer) -> None:
    cluster = client(server)
    pod = play(cluster.get_object("pods", NS, POD))
    uid = pod["metadata"]["uid"]
    after = play(annotate_pod(cluster, NS, POD, uid, {"opsportal/touched-by-hand": "7"}))
    assert after["metadata"]["annotations"]["opsportal/touched-by-hand"] == "7"
    with pytest.raises(Rejected):
        play(annotate_pod(cluster, NS, POD, "another", {"opsportal/touched-by-hand": "8"}))
    pod = play(cluster.get_object("pods", NS, POD))
    assert pod["metadata"]["annotations"]["opsportal/touched-by-hand"] == "7"


@pytest.mark.parametrize(
    ("payload", "reason", "code"),
    [
        (b'{"metadata":{},"status":"Success"}', "exited", 0),
        (b'{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"137"}]}}', "exited", 137),
        (
            b'{"status":"Failure","message":"unable to upgrade connection: container not found (\\"app\\")"}',
            "not_running",
            -1,
        ),
        (b'{"status":"Failure","message":"something else","code":500}', "refused", -1),
        (b'{"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"many"}]}}', "refused", -1),
        (b'{"status":"Failure","details":{"causes":["x"]}}', "refused", -1),
        (b"not json", "refused", -1),
        (b"[]", "refused", -1),
    ],
)
def test_the_last_word_of_a_stream_is_understood_or_quoted(payload: bytes, reason: str, code: int) -> None:
    ended = ended_of(payload, str)
    assert (ended.reason, ended.exit_code) == (reason, code)
