"""The `format` of a text in the schema: what it stands for, and the sentence for a text that is something else.

The empty text means "not set" and is fine for the formats that say so. Must not: look at another member (see `rules`).
"""

from __future__ import annotations

import ipaddress
import zoneinfo
from collections.abc import Callable
from functools import cache
from typing import Any

from apps.catalog.configuration import cron, names, quantities
from apps.catalog.configuration.quantities import QuantityError

LONGEST_LOOKED_AT = 4096
Problem = tuple[str, dict[str, Any]]
Check = Callable[[str], Problem | None]


def cpu_quantity(text: str) -> Problem | None:
    """Cores, or not set."""
    return _quantity(quantities.cpu, text)


def memory_quantity(text: str) -> Problem | None:
    """Bytes, or not set."""
    return _quantity(quantities.memory, text)


def java_size(text: str) -> Problem | None:
    """A heap as in `-Xmx`."""
    try:
        size = quantities.java_size(text)
    except QuantityError as error:
        return error.code, {"value": error.params["value"]}
    return None if size else ("quantity.zero", {"value": text})


def time_zone(text: str) -> Problem | None:
    """An IANA name, or not set."""
    known = text == "" or text in _time_zones()
    return None if known else ("configuration.unknown_time_zone", {"value": text[:64]})


def ip_address(text: str) -> Problem | None:
    """An IPv4 or IPv6 address without a zone: the hosts file of a pod has no interfaces to name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "configuration.bad_ip", {"value": text[:64]}
    return ("configuration.bad_ip", {"value": text[:64]}) if "%" in text else None


def url_path(text: str) -> Problem | None:
    """An absolute path of printable ASCII without spaces, or not set."""
    fits = text == "" or (text.startswith("/") and all("!" <= char <= "~" for char in text))
    return None if fits else ("configuration.bad_url_path", {"value": text[:200]})


def file_path(text: str) -> Problem | None:
    """Where a file is mounted: absolute, written in the shortest way, without `..`, `:` and control characters."""
    parts = text.split("/")[1:]
    fits = text.startswith("/") and all(part not in ("", ".", "..") for part in parts)
    fits = fits and ":" not in text and text.isprintable() and all(len(part.encode()) <= 255 for part in parts)
    return None if fits else ("configuration.bad_file_path", {"value": text[:200]})


def schedule(text: str) -> Problem | None:
    """Five cron fields, or not set."""
    fault = None if text == "" else cron.fault_of(text)
    if fault is None:
        return None
    if fault.field == "fields":
        return "configuration.cron_fields", {"given": fault.value}
    params = {"field": fault.field, "value": fault.value, "least": fault.least, "most": fault.most}
    return "configuration.cron_field", params


@cache
def _time_zones() -> frozenset[str]:
    """Read from the disk once."""
    return frozenset(zoneinfo.available_timezones())


def _quantity(parse: Callable[[str], Any], text: str) -> Problem | None:
    if text == "":
        return None
    try:
        amount = parse(text)
    except QuantityError as error:
        params = error.params
        if error.suggestion:
            return "quantity.memory_meant", params
        return error.code, {"value": params["value"]}
    return None if amount else ("quantity.zero", {"value": text})


def _named(is_good: Callable[[str], bool], code: str, *, optional: bool = False) -> Check:
    def check(text: str) -> Problem | None:
        return None if (optional and text == "") or is_good(text) else (code, {"value": text[:100]})

    return check


FORMATS: dict[str, Check] = {
    "cpu-quantity": cpu_quantity,
    "memory-quantity": memory_quantity,
    "java-size": java_size,
    "time-zone": time_zone,
    "ip-address": ip_address,
    "url-path": url_path,
    "file-path": file_path,
    "cron": schedule,
    "port-name": _named(names.is_port_name, "configuration.bad_port_name"),
    "host-name": _named(names.is_host_name, "configuration.bad_host_name"),
    "ingress-host": _named(names.is_ingress_host, "configuration.bad_ingress_host", optional=True),
    "object-name": _named(names.is_object_name, "configuration.bad_object_name", optional=True),
    "data-key": _named(names.is_data_key, "configuration.bad_data_key"),
    "variable-name": _named(names.is_variable_name, "configuration.bad_variable_name"),
    "label-key": _named(names.is_label_key, "configuration.bad_label_key"),
    "label-value": _named(names.is_label_value, "configuration.bad_label_value"),
}


def fault_of(kind: str, text: str) -> Problem | None:
    """What is wrong with a text of that format; an unknown format asks for nothing, a longer text is `maxLength`'s."""
    check = FORMATS.get(kind)
    return None if check is None or len(text) > LONGEST_LOOKED_AT else check(text)
