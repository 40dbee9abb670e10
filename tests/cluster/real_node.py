"""One real node on this machine: containerd, runc and a kubelet (REAL_NODE=1, root, Debian's packages).

The node is called `localhost`, which is how the API server reaches its kubelet on 127.0.0.1.
Must not: leave a container, a mount, a network namespace or a bridge behind.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from opsportal.demo.process import Child
from tests.cluster.cluster import RealCluster
from tests.cluster.parts import HOST
from tests.contracts.kubernetes_wire import Wire

NAME, BRIDGE, SUBNET = "localhost", "opsportal-br0", "10.45.0.0/24"
PLUGINS = "/usr/lib/cni"
NEEDED = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/bin/busybox": "busybox-static",
    f"{PLUGINS}/bridge": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
}


def missing() -> str:
    """Why there cannot be a real node here; empty when there can."""
    if os.getuid() != 0:
        return "a real node needs root"
    packages = sorted({package for tool, package in NEEDED.items() if shutil.which(tool) is None})
    return f"a real node needs Debian's {' '.join(packages)}" if packages else ""


class RealNodeCluster(RealCluster):
    """A cluster whose only node is real; the last of `images` holds a pod's namespaces, `login` is their registry's."""

    def __init__(self, binary: Path, folder: Path, images: tuple[str, str, str], login: tuple[str, str]) -> None:
        super().__init__(binary, folder)
        self.images = [*images[:2]]
        self.node = RealNode(self, images[2], login)

    def _start_nodes(self, admin: Wire) -> None:
        self.node.start(admin)

    def stop(self) -> None:
        """The node first: its containers end while somebody still hears of it."""
        self.node.stop()
        super().stop()


class RealNode:
    """The node of one cluster; `pause` is the image that holds a pod's namespaces."""

    def __init__(self, cluster: RealCluster, pause: str, login: tuple[str, str]) -> None:
        self.cluster, self.pause, self.login = cluster, pause, login
        self.folder = cluster.folder / "node"
        self.socket = self.folder / "containerd.sock"
        self.children: list[Child] = []

    def start(self, admin: Wire) -> None:
        """Start it and wait until it is ready."""
        for name in ("cni", "kubelet", "log"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "containerd.toml").touch(mode=0o600)
        (self.folder / "containerd.toml").write_text(self._containerd(), encoding="ascii")
        (self.folder / "cni" / "10-bridge.conflist").write_text(json.dumps(self._network()), encoding="ascii")
        (self.folder / "kubelet.json").write_text(json.dumps(self._kubelet()), encoding="ascii")
        runtime = self._run("containerd", ["containerd", "-c", str(self.folder / "containerd.toml")])
        runtime.wait_until(lambda: self._ctr("version").returncode == 0, 20)
        config = self.cluster.folder / "kwok.kubeconfig"  # an administrator's: this is no place for bootstrap tokens
        flags = [f"--kubeconfig={config}", f"--config={self.folder / 'kubelet.json'}", f"--hostname-override={NAME}"]
        flags += [f"--root-dir={self.folder / 'kubelet'}", f"--cert-dir={self.folder / 'kubelet'}"]
        kubelet = self._run("kubelet", [str(self.cluster.binary), "kubelet", *flags])
        kubelet.wait_until(lambda: _is_ready(admin), 60)

    def stop(self) -> None:
        """End kubelet, containers and runtime, and clear what they leave outside their folder."""
        while self.children:
            child = self.children.pop()
            if child.name == "containerd":
                self._end_containers()
            child.stop()
        subprocess.run(["ip", "link", "delete", BRIDGE], capture_output=True, check=False)
        mounts = re.findall(rf" ({re.escape(str(self.folder))}\S*)", Path("/proc/mounts").read_text())
        for mount in sorted(mounts, reverse=True):
            subprocess.run(["umount", "-l", mount], capture_output=True, check=False)
        for top in Path("/sys/fs/cgroup").glob("**/kubepods"):
            for group in sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True):
                group.rmdir()
            top.rmdir()

    def _run(self, name: str, command: list[str]) -> Child:
        child = Child(name, command, self.folder / "log" / f"{name}.log", grace=10)
        child.start()
        self.children.append(child)
        return child

    def _ctr(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["ctr", "-a", str(self.socket), "-n", "k8s.io", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _end_containers(self) -> None:
        for _ in range(50):
            tasks = self._ctr("tasks", "ls", "-q").stdout.split()
            if not tasks:
                break
            for task in tasks:
                self._ctr("tasks", "kill", "-s", "KILL", task)
                self._ctr("tasks", "delete", "-f", task)
            time.sleep(0.2)
        for container in self._ctr("containers", "ls", "-q").stdout.split():
            self._ctr("containers", "delete", container)
        listed = Path("/run/netns")
        for path in listed.glob("cni-*") if listed.exists() else ():
            subprocess.run(["ip", "netns", "delete", path.name], capture_output=True, check=False)

    def _containerd(self) -> str:
        cri = '[plugins."io.containerd.grpc.v1.cri"'
        host, (user, password) = self.pause.partition("/")[0], self.login
        return f"""version = 2
root = "{self.folder}/containerd"
state = "{self.folder}/containerd-state"
[grpc]
address = "{self.socket}"
{cri}]
sandbox_image = "{self.pause}"
stream_server_address = "{HOST}"
disable_apparmor = true
restrict_oom_score_adj = true
{cri}.cni]
bin_dir = "{PLUGINS}"
conf_dir = "{self.folder}/cni"
{cri}.registry.configs."{host}".auth]
username = "{user}"
password = "{password}"
"""

    def _network(self) -> dict[str, object]:
        ranges: dict[str, object] = {"type": "host-local", "dataDir": f"{self.folder}/addresses"}
        ranges |= {"ranges": [[{"subnet": SUBNET}]], "routes": [{"dst": "0.0.0.0/0"}]}
        bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "ipMasq": False, "ipam": ranges}
        return {"cniVersion": "0.4.0", "name": "one", "plugins": [bridge]}

    def _kubelet(self) -> dict[str, object]:
        keys = self.cluster.folder / "keys"
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": HOST,
            "port": self.cluster.ports.kubelet,
            "healthzPort": 0,
            "readOnlyPort": 0,
            "tlsCertFile": str(keys / "server.crt"),
            "tlsPrivateKeyFile": str(keys / "server.key"),
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": False},
                "x509": {"clientCAFile": str(keys / "ca.crt")},
            },
            "authorization": {"mode": "AlwaysAllow"},
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "cgroupDriver": "cgroupfs",
            "failCgroupV1": False,
            "failSwapOn": False,
            "makeIPTablesUtilChains": False,  # else it adds chains to this machine's firewall
            "enforceNodeAllocatable": [],
            "evictionHard": {"memory.available": "1Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%"},
            "imageGCHighThresholdPercent": 100,
            "nodeStatusUpdateFrequency": "5s",
            "syncFrequency": "10s",
            "podLogsDir": f"{self.folder}/log/pods",
        }


def _is_ready(admin: Wire) -> bool:
    answer = admin.call("GET", f"/api/v1/nodes/{NAME}")
    conditions = answer.json["status"].get("conditions", []) if answer.status == 200 else []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
