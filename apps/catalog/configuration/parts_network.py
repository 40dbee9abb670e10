"""Schema: the ports, who calls them, and the names that are looked up in the hosts file (W5, E6).

Must not: know a Service or an Ingress; the workloads room makes them.
"""

from __future__ import annotations

from apps.catalog.configuration.members import Member, grouped, listing, of_each, text, thing, whole, yes_no


def network(workload: str) -> dict[str, Member]:
    """Ports, exposure and hosts."""
    return grouped("network", {"ports": _ports(workload), "exposure": _exposure(), "hosts": _hosts()})


def _ports(workload: str) -> Member:
    entry = of_each(
        {
            "name": text("ports.name", longest=15, kind="port-name"),
            "port": whole("ports.port", 1, 65535),
        },
        required=("name", "port"),
    )
    default = [{"name": "http", "port": 8080}] if workload == "service" else []
    return listing("ports", entry, most=20, default=default)


def _exposure() -> Member:
    members = {
        "inside_only": yes_no("exposure.inside_only", default=True),
        "host": text("exposure.host", longest=253, kind="ingress-host", default=""),
    }
    return thing("exposure", members, default={})


def _hosts() -> Member:
    name = {"type": "string", "maxLength": 253, "format": "host-name"}
    entry = of_each(
        {
            "ip": text("hosts.ip", longest=45, kind="ip-address"),
            "names": listing("hosts.names", name, most=50, minItems=1),
        },
        required=("ip", "names"),
    )
    members = {
        "of_environment": yes_no("hosts.of_environment", default=False),
        "entries": listing("hosts.entries", entry, most=200, default=[]),
    }
    return thing("hosts", members, default={})
