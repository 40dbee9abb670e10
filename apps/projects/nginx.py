"""The nginx upstream block that shares requests between virtual machines and containers (P8). Pure functions.

Weights are those of ngx_http_upstream_module's `server` directive: integers ≥ 1, shares in proportion. What stands in
the block are addresses and slugs in their canonical form and numbers; anything else is refused, for a text of somebody
could end the directive. Must not: read a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from apps.projects.addresses import server_address

MAX_FAILS, FAIL_TIMEOUT = 3, "10s"  # three failures within 10 s take a server out for 10 s
_SLUG = re.compile(r"[A-Za-z0-9_-]{1,63}")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})?")


def upstream_name(project: str, environment: str) -> str:
    """`project.environment`: a dot is in neither slug, so two pairs never share a name, and unlike “_” it may stand in
    the Host header, which is the upstream's name where nobody sets another."""
    if not (_SLUG.fullmatch(project) and _SLUG.fullmatch(environment)):
        raise ValueError(f"not two slugs: {project!r}, {environment!r}")
    return f"{project}.{environment}"


def server_weights(vm_count: int, container_count: int, weight: int) -> tuple[int, int]:
    """The weight of each virtual machine and of each container address, so that containers get exactly `weight` percent
    of the requests; 0 for a side that gets none. ValueError when a side with a share has no server.

    With v machines of weight a and c addresses of weight b: c·b / (c·b + v·a) = w/100 gives a : b = c·(100 - w) : v·w.
    """
    if not 0 <= weight <= 100:
        raise ValueError(f"no percentage: {weight}")
    if (weight < 100 and not vm_count) or (weight > 0 and not container_count):
        raise ValueError("a side with a share of the requests has no server")
    if weight in (0, 100):
        return (1, 0) if weight == 0 else (0, 1)
    machine, container = container_count * (100 - weight), vm_count * weight
    divisor = math.gcd(machine, container)
    return machine // divisor, container // divisor


def nginx_upstream(name: str, vm_servers: Sequence[str], container_servers: Sequence[str], weight: int) -> str:
    """The block. Servers are canonical `host:port` or `[v6]:port`; a side without a share is left out, since nginx knows
    no weight 0. A host name with several addresses counts as so many servers: give addresses where the share matters.

    ValueError for a name or an address that is none, for the same address twice, and as `server_weights`.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"no upstream name: {name!r}")
    everything = [*vm_servers, *container_servers]
    for address in everything:
        if server_address(address) != address:
            raise ValueError(f"no canonical address: {address!r}")
    if len(set(everything)) < len(everything):
        raise ValueError("an address stands there twice")
    machine, container = server_weights(len(vm_servers), len(container_servers), weight)
    lines = [
        f"upstream {name} {{",
        *_side(f"virtual machines, {100 - weight} %", vm_servers, machine),
        *_side(f"containers, {weight} %", container_servers, container),
        "}",
    ]
    return "".join(f"{line}\n" for line in lines)


def heading(project: str, environment: str, revision: int, left_out: int) -> str:
    """The comment before the block: what it belongs to, without a time, so that the same revision is the same text.

    left_out: servers of the project whose address is no host:port and that get no request for it.
    """
    name = upstream_name(project, environment)
    lines = [f"# {name}, revision {revision:d} of where its requests go; made by opsportal, changes here are lost"]
    if left_out:
        lines.append(f"# left out: {left_out:d} bound server(s) whose address is not host:port")
    return "".join(f"{line}\n" for line in lines)


def _side(title: str, servers: Sequence[str], weight: int) -> list[str]:
    if not weight:
        return []
    options = f"weight={weight} max_fails={MAX_FAILS} fail_timeout={FAIL_TIMEOUT}"
    return [f"    # {title}", *(f"    server {address} {options};" for address in servers)]
