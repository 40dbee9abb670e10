"""The composed sandbox: addresses that stay, content that stays, and an image that goes from registry to pod."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import requests

from apps.sandbox.compose import PortTakenError, Sandbox, open_world
from apps.sandbox.images import Image, Registry, build_image, build_layer, push_image
from apps.sandbox.world import World
from tests.contracts.registry_wire import Wire
from tests.support.jenkins import JenkinsClient, build_parameters, wait_for
from tests.support.sandbox import fault, journal, only_new, running_sandbox

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory) as running:
        yield running


def image_of(text: str) -> Image:
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return build_image([build_layer({"app.txt": text.encode()}, "COPY app.txt /", when)], labels={}, created=when)


def push(sandbox: Sandbox, repository: str, tag: str) -> str:
    """Push a small image, return its digest."""
    world = sandbox.world
    registry = Registry(world.registry_url, world.registry_user, world.registry_password)
    return asyncio.run(push_image(registry, repository, tag, image_of(tag)))


def wire_to(sandbox: Sandbox) -> Wire:
    return Wire(sandbox.world.registry_url, sandbox.world.registry_user, sandbox.world.registry_password)


def ports(world: World) -> list[int]:
    clusters = [cluster.address for cluster in world.clusters]
    addresses = [world.registry, world.gitlab, world.jenkins, *clusters, world.callback]
    return [port for address in addresses for port in (address.port, address.admin_port)]


def deployment(name: str, image: str) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": image}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def apps(client: kubernetes.client.ApiClient) -> Any:
    return kubernetes.client.AppsV1Api(client)


def core(client: kubernetes.client.ApiClient) -> Any:
    return kubernetes.client.CoreV1Api(client)


@contextmanager
def cluster_api(sandbox: Sandbox, cluster: str) -> Iterator[kubernetes.client.ApiClient]:
    with kubernetes.config.new_client_from_config(str(sandbox.kubeconfig(cluster))) as client:
        yield client


def test_the_saved_world_names_every_address_and_only_its_owner_reads_it(sandbox: Sandbox) -> None:
    saved = World.load(str(sandbox.root))
    assert saved == sandbox.world
    assert list(sandbox.clusters) == ["test-1", "dc1", "dc2"]
    for server in sandbox.servers.values():
        assert server.port in ports(sandbox.world)
        assert server.admin_port in ports(sandbox.world)
    assert len(set(ports(sandbox.world))) == 14
    for path in (sandbox.root / "world.json", *(sandbox.kubeconfig(name) for name in sandbox.clusters)):
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_tokens_of_a_cluster_open_that_cluster_and_no_other(sandbox: Sandbox) -> None:
    _, dc1, dc2 = sandbox.world.clusters

    def list_namespaces(token: str) -> int:
        config = kubernetes.client.Configuration()
        kubernetes.config.load_kube_config(str(sandbox.kubeconfig("dc1")), client_configuration=config)
        config.refresh_api_key_hook = None  # it would put the file's token back
        config.api_key = {"authorization": f"Bearer {token}"}
        with kubernetes.client.ApiClient(config) as client:
            try:
                return int(core(client).list_namespace_with_http_info()[1])
            except kubernetes.client.ApiException as refused:
                return int(refused.status)

    own = [list_namespaces(token) for token in (dc1.admin_token, dc1.portal_token, dc1.readonly_token)]
    others = [list_namespaces(token) for token in (dc2.admin_token, dc2.portal_token, dc2.readonly_token)]
    assert (own, others) == ([200] * 3, [401] * 3)


def test_an_image_pushed_to_the_registry_is_run_by_a_pod(sandbox: Sandbox) -> None:
    digest = push(sandbox, "team/app", "1.0")
    image = f"{sandbox.world.registry_host}/team/app@{digest}"
    with only_new(sandbox.registry) as asked, cluster_api(sandbox, "dc1") as client:
        apps(client).create_namespaced_deployment("default", deployment("app", image))

        def ready() -> list[Any]:
            pods = core(client).list_namespaced_pod("default", label_selector="app=app").items
            return [pod for pod in pods if any(s.ready for s in pod.status.container_statuses or [])]

        pod = wait_for(ready)[0]
        assert pod.spec.containers[0].image == image
        assert pod.status.container_statuses[0].image_id.endswith(f"team/app@{digest}")
        assert asked("manifest.*", subject=f"team/app:{digest}", accepted=True)


def test_jenkins_builds_a_tag_of_gitlab_into_the_registry(sandbox: Sandbox) -> None:
    world, tag = sandbox.world, "20260901-183205-u17"
    api, login = f"{world.gitlab_url}/api/v4/projects/shop%2Fbook-api-n1", {"PRIVATE-TOKEN": world.gitlab_token}
    asked = {"tag_name": tag, "ref": "main", "message": "key"}
    made = requests.post(f"{api}/repository/tags", params=asked, headers=login, timeout=10)
    assert made.status_code == 201, made.text
    clone = requests.get(api, headers=login, timeout=10).json()["http_url_to_repo"]
    client = JenkinsClient(world.jenkins_url, world.jenkins_user, world.jenkins_api_token)
    client.post("/createItem", params={"name": "book-api", "mode": "copy", "from": "tpl-java"})
    assert client.post("/job/book-api/enable").status_code == 302
    parameters = build_parameters(sandbox.jenkins, clone, made.json()["commit"]["id"])
    build, console = client.run("book-api", **parameters)
    assert build["result"] == "SUCCESS", console
    assert wire_to(sandbox).tags("shop").json["tags"] == [tag]
    assert journal(sandbox.registry).find("manifest.put", subject=f"shop:{tag}", accepted=True)


def test_an_image_that_is_not_in_the_registry_is_not_run(sandbox: Sandbox) -> None:
    image = f"{sandbox.world.registry_host}/team/none:1"
    with cluster_api(sandbox, "dc2") as client:
        apps(client).create_namespaced_deployment("default", deployment("none", image))

        def reason() -> str | None:
            for pod in core(client).list_namespaced_pod("default", label_selector="app=none").items:
                for status in pod.status.container_statuses or []:
                    if status.state.waiting and status.state.waiting.reason in ("ErrImagePull", "ImagePullBackOff"):
                        return str(status.state.waiting.reason)
            return None

        assert wait_for(reason) in ("ErrImagePull", "ImagePullBackOff")


def test_faults_and_journal_are_at_hand(sandbox: Sandbox) -> None:
    fault(sandbox.registry, "tag.list", "status", status=503, match={"repository": "team/away"})
    with only_new(sandbox.registry) as asked:
        assert wire_to(sandbox).tags("team/away").status == 503
        assert [entry.status for entry in asked("tag.list")] == [503]
    assert journal(sandbox.registry).find("tag.list", accepted=False)


def test_a_second_start_has_the_same_ports_secrets_and_content(tmp_path: Path) -> None:
    with running_sandbox(data_dir=tmp_path / "s") as first:
        digest = push(first, "team/app", "1.0")
        push(first, "team/app", "2.0")
        with cluster_api(first, "dc1") as client:
            body = deployment("app", f"{first.world.registry_host}/team/app:1.0")
            made = apps(client).create_namespaced_deployment("default", body)
    with running_sandbox(data_dir=tmp_path / "s") as second:
        assert ports(second.world) == ports(first.world)
        assert second.world.gitlab_token == first.world.gitlab_token
        assert [c.ca_pem for c in second.world.clusters] == [c.ca_pem for c in first.world.clusters]
        assert wire_to(second).tags("team/app").json["tags"] == ["1.0", "2.0"]
        assert wire_to(second).manifest("team/app", "1.0").headers["Docker-Content-Digest"] == digest
        with cluster_api(second, "dc1") as client:
            kept = apps(client).read_namespaced_deployment("app", "default")
        assert kept.metadata.uid == made.metadata.uid


def test_a_taken_port_is_named_in_a_sentence_and_nothing_is_touched(tmp_path: Path) -> None:
    with running_sandbox(data_dir=tmp_path) as running:
        index = tmp_path / "registry" / "index.jsonl"
        before = index.stat().st_ino
        with pytest.raises(PortTakenError) as refused:
            asyncio.run(Sandbox(open_world(tmp_path)).start())
        port = running.world.registry.port
        assert str(refused.value).startswith(f"Port {port} of the registry is in use. End what listens there")
        assert index.stat().st_ino == before


def test_a_server_that_cannot_start_leaves_none_running(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    (tmp_path / "clusters").write_text("not a folder")
    with pytest.raises(NotADirectoryError):
        asyncio.run(Sandbox(world).start())
    assert world.registry.port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", world.registry.port)) != 0
    assert not (tmp_path / "world.json").exists()


def test_ports_of_a_new_world_may_be_numbered_and_are_then_kept(tmp_path: Path) -> None:
    world = open_world(tmp_path, port_base=20100)
    assert ports(world) == [port for number in range(20100, 20107) for port in (number, number + 50)]
    world.save()
    assert ports(open_world(tmp_path, port_base=30000, executors=2)) == ports(world)
    assert open_world(tmp_path, executors=2).executors == 2


# -- the command ------------------------------------------------------------------------------------------------
@contextmanager
def command(data_dir: Path, *more: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "opsportal.settings.test", "PYTHONUNBUFFERED": "1"}
    line = [sys.executable, str(ROOT / "manage.py"), "sandbox", "--data-dir", str(data_dir), *more]
    process = subprocess.Popen(
        line, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until_ready(process: subprocess.Popen[str]) -> list[str]:
    """What the command prints before it is ready."""
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        if line == "sandbox is ready\n":
            return lines
        lines.append(line.rstrip("\n"))
    raise AssertionError(process.stderr.read() if process.stderr else "it ended")


def test_the_command_prints_where_everything_is_and_ends_with_its_parent(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    with command(tmp_path, "--build-seconds", "1", "--parent-pipe", str(ours), pass_fds=[ours]) as process:
        os.close(ours)
        printed = "\n".join(until_ready(process))
        world = json.loads((tmp_path / "world.json").read_text())
        assert world["build_seconds"] == 1
        assert f"http://127.0.0.1:{world['gitlab']['port']}" in printed
        assert f"admin http://127.0.0.1:{world['clusters'][2]['address']['admin_port']}" in printed
        assert str(tmp_path / "kubeconfig-dc2.yaml") in printed
        assert world["gitlab_token"] not in printed
        with command(tmp_path) as second:
            _, said = second.communicate(timeout=30)
            assert second.returncode == 1
            assert f"Port {world['registry']['port']} of the registry is in use." in said
        os.close(theirs)
        assert process.wait(15) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_at_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with command(tmp_path) as process:
        until_ready(process)
        process.send_signal(number)
        assert process.wait(15) == 0


def test_a_world_of_before_the_receiver_gets_one_and_keeps_its_other_addresses(tmp_path: Path) -> None:
    world = open_world(tmp_path, port_base=20100)
    world.save()
    saved = json.loads((tmp_path / "world.json").read_text())
    del saved["callback"]
    (tmp_path / "world.json").write_text(json.dumps(saved))
    found = open_world(tmp_path)
    assert (found.callback.port, found.callback.admin_port) == (0, 0)
    assert ports(found)[:-2] == ports(world)[:-2]
