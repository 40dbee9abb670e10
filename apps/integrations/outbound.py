"""Which URLs and addresses the portal may call (QS6): never metadata services, link-local or, in production, itself.

Private networks are where an internal portal's systems live, so they are allowed. Checked twice: the URL when a
row is saved and used, the address when a name is resolved (a name may change its address in between).
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from apps.common.errors import Invalid
from apps.integrations.errors import ForbiddenAddressError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
METADATA = frozenset(
    ipaddress.ip_address(a) for a in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")
)
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})


def address_allowed(address: Address, *, allow_loopback: bool) -> bool:
    """Whether the portal may connect to this address."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    if inner.is_loopback:
        return allow_loopback
    return not (
        inner in METADATA or inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner.is_reserved
    )


def _literal(host: str) -> Address | None:
    """The address that `host` spells, in any notation a C library accepts (`0x7f.1`, `2130706433`); None for a name."""
    try:
        return ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def is_loopback(host: str) -> bool:
    """Whether `host` spells an address of this machine itself, in any notation; a name is none."""
    address = _literal(host.rstrip(".").lower())
    return address is not None and address.is_loopback


def check_url(url: str, *, allow_loopback: bool, field: str = "url") -> str:
    """The URL without a trailing slash, or Invalid: only http(s), a host, no credentials, no query, no bad address."""

    def refuse(why: str) -> Invalid:
        code = f"integration.url_{why}"
        return Invalid(code, fields={field: [{"code": code, "params": {}}]}, field=field)

    if any(c.isspace() or not c.isprintable() for c in url):
        raise refuse("invalid")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise refuse("invalid") from None
    if parts.scheme not in ("http", "https") or not host:
        raise refuse("invalid")
    if parts.username is not None or parts.password is not None:
        raise refuse("has_credentials")
    if parts.query or parts.fragment:
        raise refuse("invalid")
    name = host.rstrip(".").lower()
    address = _literal(name)
    local = name == "localhost" or name.endswith(".localhost")
    if name in METADATA_NAMES or (local and not allow_loopback):
        raise refuse("refused")
    if address is not None and not address_allowed(address, allow_loopback=allow_loopback):
        raise refuse("refused")
    return url.rstrip("/")


class GuardedResolver(AbstractResolver):
    """Resolves names in a thread and refuses the answer if any address in it is one the portal never calls."""

    def __init__(self, *, allow_loopback: bool) -> None:
        self._allow_loopback = allow_loopback
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for one in found:
            address = ipaddress.ip_address(one["host"].split("%", 1)[0])
            if not address_allowed(address, allow_loopback=self._allow_loopback):
                raise ForbiddenAddressError(f"{host} resolves to a forbidden address")
        return found

    async def close(self) -> None:
        await self._inner.close()
