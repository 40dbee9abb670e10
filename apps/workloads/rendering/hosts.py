"""`hostAliases`: the environment's hosts file (E6) and a document's own lines, one entry per address.

Must not: resolve a name.
"""

from __future__ import annotations

import ipaddress

from apps.common.errors import Invalid
from apps.workloads.rendering.subject import HostEntry, Json, Subject

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def host_aliases(document: Json, subject: Subject) -> list[Json]:
    """Sorted by address, names sorted within one.

    A name that the document itself leads somewhere goes there only, whatever the environment's file says of it: in
    /etc/hosts the first line wins, and here the more particular one must.
    """
    own = _by_address([HostEntry(entry["ip"], tuple(entry["names"])) for entry in document["hosts"]["entries"]])
    merged = dict(own)
    if document["hosts"]["of_environment"]:
        taken = {name for names in own.values() for name in names}
        for address, names in _by_address(subject.environment_hosts).items():
            left = names - taken
            if left:
                merged[address] = merged.get(address, frozenset()) | left
    ordered = sorted(merged, key=lambda address: (address.version, int(address)))
    return [{"ip": str(address), "hostnames": sorted(merged[address])} for address in ordered]


def _by_address(entries: list[HostEntry] | tuple[HostEntry, ...]) -> dict[Address, frozenset[str]]:
    found: dict[Address, frozenset[str]] = {}
    for entry in entries:
        try:
            address = ipaddress.ip_address(entry.ip)
        except ValueError:
            raise Invalid("rendering.host_address", ip=entry.ip[:60]) from None
        if entry.names:
            found[address] = found.get(address, frozenset()) | frozenset(entry.names)
    return found
