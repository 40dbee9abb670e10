"""Unmodified kubectl against a living stand-in: a transcript of what an operator types, and what is seen."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from apps.sandbox.kubernetes.api.access import cluster_admin, readonly
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.support.servers import serving

KUBECTL = shutil.which("kubectl")
pytestmark = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: app, image: nginx, ports: [{containerPort: 80}], env: [{name: COLOUR, value: blue}]}
"""
HASH = r"[a-z0-9]+"


@dataclass
class Kubectl:
    """kubectl with one kubeconfig; every call and its output is kept as the transcript."""

    folder: Path
    config: Path

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "KUBECONFIG": str(self.config), "TZ": "UTC"}

    def start(self, *args: str, **options: object) -> subprocess.Popen[str]:
        command = [str(KUBECTL), *args]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options}
        return subprocess.Popen(command, env=self.environment(), text=True, bufsize=1, **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, *args: str, code: int = 0) -> str:
        process = self.start(*args)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == code, f"kubectl {' '.join(args)}\n{output}"
        return str(output)

    def pod(self) -> str:
        """A running pod of web."""
        listed = json.loads(self.run("get", "pods", "-l", "app=web", "-o", "json"))["items"]
        alive = [p for p in listed if "deletionTimestamp" not in p["metadata"]]
        return str(alive[0]["metadata"]["name"])


@pytest.fixture(scope="module")
def cluster() -> Iterator[KubernetesServer]:
    tokens = {"admin": cluster_admin(), "viewer": readonly()}
    with serving(KubernetesServer(None, name="dc1", tokens=tokens, pod_start_seconds=0.1)) as server:
        yield server


@pytest.fixture(scope="module")
def kubectl(cluster: KubernetesServer, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    folder = tmp_path_factory.mktemp("kubectl")
    (folder / "config").write_text(cluster.kubeconfig("admin"), encoding="utf-8")
    return Kubectl(folder, folder / "config")


@pytest.fixture
def web(kubectl: Kubectl) -> Iterator[Kubectl]:
    """kubectl, and a Deployment `web` rolled out."""
    manifest = kubectl.folder / "web.yaml"
    manifest.write_text(MANIFEST, encoding="utf-8")
    assert kubectl.run("apply", "-f", str(manifest)) == "deployment.apps/web created\n"
    kubectl.run("rollout", "status", "deployment/web", "--timeout=30s")
    yield kubectl
    kubectl.run("delete", "deployment", "web", "--ignore-not-found")
    kubectl.run("wait", "pods", "-l", "app=web", "--for=delete", "--timeout=30s")


def cells(output: str) -> list[list[str]]:
    return [re.split(r" {2,}", line.strip()) for line in output.splitlines()]


def test_get_shows_the_columns_of_each_kind(web: Kubectl) -> None:
    head, row = cells(web.run("get", "deployment", "web"))
    assert head == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row[:4] == ["web", "2/2", "2", "2"]
    head, row = cells(web.run("get", "deploy", "-o", "wide"))
    assert head[5:] == ["CONTAINERS", "IMAGES", "SELECTOR"]
    assert row[5:] == ["app", "nginx", "app=web"]
    head, *rows = cells(web.run("get", "pods", "-o", "wide"))
    assert head[:7] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert [row[1:4] for row in rows] == [["1/1", "Running", "0"]] * 2
    head, row = cells(web.run("get", "rs"))
    assert (head, row[1:4]) == (["NAME", "DESIRED", "CURRENT", "READY", "AGE"], ["2", "2", "2"])
    head, *rows = cells(web.run("get", "nodes"))
    assert [row[:3] for row in rows] == [[f"dc1-node-{n}", "Ready", "<none>"] for n in (1, 2, 3)]
    assert "service" not in web.run("get", "all")


def test_get_as_yaml_and_json_show_the_same_object(web: Kubectl) -> None:
    as_yaml = yaml.safe_load(web.run("get", "deployment", "web", "-o", "yaml"))
    as_json = json.loads(web.run("get", "deployment", "web", "-o", "json"))
    assert as_json["spec"] == as_yaml["spec"]
    assert (as_json["kind"], as_json["apiVersion"], as_json["status"]["readyReplicas"]) == ("Deployment", "apps/v1", 2)


def test_get_watch_follows_a_change(web: Kubectl) -> None:
    watching = web.start("get", "deployment", "web", "-w", "-o", "jsonpath={.spec.replicas}{'\\n'}")
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "2\n"
        web.run("scale", "deployment/web", "--replicas=3")
        seen = [watching.stdout.readline() for _ in range(1)]
        while seen[-1] == "2\n":
            seen.append(watching.stdout.readline())
        assert seen[-1] == "3\n"
    finally:
        watching.kill()
        watching.wait(10)


def test_get_watch_as_a_table_adds_rows(web: Kubectl) -> None:
    watching = web.start("get", "deployment", "web", "-w")
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline().split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
        assert watching.stdout.readline().split()[:2] == ["web", "2/2"]
        web.run("scale", "deployment/web", "--replicas=1")
        line = watching.stdout.readline()
        while line.split()[1] != "1/1":
            line = watching.stdout.readline()
        assert line.split()[0] == "web"
    finally:
        watching.kill()
        watching.wait(10)


def test_describe_tells_of_deployments_pods_and_nodes(web: Kubectl) -> None:
    text = web.run("describe", "deployment", "web")
    assert re.search(r"^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$", text, re.M)
    assert re.search(rf"^NewReplicaSet: +web-{HASH} \(2/2 replicas created\)$", text, re.M)
    assert re.search(r"Normal +ScalingReplicaSet +\S+ +deployment-controller +Scaled up replica set", text)
    text = web.run("describe", "pod", web.pod())
    assert re.search(rf"^Controlled By: +ReplicaSet/web-{HASH}$", text, re.M)
    assert re.search(r"Normal +Started +\S+ +kubelet +Started container app", text)
    assert "KubeletReady" in web.run("describe", "node", "dc1-node-1")
    assert re.search(r"^Status: +Active$", web.run("describe", "namespace", "default"), re.M)


def test_an_image_is_set_rolled_out_undone_and_restarted(web: Kubectl) -> None:
    assert web.run("set", "image", "deployment/web", "app=busybox") == "deployment.apps/web image updated\n"
    assert web.run("rollout", "status", "deployment/web", "--timeout=30s").endswith(
        'deployment "web" successfully rolled out\n'
    )
    history = cells(web.run("rollout", "history", "deployment/web"))
    assert [row[0] for row in history if row[0].isdigit()] == ["1", "2"]
    assert "busybox" in web.run("rollout", "history", "deployment/web", "--revision=2")
    assert web.run("rollout", "undo", "deployment/web") == "deployment.apps/web rolled back\n"
    web.run("rollout", "status", "deployment/web", "--timeout=30s")
    image = "jsonpath={.spec.template.spec.containers[0].image}"
    assert web.run("get", "deployment", "web", "-o", image) == "nginx"
    assert web.run("rollout", "restart", "deployment/web") == "deployment.apps/web restarted\n"
    web.run("rollout", "status", "deployment/web", "--timeout=30s")
    revision = r"jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}"
    assert web.run("get", "deployment", "web", "-o", revision) == "4"


def test_a_deployment_is_scaled_patched_paused_and_annotated(web: Kubectl) -> None:
    assert web.run("scale", "deployment/web", "--replicas=3") == "deployment.apps/web scaled\n"
    web.run("rollout", "status", "deployment/web", "--timeout=30s")
    patch = '{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"COLOUR","value":"red"}]}]}}}}'
    assert web.run("patch", "deployment", "web", "-p", patch) == "deployment.apps/web patched\n"
    assert web.run("patch", "deployment", "web", "-p", patch) == "deployment.apps/web patched (no change)\n"
    removal = '[{"op":"remove","path":"/spec/template/spec/containers/0/env"}]'
    assert web.run("patch", "deployment", "web", "--type=json", "-p", removal) == "deployment.apps/web patched\n"
    merge = '{"spec":{"minReadySeconds":0,"paused":true}}'
    assert web.run("patch", "deployment", "web", "--type=merge", "-p", merge) == "deployment.apps/web patched\n"
    assert web.run("rollout", "resume", "deployment/web") == "deployment.apps/web resumed\n"
    assert web.run("annotate", "deployment", "web", "note=x") == "deployment.apps/web annotated\n"
    assert web.run("rollout", "status", "deployment/web", "--timeout=30s").endswith("successfully rolled out\n")


def test_apply_creates_changes_leaves_alone_and_tells_conflicts(web: Kubectl) -> None:
    manifest = str(web.folder / "web.yaml")
    assert web.run("apply", "-f", manifest) == "deployment.apps/web unchanged\n"
    assert web.run("apply", "-f", manifest, "--dry-run=server") == "deployment.apps/web unchanged (server dry run)\n"
    web.run("set", "image", "deployment/web", "app=busybox")
    conflict = web.run("apply", "--server-side", "--field-manager=portal", "-f", manifest, code=1)
    assert 'conflict with "kubectl-set" using apps/v1: .spec.template.spec.containers[name="app"].image' in conflict
    taken = web.run("apply", "--server-side", "--field-manager=portal", "--force-conflicts", "-f", manifest)
    assert taken == "deployment.apps/web serverside-applied\n"
    bad = web.folder / "bad.yaml"
    bad.write_text(
        MANIFEST.replace("replicas: 2", "replicas: -1").replace("name: web,", "name: bad,"), encoding="utf-8"
    )
    assert web.run("apply", "-f", str(bad), code=1) == (
        'The Deployment "bad" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n'
    )


def test_logs_are_shown_and_followed_to_their_end(web: Kubectl) -> None:
    pod = web.pod()
    whole = web.run("logs", pod)
    assert whole
    assert web.run("logs", pod, "--tail=1") == whole.splitlines(keepends=True)[-1]
    following = web.start("logs", "-f", pod)
    assert following.stdout is not None
    assert following.stdout.readline() == whole.splitlines(keepends=True)[0]
    web.run("delete", "pod", pod, "--wait=false")
    following.communicate(timeout=30)
    assert following.returncode == 0


def test_exec_runs_a_command_and_hands_its_exit_code_back(web: Kubectl) -> None:
    pod = web.pod()
    assert web.run("exec", pod, "--", "echo", "hello") == "hello\n"
    failed = web.run("exec", pod, "--", "sh", "-c", "exit 3", code=3)
    assert failed == "command terminated with exit code 3\n"


def test_exec_with_a_terminal_is_a_shell(web: Kubectl) -> None:
    mine, theirs = pty.openpty()
    process = web.start("exec", "-it", web.pod(), "--", "sh", stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        os.write(mine, b"echo fort''y\r")
        assert "forty" in read_until(mine, "forty")
        os.write(mine, b"exit\r")
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        os.close(mine)


def read_until(descriptor: int, text: str, seconds: float = 20) -> str:
    output, deadline = "", time.monotonic() + seconds
    while text not in output:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"no {text!r} in {output!r}"
        output += os.read(descriptor, 4096).decode("utf-8", "replace")
    return output


def test_delete_takes_a_deployment_and_its_pods(web: Kubectl) -> None:
    assert web.run("delete", "deployment", "web") == 'deployment.apps "web" deleted\n'
    web.run("wait", "pods", "-l", "app=web", "--for=delete", "--timeout=30s")
    assert web.run("get", "pods,rs", "-l", "app=web") == "No resources found in default namespace.\n"


def test_a_deleted_pod_is_replaced(web: Kubectl) -> None:
    pod = web.pod()
    assert web.run("delete", "pod", pod) == f'pod "{pod}" deleted\n'
    web.run("wait", "deployment/web", "--for=condition=Available", "--timeout=30s")
    web.run("rollout", "status", "deployment/web", "--timeout=30s")
    assert pod not in web.run("get", "pods", "-o", "name")


def test_a_reader_is_told_what_it_may_not_do(web: Kubectl, cluster: KubernetesServer) -> None:
    config = web.folder / "viewer"
    config.write_text(cluster.kubeconfig("viewer"), encoding="utf-8")
    viewer = Kubectl(web.folder, config)
    assert "web" in viewer.run("get", "deployments")
    assert viewer.run("scale", "deployment/web", "--replicas=0", code=1) == (
        'Error from server (Forbidden): deployments.apps "web" is forbidden: User '
        '"system:serviceaccount:default:viewer" cannot patch resource "deployments/scale" in API group "apps" '
        'in the namespace "default"\n'
    )
