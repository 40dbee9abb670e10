"""What counts as an address: IP addresses, host names and host:port, in one canonical form each. Pure functions.

Host names are RFC 1123's (2.1): labels of letters, digits and “-”, at most 63 long, 253 together, the last label never
only digits, so that no name passes for an IP address. Must not: resolve or reach anything.
"""

from __future__ import annotations

import ipaddress
import re

LONGEST_HOST_NAME = 253
_HOST_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_V6_SERVER = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\]:([1-9][0-9]{0,4})")
_SERVER = re.compile(r"([A-Za-z0-9.-]{1,253}):([1-9][0-9]{0,4})")
_HIGHEST_PORT = 65535


def ip_address(text: str) -> str | None:
    """The canonical form of an IPv4 or IPv6 address; None for anything else, and for one with a zone (`fe80::1%eth0`),
    which means something on one machine only."""
    if "%" in text or not text.isascii():
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def is_host_name(text: str) -> bool:
    """Whether it is a host name, in any case, without a dot at the end."""
    if len(text) > LONGEST_HOST_NAME:
        return False
    labels = text.lower().split(".")
    return all(_HOST_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def server_address(text: str) -> str | None:
    """The canonical form of `host:port`, `1.2.3.4:port` or `[v6]:port`; None for anything else.

    A host called `unix` is refused: nginx reads `unix:80` as the path of a socket.
    """
    match = _V6_SERVER.fullmatch(text) or _SERVER.fullmatch(text)
    if match is None or int(match[2]) > _HIGHEST_PORT:
        return None
    host, port = match[1], match[2]
    ip = ip_address(host)
    if match.re is _V6_SERVER:
        return f"[{ip}]:{port}" if ip is not None and ":" in ip else None
    if ip is not None:
        return f"{ip}:{port}"
    return f"{host.lower()}:{port}" if is_host_name(host) and host.lower() != "unix" else None
