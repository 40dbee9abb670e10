"""Builds of the stand-in Jenkins: they clone, fail and push for real, and run in executors one after the other."""

from __future__ import annotations

import gzip
import http.server
import io
import json
import tarfile
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from apps.sandbox.jenkins.server import JenkinsServer
from apps.sandbox.registry.server import RegistryServer
from tests.support.jenkins import (
    DOCKERFILE,
    JAVA_FILES,
    JenkinsClient,
    build_parameters,
    git_repository,
    jenkins_and_registry,
    job_xml,
    wait_for,
)

TAG = "20260901-183205-u17"
Servers = tuple[JenkinsServer, RegistryServer]
STAGES = ["pull", "prepare", "compile", "test", "dockerfile", "image", "push"]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with jenkins_and_registry() as both:
        yield both


@pytest.fixture
def client(servers: Servers) -> JenkinsClient:
    return JenkinsClient(servers[0].url)


@pytest.fixture
def job(client: JenkinsClient, request: pytest.FixtureRequest) -> str:
    """A project job as the portal makes it: a copy of the template, enabled."""
    name = f"shop-{zlib.crc32(request.node.name.encode())}"
    client.post("/createItem", params={"name": name, "mode": "copy", "from": "tpl-java"})
    assert client.post(f"/job/{name}/enable").status_code == 302
    return name


def registry_get(registry: RegistryServer, path: str) -> requests.Response:
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    answer = requests.get(registry.url + path, auth=("ci", "reg-secret"), headers=accept, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_build_pushes_an_image_with_the_files_the_dockerfile_and_the_labels(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    wishes = {".sandbox.json": json.dumps({"start_seconds": 3, "never_ready": True, "crash_exit_code": 137})}
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES | wishes)
    build, console = client.run(job, **build_parameters(servers[0], repo, commit))

    assert build["result"] == "SUCCESS", console
    manifest = registry_get(servers[1], f"/v2/shop/manifests/{TAG}")
    digest = manifest.headers["Docker-Content-Digest"]
    assert f"{TAG}: digest: {digest} size: {len(manifest.content)}" in console.splitlines()
    config = registry_get(servers[1], f"/v2/shop/blobs/{manifest.json()['config']['digest']}").json()
    assert config["config"]["Labels"] == {
        "opsportal.ticket": "42",
        "io.opsportal.build": "1",
        "sandbox.start-seconds": "3",
        "sandbox.never-ready": "true",
        "sandbox.crash-exit-code": "137",
    }
    assert config["history"][-1]["created_by"] == f"# tag={TAG} key=3f2a9d1c.1 job={job} build=1"
    assert config["history"][-1]["empty_layer"] is True
    found: dict[str, bytes] = {}
    for layer in manifest.json()["layers"]:
        blob = registry_get(servers[1], f"/v2/shop/blobs/{layer['digest']}").content
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob))) as archive:
            for member in archive:
                content = archive.extractfile(member)
                found[member.name] = content.read() if content else b""
    assert found["opsportal/Dockerfile"] == DOCKERFILE
    assert found["app/src/main/java/App.java"] == JAVA_FILES["src/main/java/App.java"].encode()
    assert not [name for name in found if name.startswith("app/.git/")]


def test_the_console_names_the_stages_in_order_and_no_secret(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    _, console = client.run(job, **build_parameters(servers[0], repo, commit))

    marks = [line for line in console.splitlines() if line.startswith("::opsportal")]
    assert marks == [f"::opsportal stage={stage}::" for stage in STAGES]
    assert console.splitlines()[0] == "Started by user portal"
    assert console.endswith("Finished: SUCCESS\n")
    assert "+ mvn -B clean package -DskipTests" in console
    assert "reg-secret" not in console


def test_two_builds_of_one_tag_give_two_digests(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    digests = []
    for key in ("a.1", "a.2"):
        client.run(job, **build_parameters(servers[0], repo, commit, OPSPORTAL_KEY=key))
        digests.append(registry_get(servers[1], f"/v2/shop/manifests/{TAG}").headers["Docker-Content-Digest"])
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"go.mod": "module shop\n", "main.go": "package main\n"}, "+ go vet ./..."),
        ({"composer.json": "{}", "index.php": "<?php\n"}, "Generating optimized autoload files"),
        ({"package.json": "{}", "index.js": "1\n"}, "+ npm ci"),
        ({"requirements.txt": "flask\n", "app.py": "x = 1\n"}, "+ python3 -m compileall -q ."),
        ({"Makefile": "all:\n"}, "+ make --if-present"),
    ],
)
def test_each_language_is_recognised_by_its_files(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path, files: dict[str, str], word: str
) -> None:
    repo, commit = git_repository(tmp_path / "shop", files)
    build, console = client.run(job, **build_parameters(servers[0], repo, commit))
    assert build["result"] == "SUCCESS"
    assert word in console.splitlines()


def test_a_tag_that_is_gone_fails_with_the_words_of_git(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    build, console = client.run(job, **build_parameters(servers[0], repo, commit, TAG="v9"))
    assert build["result"] == "FAILURE"
    assert console.splitlines()[-4:] == [
        "fatal: Remote branch v9 not found in upstream origin",
        "exit status 128",
        "Build step 'Execute shell' marked build as failure",
        "Finished: FAILURE",
    ]


def test_a_tag_at_another_commit_is_not_built(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    build, console = client.run(job, **build_parameters(servers[0], repo, "0" * 40))
    assert build["result"] == "FAILURE"
    assert f"tag {TAG} is at {commit}, not at {'0' * 40}: refusing to build" in console.splitlines()


def test_a_compile_error_is_shown_with_file_and_line_and_nothing_is_pushed(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    wish = {"compile_error": {"file": "src/main/java/App.java", "line": 2, "message": "';' expected"}}
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES | {".sandbox.json": json.dumps(wish)})
    since = servers[1].journal.last
    build, console = client.run(job, **build_parameters(servers[0], repo, commit))
    assert build["result"] == "FAILURE"
    assert "[ERROR] src/main/java/App.java:[2,17] ';' expected" in console.splitlines()
    assert "[INFO] BUILD FAILURE" in console.splitlines()
    assert servers[1].journal.find(since=since) == []


def test_a_failing_test_ends_the_build_in_its_stage(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    repo, commit = git_repository(
        tmp_path / "shop",
        {"go.mod": "module shop\n", "a_test.go": "package main\n\n", ".sandbox.json": '{"test_failure": true}'},
    )
    build, console = client.run(job, **build_parameters(servers[0], repo, commit))
    assert build["result"] == "FAILURE"
    assert [x for x in console.splitlines() if x.startswith("::")][-1] == "::opsportal stage=test::"
    assert "    a_test.go:1: undefined: newServer" in console.splitlines()


@pytest.mark.parametrize("end", ["", ":latest", "@sha256:" + "a" * 64])
def test_an_image_without_a_fixed_tag_is_refused(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path, end: str
) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    image = f"{servers[1].url.removeprefix('http://')}/shop{end}"
    build, console = client.run(job, **build_parameters(servers[0], repo, commit, IMAGE=image))
    assert build["result"] == "FAILURE"
    assert f"refusing image reference '{image}': a fixed tag is required" in console.splitlines()


def test_a_registry_that_refuses_is_quoted(servers: Servers, client: JenkinsClient, job: str, tmp_path: Path) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    parameters = build_parameters(servers[0], repo, commit)
    parameters["IMAGE"] = parameters["IMAGE"].replace("/shop:", "/Shop:")
    build, console = client.run(job, **parameters)
    assert build["result"] == "FAILURE"
    assert (
        "error pushing image: received unexpected HTTP status: 404 Not Found: 404 page not found"
        in console.splitlines()
    )


def test_a_registry_that_is_down_fails_the_build(tmp_path: Path) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    with jenkins_and_registry() as (jenkins, _registry):
        client = JenkinsClient(jenkins.url)
        client.post("/job/tpl-java/enable")
        object.__setattr__(jenkins._workshop.registry, "url", "http://127.0.0.1:9")
        build, console = client.run("tpl-java", **build_parameters(jenkins, repo, commit))
    assert build["result"] == "FAILURE"
    assert "error pushing image: 127.0.0.1:9: Cannot connect to host 127.0.0.1:9" in console


class _Asked(http.server.BaseHTTPRequestHandler):
    """A git server that has nothing, or answers late, and remembers who asked."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        self.server.gate.wait(20)  # type: ignore[attr-defined]
        self.send_error(404)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def git_server() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Asked)
    server.seen, server.gate = [], threading.Event()  # type: ignore[attr-defined]
    server.gate.set()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.gate.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def test_the_git_token_goes_to_its_own_server_only_and_never_into_the_console(
    git_server: http.server.ThreadingHTTPServer,
) -> None:
    base = f"http://127.0.0.1:{git_server.server_port}"
    for known, expected in ((base, "Basic b2F1dGgyOmdscGF0LXNlY3JldA=="), ("http://127.0.0.1:9", None)):
        with jenkins_and_registry(git_url=known, git_token="glpat-secret") as (jenkins, _):
            client = JenkinsClient(jenkins.url)
            client.post("/job/tpl-go/enable")
            build, console = client.run("tpl-go", **build_parameters(jenkins, f"{base}/g/shop.git", ""))
        assert build["result"] == "FAILURE"
        assert git_server.seen.pop() == expected  # type: ignore[attr-defined]
        assert f"fatal: repository '{base}/g/shop.git/' not found" in console.splitlines()
        assert "glpat" not in console
        assert "b2F1dGgy" not in console


def test_a_build_that_hangs_in_its_clone_can_be_stopped(git_server: http.server.ThreadingHTTPServer) -> None:
    git_server.gate.clear()  # type: ignore[attr-defined]
    with jenkins_and_registry() as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.post("/job/tpl-go/enable")
        url = f"http://127.0.0.1:{git_server.server_port}/g/shop.git"
        number = client.executable(client.trigger("tpl-go", **build_parameters(jenkins, url, "")))
        wait_for(lambda: git_server.seen)  # type: ignore[attr-defined]
        client.post(f"/job/tpl-go/{number}/stop")
        assert client.finished("tpl-go", number)["result"] == "ABORTED"
        lines = client.get(f"/job/tpl-go/{number}/consoleText").text.splitlines()
        assert lines[-3:] == ["Build was aborted", "Aborted by portal", "Finished: ABORTED"]


def test_the_time_of_a_build_is_the_time_it_was_told(tmp_path: Path) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    with jenkins_and_registry(build_seconds=1.2) as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.post("/job/tpl-java/enable")
        build, _console = client.run("tpl-java", **build_parameters(jenkins, repo, commit))
    assert build["result"] == "SUCCESS"
    assert 1150 <= build["duration"] < 2200


def test_a_job_without_concurrent_builds_blocks_and_executors_bound_the_rest() -> None:
    with jenkins_and_registry(executors=2) as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.create("single", job_xml("sleep 60", parameters={"N": ""}))
        client.create(
            "many", job_xml("sleep 60", parameters={"N": ""}, extra="<concurrentBuild>true</concurrentBuild>")
        )
        client.executable(client.trigger("single", N="1"))
        second = client.trigger("single", N="2")
        client.executable(client.trigger("many", N="1"))
        third = client.trigger("many", N="2")

        def settled() -> bool:
            return "Waiting" not in client.json(f"/queue/item/{third}/api/json")["_class"]

        wait_for(settled)
        blocked = client.json(f"/queue/item/{second}/api/json")
        assert (blocked["_class"], blocked["why"]) == (
            "hudson.model.Queue$BlockedItem",
            "A build is already in progress",
        )
        buildable = client.json(f"/queue/item/{third}/api/json")
        assert (buildable["_class"], buildable["why"]) == (
            "hudson.model.Queue$BuildableItem",
            "Waiting for next available executor",
        )
        nodes = client.json(
            "/computer/api/json?tree=busyExecutors,totalExecutors,computer[executors[idle,currentExecutable[number]]]"
        )
        assert (nodes["busyExecutors"], nodes["totalExecutors"]) == (2, 2)
        assert [x["idle"] for x in nodes["computer"][0]["executors"]] == [False, False]
        client.post("/job/single/1/stop")
        assert client.finished("single", 1)["result"] == "ABORTED"
        assert client.executable(second) == 2


def test_the_journal_tells_starts_and_ends_with_key_and_result(
    servers: Servers, client: JenkinsClient, job: str, tmp_path: Path
) -> None:
    repo, commit = git_repository(tmp_path / "shop", JAVA_FILES)
    client.run(job, **build_parameters(servers[0], repo, commit, OPSPORTAL_KEY="k-77"))
    journal = servers[0].journal
    trigger = journal.find("build.trigger", subject=job)
    assert [(e.accepted, e.detail["key"], e.detail["folded"]) for e in trigger] == [(True, "k-77", False)]
    ended = wait_for(lambda: journal.find("build.end", subject=job))
    started = journal.find("build.start", subject=job)
    assert [(e.detail["number"], e.detail["key"]) for e in started] == [(1, "k-77")]
    assert [(e.detail["number"], e.detail["key"], e.detail["result"]) for e in ended] == [(1, "k-77", "SUCCESS")]
