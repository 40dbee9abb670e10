"""The command lines of the cluster's processes, each with what its flags are for where they do not say it.

Must not: listen anywhere but on 127.0.0.1, or write outside the cluster's folder.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SERVICES = "10.96.0.0/16"
ISSUER = "https://kubernetes.default.svc"


@dataclass(frozen=True)
class Ports:
    """One free port for each listener."""

    etcd: int
    etcd_peer: int
    apiserver: int
    controllers: int
    scheduler: int
    kwok: int
    fakelet: int
    kubelet: int

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody had at this moment."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in cls.__dataclass_fields__]
            for one in sockets:
                one.bind((HOST, 0))
            return cls(*(one.getsockname()[1] for one in sockets))


def etcd(folder: Path, ports: Ports) -> list[str]:
    """etcd, which does not wait for the disk: what is lost with the machine is a test's."""
    client, peer = f"http://{HOST}:{ports.etcd}", f"http://{HOST}:{ports.etcd_peer}"
    return [
        *("etcd", "--name=one", f"--data-dir={folder / 'etcd'}", "--unsafe-no-fsync", "--log-level=warn"),
        *(f"--listen-client-urls={client}", f"--advertise-client-urls={client}"),
        *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=one={peer}"),
    ]


def apiserver(folder: Path, ports: Ports) -> list[str]:
    """kube-apiserver. An advertised loopback address needs the endpoint reconciler off; the fake nodes' kubelet is
    found by their address, a real node's by its name."""
    keys = folder / "keys"
    return [
        *("kube-apiserver", f"--etcd-servers=http://{HOST}:{ports.etcd}", "--allow-privileged"),
        *(f"--bind-address={HOST}", f"--secure-port={ports.apiserver}", f"--advertise-address={HOST}"),
        *("--endpoint-reconciler-type=none", f"--service-cluster-ip-range={SERVICES}"),
        *(f"--tls-cert-file={keys / 'server.crt'}", f"--tls-private-key-file={keys / 'server.key'}"),
        *(f"--client-ca-file={keys / 'ca.crt'}", f"--token-auth-file={folder / 'tokens.csv'}"),
        *("--authorization-mode=Node,RBAC", f"--service-account-issuer={ISSUER}"),
        f"--service-account-key-file={keys / 'tokens.pub'}",
        f"--service-account-signing-key-file={keys / 'tokens.key'}",
        f"--kubelet-certificate-authority={keys / 'ca.crt'}",
        f"--kubelet-client-certificate={keys / 'kubelet-client.crt'}",
        f"--kubelet-client-key={keys / 'kubelet-client.key'}",
        "--kubelet-preferred-address-types=Hostname,InternalIP",
    ]


def controllers(folder: Path, ports: Ports) -> list[str]:
    """kube-controller-manager."""
    config = folder / "system:kube-controller-manager.kubeconfig"
    return [
        *("kube-controller-manager", "--leader-elect=false", "--use-service-account-credentials"),
        *_with_config(config, ports.controllers),
        f"--service-account-private-key-file={folder / 'keys' / 'tokens.key'}",
        *(f"--root-ca-file={folder / 'keys' / 'ca.crt'}", f"--cert-dir={folder / 'made'}"),
    ]


def scheduler(folder: Path, ports: Ports) -> list[str]:
    """kube-scheduler."""
    config = folder / "system:kube-scheduler.kubeconfig"
    return ["kube-scheduler", "--leader-elect=false", *_with_config(config, ports.scheduler)]


def kwok(folder: Path) -> list[str]:
    """The fake nodes: their leases, and the life of their pods as kwok.yaml tells it."""
    return [
        *("kwok", f"--kubeconfig={folder / 'kwok.kubeconfig'}", f"--config={folder / 'kwok.yaml'}"),
        *(
            f"--tls-cert-file={folder / 'keys' / 'server.crt'}",
            f"--tls-private-key-file={folder / 'keys' / 'server.key'}",
        ),
    ]


def fakelet(folder: Path, ports: Ports) -> list[str]:
    """The fake nodes' kubelet side: exec and logs."""
    return [
        *("fakelet", "-listen", f"{HOST}:{ports.fakelet}", "-kubeconfig", str(folder / "kwok.kubeconfig")),
        *("-cert", str(folder / "keys" / "server.crt"), "-key", str(folder / "keys" / "server.key")),
        *("-dir", str(folder / "box"), "-logs", str(folder / "podlogs")),
    ]


def _with_config(config: Path, port: int) -> list[str]:
    names = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return [*(f"--{name}={config}" for name in names), f"--bind-address={HOST}", f"--secure-port={port}"]
