"""pods/exec: the channel protocol and the emulated shell, over real WebSockets."""

from __future__ import annotations

import base64
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import websocket

from apps.sandbox.kubernetes import exec as pod_exec
from tests.support.cluster import LivingCluster, pod
from tests.support.servers import serving

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
SUCCESS = {"metadata": {}, "status": "Success"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LivingCluster]:
    with serving(LivingCluster(pod_start_seconds=0.05)) as running:
        running.create("pods", pod("p", containers=[{"name": "app", "image": "busybox", "env": [ENTRY]}]))
        wait_ready(running, "p")
        yield running


ENTRY = {"name": "GREETING", "value": "你好"}


def wait_ready(cluster: LivingCluster, name: str) -> None:
    def check() -> bool:
        found = cluster.store.get("pods", "q", name) or {}
        return any(s["ready"] for s in (found.get("status") or {}).get("containerStatuses") or ())

    cluster.wait(check)


class Session:
    """A client of one exec session: collects frames by channel."""

    def __init__(
        self, cluster: LivingCluster, *command: str, protocol: str = V5, name: str = "p", **streams: str
    ) -> None:
        streams = streams or {"stdout": "true", "stderr": "true"}
        query = urlencode([*(("command", c) for c in command), *streams.items()])
        url = f"ws://127.0.0.1:{cluster.port}/api/v1/namespaces/q/pods/{name}/exec?{query}"
        self.ws = websocket.create_connection(url, subprotocols=[protocol] if protocol else None, timeout=10)
        self.out: dict[int, bytes] = {}
        self.frames: list[bytes] = []

    def send(self, channel: int, data: bytes) -> None:
        self.ws.send_binary(bytes([channel]) + data)

    def read_one(self) -> bool:
        """Take one frame; False when the server closed."""
        opcode, data = self.ws.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            self.close_code = int.from_bytes(data[:2], "big")
            return False
        self.frames.append(data)
        self.out[data[0]] = self.out.get(data[0], b"") + data[1:]
        return True

    def until(self, text: bytes, channel: int = 1) -> bytes:
        while text not in self.out.get(channel, b""):
            assert self.read_one(), self.out
        return self.out.pop(channel)

    def end(self) -> dict[str, Any]:
        """Read to the close; the Status."""
        while self.read_one():
            pass
        status: dict[str, Any] = json.loads(self.out[3])
        return status

    def stdout(self) -> str:
        self.end()
        return self.out.get(1, b"").decode()


def shell(cluster: LivingCluster, script: str) -> Session:
    return Session(cluster, "sh", "-c", script)


def code_of(status: dict[str, Any]) -> str:
    return str(status["details"]["causes"][0]["message"])


def test_a_command_answers_an_empty_frame_its_output_a_status_and_close_1000(cluster: LivingCluster) -> None:
    session = Session(cluster, "echo", "hi")
    assert session.end() == SUCCESS
    assert session.frames[0] == b"\x01"
    assert session.frames[1] == b"\x01hi\n"
    assert session.frames[2][0] == 3
    assert session.close_code == 1000


def test_output_errors_and_the_exit_code_come_on_their_own_channels(cluster: LivingCluster) -> None:
    session = shell(cluster, "echo out; echo err >&2; exit 3")
    assert session.end() == {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code: command terminated with exit code 3",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
    }
    assert (session.out[1], session.out[2]) == (b"out\n", b"err\n")


def test_v4_words_the_exit_code_with_the_command_and_escapes_as_go_does(cluster: LivingCluster) -> None:
    session = Session(cluster, "sh", "-c", "echo out; echo err >&2; exit 3", protocol=V4)
    status = session.end()
    assert status["message"] == (
        "command terminated with non-zero exit code: "
        "error executing command [sh -c echo out; echo err >&2; exit 3], exit code 3"
    )
    assert b"echo err \\u003e\\u00262; exit 3" in session.out[3]


def test_an_unknown_command_is_an_internal_error_with_one_more_prefix_on_v5(cluster: LivingCluster) -> None:
    v5, v4 = Session(cluster, "nosuch").end(), Session(cluster, "nosuch", protocol=V4).end()
    end = 'unable to start container process: exec: "nosuch": executable file not found in $PATH: unknown'
    assert v5["message"].startswith(
        "Internal error occurred: Internal error occurred: error executing command in container: "
    )
    assert v4["message"].startswith("Internal error occurred: error executing command in container: ")
    assert v5["message"].endswith(end) and v4["message"].endswith(end)
    assert (v5["reason"], v5["code"]) == ("InternalError", 500)


def test_the_server_prefers_v5_whatever_the_client_s_order(cluster: LivingCluster) -> None:
    url = f"ws://127.0.0.1:{cluster.port}/api/v1/namespaces/q/pods/p/exec?command=true&stdout=1"
    ws = websocket.create_connection(url, subprotocols=[V4, V5], timeout=10)
    assert ws.getsubprotocol() == V5
    ws.close()


@pytest.mark.parametrize("offered", ["v3.channel.k8s.io", "bogus"])
def test_an_unknown_subprotocol_alone_is_refused_with_403_and_nothing_else(
    cluster: LivingCluster, offered: str
) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Session(cluster, "true", protocol=offered)
    assert (caught.value.status_code, caught.value.resp_body) == (403, b"")


def test_base64_frames_carry_the_channel_as_a_digit(cluster: LivingCluster) -> None:
    session = Session(cluster, "echo", "hi", protocol="v4.base64.channel.k8s.io")
    while session.read_one():
        pass
    assert session.frames[0] == b"1"
    assert session.frames[1] == b"1" + base64.b64encode(b"hi\n")
    assert json.loads(base64.b64decode(session.frames[2][1:])) == SUCCESS


def test_the_first_protocol_sends_bare_text_on_failure_and_nothing_on_success(cluster: LivingCluster) -> None:
    good = Session(cluster, "true", protocol="channel.k8s.io")
    bad = Session(cluster, "false", protocol="channel.k8s.io")
    for session in (good, bad):
        while session.read_one():
            pass
    assert 3 not in good.out
    assert bad.out[3].startswith(b"command terminated with non-zero exit code: error executing command [false]")


def test_stdin_reaches_the_command_and_ff_00_ends_it_on_v5(cluster: LivingCluster) -> None:
    session = Session(cluster, "cat", stdin="true", stdout="true")
    session.send(0, "一二三".encode())
    session.send(9, b"junk")
    session.send(255, b"\x00")
    assert session.end() == SUCCESS
    assert session.out[1].decode() == "一二三"


def test_ff_00_is_ignored_on_v4(cluster: LivingCluster) -> None:
    session = Session(cluster, "cat", protocol=V4, stdin="true", stdout="true")
    session.send(255, b"\x00")
    session.send(0, b"still here")
    assert session.until(b"still here") == b"still here"
    session.ws.close()
    wait_no_process(cluster)


def test_the_window_s_size_is_what_stty_shows(cluster: LivingCluster) -> None:
    session = Session(cluster, "sh", stdin="true", stdout="true", tty="true")
    session.send(4, b'{"Width":123,"Height":45}')
    session.send(4, b"junk")
    session.send(0, b"stty size\r")
    assert b"45 123\r\n" in session.until(b"45 123")
    session.send(0, b"\x04")
    assert session.end() == SUCCESS


def test_a_terminal_echoes_erases_interrupts_and_keeps_the_exit_code(cluster: LivingCluster) -> None:
    session = Session(cluster, "sh", stdin="true", stdout="true", tty="true")
    assert session.until(b"\x1b[6n") == b"/app # \x1b[6n"
    session.send(0, "echo 好的x\x7f\r".encode())
    assert session.until(b"\x1b[6n").decode() == "echo 好的x\b \b\r\n好的\r\n/app # \x1b[6n"
    session.send(0, b"sleep 100\r")
    session.until(b"sleep 100\r\n")
    cluster.wait(lambda: any(p["argv"] == ["sleep", "100"] for p in pod_exec.processes(cluster)))
    session.send(0, b"\x03")
    session.until(b"^C\r\n/app # ")
    session.send(0, b"echo $?\r")
    assert b"130\r\n" in session.until(b"130")
    session.send(0, b"\x1b[5;7Rexit 4\r")
    assert code_of(session.end()) == "4"
    assert 2 not in session.out


def test_processes_are_in_ps_while_they_run_and_gone_afterwards(cluster: LivingCluster) -> None:
    session = Session(cluster, "sh", stdin="true", stdout="true", tty="true")
    session.until(b"# ")
    session.send(0, b"sleep 50 &\rps\r")
    shown = session.until(b" ps").decode()
    assert "/app/server" in shown and " sh\r\n" in shown and " sleep 50\r\n" in shown
    assert len(pod_exec.processes(cluster)) >= 2
    session.ws.close()
    wait_no_process(cluster)


def wait_no_process(cluster: LivingCluster) -> None:
    cluster.wait(lambda: not pod_exec.processes(cluster))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo $GREETING; echo '$GREETING' \"a  b\"", "你好\n$GREETING a  b\n"),
        ("cd /etc && pwd && cat hostname", "/etc\np\n"),
        ("false || echo b; true && echo c", "b\nc\n"),
        ("seq 1 100000 | head -n 2", "1\n2\n"),
        ("yes | head -c 6", "y\ny\ny\n"),
        ("X=5; echo ${X}0 $(whoami)", "50 root\n"),
        ("ls /app", "VERSION\nconfig.yaml\nserver\n"),
        ("echo one > /tmp/f; echo two >> /tmp/f; cat /tmp/f", "one\ntwo\n"),
        ("nosuch; echo $?", "127\n"),
        ("printf '%s-%s\\n' a b", "a-b\n"),
        ("cat /proc/1/cmdline", "/app/server\0"),
        ("sh -c 'exit 7'; echo $?", "7\n"),
        ("sleep 0.01 & wait; echo done", "done\n"),
        ("if true", ""),
        ("for x in a 'b c' $NOTHING d; do echo \"<$x>\"; done", "<a>\n<b c>\n<d>\n"),
        ("n=3; while [ $n -gt 0 ]; do echo $n; n=$((n - 1)); done", "3\n2\n1\n"),
        ("if [ a = b ]; then echo 1; elif ! false; then echo 2; else echo 3; fi", "2\n"),
        ("for x in 1 2 3; do if [ $x = 2 ]; then continue; fi; echo $x; done | cat", "1\n3\n"),
        ("for x in 1 2 3; do echo $x; break; done; { echo a; echo b; } | wc -l", "1\n2\n"),
        ("x=/proc/17/environ; echo ${x#/proc/} ${x%/environ} ${x##*/} ${#x}", "17/environ /proc/17 environ 16\n"),
        ("sh -c 'echo $0 $1 $#; shift; echo \"$@\"' name a b", "name a 2\nb\n"),
        ("echo /etc/host*; echo /nothing/*", "/etc/hostname /etc/hosts\n/nothing/*\n"),
        ("echo aa >/tmp/a; echo bb >/tmp/b; echo ca >/tmp/c; grep -l a /tmp/a /tmp/b /tmp/c", "/tmp/a\n/tmp/c\n"),
        ("export MARK=m; sh -c 'cat /proc/$$/environ' | tr '\\0' '\\n' | grep -c '^MARK=m$'", "1\n"),
        ("printf 'a\\nb\\n' | while read x; do echo \"<$x>\"; done", "<a>\n<b>\n"),
        ('sh -c \'export M="$1"; exec "$0" -c "echo \\$M"\' sh marker', "marker\n"),
    ],
)
def test_the_shell_runs_what_people_type(cluster: LivingCluster, script: str, expected: str) -> None:
    assert shell(cluster, script).stdout() == expected


def test_a_process_is_found_by_its_environment_and_ended_also_when_it_outlives_its_session(
    cluster: LivingCluster,
) -> None:
    session = Session(cluster, "sh", "-c", "export MARK=7; trap '' HUP; nohup sleep 60 & echo started")
    session.until(b"started\n")
    session.ws.close()
    look = 'for p in /proc/[0-9]*; do if grep -q "MARK=7" "$p/environ" 2>/dev/null; then echo ${p#/proc/}; fi; done'
    cluster.wait(lambda: [p["argv"] for p in pod_exec.processes(cluster)] == [["sleep", "60"]])
    pid = shell(cluster, look).stdout().strip()
    assert pid.isdecimal()
    assert shell(cluster, f"kill -HUP {pid}; {look}").stdout() == f"{pid}\n"
    shell(cluster, f"kill -KILL {pid}").end()
    wait_no_process(cluster)
    assert shell(cluster, look).stdout() == ""


def test_a_container_may_have_no_shell_at_all(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("bare", annotations={"sandbox.shells": ""}))
    wait_ready(cluster, "bare")
    assert "executable file not found" in Session(cluster, "/bin/sh", name="bare").end()["message"]


def test_a_shell_without_a_terminal_runs_the_lines_of_its_input(cluster: LivingCluster) -> None:
    session = Session(cluster, "sh", stdin="true", stdout="true", stderr="true")
    session.send(0, b"echo a\nnosuch\nexit 9\n")
    assert code_of(session.end()) == "9"
    assert (session.out[1], session.out[2]) == (b"a\n", b"sh: nosuch: not found\n")


def test_endless_output_waits_for_a_slow_client_and_stops_with_it(cluster: LivingCluster) -> None:
    session = Session(cluster, "yes")
    time.sleep(0.2)
    assert session.read_one() and session.read_one()
    assert max(len(f) for f in session.frames) <= 32 * 1024 + 1
    session.ws.close()
    wait_no_process(cluster)


def test_a_client_that_is_cut_off_in_the_middle_of_endless_output_holds_up_nobody(cluster: LivingCluster) -> None:
    for _ in range(30):
        session = Session(cluster, "yes")
        assert session.read_one() and session.read_one()
        session.ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        session.ws.sock.close()
        assert shell(cluster, "echo there").stdout() == "there\n"
    wait_no_process(cluster)


def test_a_pod_deleted_under_a_session_ends_it_with_137(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("doomed"))
    wait_ready(cluster, "doomed")
    session = Session(cluster, "sleep", "100", name="doomed")
    cluster.wait(lambda: pod_exec.processes(cluster))
    cluster.delete("pods", "doomed")
    assert code_of(session.end()) == "137"
    assert session.close_code == 1000
    wait_no_process(cluster)


def test_a_container_that_does_not_run_is_refused_inside_the_stream_on_v5_and_with_500_on_v4(
    cluster: LivingCluster,
) -> None:
    cluster.create("pods", pod("waiting", image="reg.example/none:1"))
    cluster.wait(lambda: (cluster.store.get("pods", "q", "waiting") or {})["spec"].get("nodeName"))
    text = 'unable to upgrade connection: container not found ("app")'
    session = Session(cluster, "true", name="waiting")
    assert session.end() == {
        "metadata": {},
        "status": "Failure",
        "message": f"Internal error occurred: {text}",
        "reason": "InternalError",
        "details": {"causes": [{"message": text}]},
        "code": 500,
    }
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Session(cluster, "true", name="waiting", protocol=V4)
    assert (caught.value.status_code, caught.value.resp_body) == (500, b'container not found ("app")')


def test_no_stream_at_all_is_refused_differently_by_v5_and_v4(cluster: LivingCluster) -> None:
    status = Session(cluster, "true", stdout="false").end()
    assert status["details"]["causes"] == [{"message": "you must specify at least 1 of stdin, stdout, stderr"}]
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Session(cluster, "true", protocol=V4, stdout="false")
    assert caught.value.status_code == 400


def test_an_unknown_container_and_an_absent_pod_are_refused_before_the_upgrade(cluster: LivingCluster) -> None:
    for arguments, code, text in (
        ({"container": "nope", "stdout": "1"}, 400, b"container nope is not valid for pod p"),
        ({"name": "missing"}, 404, b'pods \\"missing\\" not found'),
    ):
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            Session(cluster, "true", **arguments)
        assert caught.value.status_code == code
        assert text in (caught.value.resp_body or b"")
