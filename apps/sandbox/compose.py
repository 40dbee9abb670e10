"""Puts the stand-ins together: a registry, GitLab, Jenkins, a receiver of callbacks, and clusters; each knows the others.

Ports are taken free at the first start and kept in `world.json` from then on, because a portal stores addresses.
Must not: know what the servers answer, or print credentials.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import AsyncExitStack
from pathlib import Path

from apps.sandbox.base.server import StandIn
from apps.sandbox.callback.server import CallbackServer
from apps.sandbox.gitlab.server import GitLabServer
from apps.sandbox.jenkins.server import JenkinsServer
from apps.sandbox.kubernetes.api import access
from apps.sandbox.kubernetes.server import KubernetesServer, RegistryAccess
from apps.sandbox.registry.server import RegistryServer
from apps.sandbox.world import Address, ClusterSpec, World, write_private


class PortTakenError(Exception):
    """A port the world names is in use by somebody else; the message is a sentence for a person."""


def open_world(
    data_dir: Path,
    *,
    build_seconds: float | None = None,
    executors: int | None = None,
    pod_start_seconds: float | None = None,
    port_base: int | None = None,
) -> World:
    """The saved world of a folder, or a new one; speeds that are given replace the saved ones, ports are kept."""
    world = World.load(str(data_dir))
    if world is None:
        world = World(str(data_dir))
        if port_base is not None:
            _number_ports(world, port_base)
    world.data_dir = str(data_dir)
    if build_seconds is not None:
        world.build_seconds = build_seconds
    if executors is not None:
        world.executors = executors
    if pod_start_seconds is not None:
        world.pod_start_seconds = pod_start_seconds
    return world


def _addresses(world: World) -> dict[str, Address]:
    clusters = {f"cluster {cluster.name}": cluster.address for cluster in world.clusters}
    known = {"the registry": world.registry, "GitLab": world.gitlab, "Jenkins": world.jenkins, **clusters}
    return {**known, "the callback receiver": world.callback}


def _number_ports(world: World, base: int) -> None:
    """Listeners from `base` on, admin ports fifty above."""
    for number, address in enumerate(_addresses(world).values(), base):
        address.port, address.admin_port = number, number + 50


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere this option would let two listeners share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return True
    return False


def _tokens(spec: ClusterSpec) -> dict[str, access.Token]:
    return {
        spec.portal_token: access.portal(),
        spec.admin_token: access.cluster_admin(),
        spec.readonly_token: access.readonly(),
    }


class Sandbox:
    """All servers of one world; the attributes exist once `start` has returned."""

    registry: RegistryServer
    gitlab: GitLabServer
    jenkins: JenkinsServer
    callback: CallbackServer
    clusters: dict[str, KubernetesServer]

    def __init__(self, world: World) -> None:
        self.world = world
        self.root = Path(world.data_dir)
        self._running = AsyncExitStack()

    async def start(self) -> None:
        """Start registry, GitLab, Jenkins, the callback receiver, clusters; save the world. When one cannot start, none is left running."""
        self._refuse_taken_ports()  # before any server opens its files: another sandbox may be at work on them
        async with AsyncExitStack() as starting:
            await self._start_registry(starting)
            await self._start_gitlab(starting)
            await self._start_jenkins(starting)
            self.callback = CallbackServer(self.root / "callback")
            await self._serve(starting, self.callback, self.world.callback)
            self.clusters = {}
            for spec in self.world.clusters:
                await self._start_cluster(starting, spec)
            self.world.save()
            self._running = starting.pop_all()

    async def stop(self) -> None:
        """Stop everything, the last started first; each writes its state."""
        await self._running.aclose()

    @property
    def servers(self) -> dict[str, StandIn]:
        """Every server by the name a person knows it by."""
        clusters = {f"cluster {name}": server for name, server in self.clusters.items()}
        known = {"registry": self.registry, "gitlab": self.gitlab, "jenkins": self.jenkins, "callback": self.callback}
        return {**known, **clusters}

    def kubeconfig(self, cluster: str) -> Path:
        """Where the administrator's kubeconfig of a cluster lies."""
        return self.root / f"kubeconfig-{cluster}.yaml"

    def _refuse_taken_ports(self) -> None:
        for what, address in _addresses(self.world).items():
            for port in (address.port, address.admin_port):
                if port and _is_taken(port):
                    raise PortTakenError(
                        f"Port {port} of {what} is in use. End what listens there (another sandbox on "
                        f"{self.root}?) or start with another data directory."
                    )

    # -- one by one ---------------------------------------------------------------------------------------
    async def _start_registry(self, starting: AsyncExitStack) -> None:
        world = self.world
        self.registry = RegistryServer(
            self.root / "registry", user=world.registry_user, password=world.registry_password
        )
        await self._serve(starting, self.registry, world.registry)

    async def _start_gitlab(self, starting: AsyncExitStack) -> None:
        self.gitlab = GitLabServer(self.root / "gitlab", token=self.world.gitlab_token)
        await self._serve(starting, self.gitlab, self.world.gitlab)

    async def _start_jenkins(self, starting: AsyncExitStack) -> None:
        world = self.world
        self.jenkins = JenkinsServer(
            self.root / "jenkins",
            user=world.jenkins_user,
            api_token=world.jenkins_api_token,
            password=world.jenkins_password,
            build_seconds=world.build_seconds,
            executors=world.executors,
            registry_url=world.registry_url,
            registry_user=world.registry_user,
            registry_password=world.registry_password,
            git_url=world.gitlab_url,
            git_token=world.gitlab_token,
        )
        await self._serve(starting, self.jenkins, world.jenkins)

    async def _start_cluster(self, starting: AsyncExitStack, spec: ClusterSpec) -> None:
        world = self.world
        server = KubernetesServer(
            self.root / "clusters" / spec.name,
            name=spec.name,
            data_centre=spec.data_centre,
            tokens=_tokens(spec),
            nodes=spec.nodes,
            registry=RegistryAccess(
                world.registry_host, world.registry_url, world.registry_user, world.registry_password
            ),
            pod_start_seconds=world.pod_start_seconds,
        )
        await self._serve(starting, server, spec.address)
        self.clusters[spec.name] = server
        spec.ca_pem = server.ca_pem
        write_private(self.kubeconfig(spec.name), server.kubeconfig(spec.admin_token))

    async def _serve(self, starting: AsyncExitStack, server: StandIn, address: Address) -> None:
        await server.start(address.port, address.admin_port)
        starting.push_async_callback(server.stop)
        address.port, address.admin_port = server.port, server.admin_port
