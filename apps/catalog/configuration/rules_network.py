"""Rules about ports, probes, hosts and exposure. Must not: know a Service; see `rules` for what a rule may expect."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from apps.catalog.configuration.pointers import Fault

Document = dict[str, Any]
_NEEDS = {"http": ("path", "port"), "tcp": ("port",), "exec": ("command",)}
_PROBES = ("readiness", "liveness", "startup")


def ports_once(document: Document, _: str) -> Iterator[Fault]:
    """No two ports of one name or number."""
    for member in ("name", "port"):
        first: dict[Any, int] = {}
        for at, port in enumerate(document.get("ports") or []):
            if member in port and first.setdefault(port[member], at) != at:
                params = {"value": port[member], "other": f"ports[{first[port[member]]}].{member}"}
                yield ("ports", at, member), "configuration.repeated", params


def ports_of_a_service_only(document: Document, workload: str) -> Iterator[Fault]:
    """A worker or a cron has no ports."""
    if workload != "service" and document.get("ports"):
        yield ("ports",), "configuration.ports_need_a_service", {"workload": workload}


def host_for_outside_only(document: Document, workload: str) -> Iterator[Fault]:
    """A host is the answer to the second question, and is asked of a service only."""
    exposure = document.get("exposure") or {}
    if not exposure.get("host"):
        return
    if workload != "service":
        yield ("exposure", "host"), "configuration.host_needs_a_service", {"workload": workload}
    elif exposure.get("inside_only"):
        yield ("exposure", "host"), "configuration.host_inside_only", {}


def probes_have_what_they_need(document: Document, _: str) -> Iterator[Fault]:
    """Of path, port and command the ones that the type needs, and no other."""
    for name, probe in _probes(document):
        kind = probe.get("type", "http")
        for member in _NEEDS[kind]:
            if not probe.get(member):
                yield ("probes", name, member), "configuration.probe_needs", {"type": kind, "member": member}
        for member in ("path", "port", "command"):
            if member not in _NEEDS[kind] and probe.get(member):
                yield ("probes", name, member), "configuration.probe_has_no", {"type": kind, "member": member}


def probes_ask_a_port(document: Document, workload: str) -> Iterator[Fault]:
    """A probe asks one of the workload's ports; without `ports` yet, there is nothing to compare with."""
    known = [port["port"] for port in document.get("ports") or []]
    for name, probe in _probes(document):
        if "port" not in probe:
            continue
        if workload != "service":
            yield ("probes", name, "port"), "configuration.probe_needs_a_service", {"workload": workload}
        elif "ports" in document and probe["port"] not in known:
            params = {"port": probe["port"], "ports": known or "–"}
            yield ("probes", name, "port"), "configuration.probe_port_unknown", params


def hosts_once(document: Document, _: str) -> Iterator[Fault]:
    """A name once for each address family: of two lines of one family the second is never read."""
    first: dict[tuple[str, int], str] = {}
    for at, entry in enumerate((document.get("hosts") or {}).get("entries") or []):
        version = ipaddress.ip_address(entry["ip"]).version
        for position, name in enumerate(entry["names"]):
            place = f"hosts.entries[{at}].names[{position}]"
            other = first.setdefault((name, version), place)
            if other != place:
                where = ("hosts", "entries", at, "names", position)
                yield where, "configuration.repeated", {"value": name, "other": other}


def _probes(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    probes = document.get("probes") or {}
    for name in _PROBES:
        if probes.get(name) is not None:
            yield name, probes[name]
