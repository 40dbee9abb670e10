"""Names as Kubernetes wants them: objects, ports, hosts, labels, variables, keys of a Secret.

Source: Kubernetes, "Object Names and IDs", "Labels and Selectors", and its API validation (IsDNS1123Subdomain,
IsValidPortName, IsQualifiedName, IsValidLabelValue, IsEnvVarName, IsConfigMapKey). Must not: repair a name.
"""

from __future__ import annotations

import re

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PORT = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_LOOKS_LIKE_IPV4 = re.compile(r"[0-9.]+")


def is_host_name(text: str) -> bool:
    """An RFC 1123 name of lower-case letters: labels of at most 63 characters, 253 together."""
    return len(text) <= 253 and _SUBDOMAIN.fullmatch(text) is not None


def is_ingress_host(text: str) -> bool:
    """A host name that is no address: an Ingress rule takes names only."""
    return is_host_name(text) and _LOOKS_LIKE_IPV4.fullmatch(text) is None


def is_object_name(text: str) -> bool:
    """The name of a Secret."""
    return is_host_name(text)


def is_port_name(text: str) -> bool:
    """At most 15 of lower-case letters, digits and single `-` inside, with at least one letter (RFC 6335)."""
    fits = len(text) <= 15 and _PORT.fullmatch(text) is not None and "--" not in text
    return fits and any("a" <= char <= "z" for char in text)


def is_variable_name(text: str) -> bool:
    """A variable's name: letters, digits, `_`, `-`, `.`, beginning with no digit, and no path such as `..`."""
    return _VARIABLE.fullmatch(text) is not None and text != "." and not text.startswith("..")


def is_data_key(text: str) -> bool:
    """A key inside a Secret."""
    return len(text) <= 253 and _KEY.fullmatch(text) is not None and text != "." and not text.startswith("..")


def is_label_key(text: str) -> bool:
    """`name` or `prefix/name`: the prefix a host name, the name at most 63 characters."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or is_host_name(prefix)) and len(name) <= 63 and _QUALIFIED.fullmatch(name) is not None


def is_label_value(text: str) -> bool:
    """Empty, or at most 63 of letters, digits, `-`, `_`, `.`, letters or digits at both ends."""
    return text == "" or (len(text) <= 63 and _QUALIFIED.fullmatch(text) is not None)
