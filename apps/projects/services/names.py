"""The rules of names: services (P7), namespaces and repositories. Pure functions. Must not: read a row."""

from __future__ import annotations

import re

LONGEST_NAME = 63
SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_COMPONENT = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{_COMPONENT}(/{_COMPONENT})*")
PLACEHOLDERS = ("{environment}", "{project}")


def is_service_name(name: str) -> bool:
    """Whether a project may be called so."""
    return len(name) <= LONGEST_NAME and SERVICE_NAME.fullmatch(name) is not None


def suggested_name(name: str) -> str:
    """The nearest name that keeps the rule, such as `Book_API.n1` → `book-api-n1`; empty when nothing is left."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name[:500])
    plain = re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-").lstrip("-0123456789")
    return plain[:LONGEST_NAME].rstrip("-")


def is_label(name: str) -> bool:
    """Whether it is an RFC 1123 label, as namespaces are."""
    return len(name) <= LONGEST_NAME and LABEL.fullmatch(name) is not None


def is_repository(path: str) -> bool:
    """Whether it is a repository's path inside a registry (OCI distribution): no host, no tag."""
    return len(path) <= 255 and REPOSITORY.fullmatch(path) is not None


def is_namespace_pattern(pattern: str) -> bool:
    """Whether only the two placeholders and characters of a label stand in it."""
    rest = pattern
    for placeholder in PLACEHOLDERS:
        rest = rest.replace(placeholder, "")
    return bool(pattern) and re.fullmatch(r"[-a-z0-9]*", rest) is not None


def namespace_of(pattern: str, environment: str, project: str) -> str:
    """The namespace: the two placeholders are replaced as plain text, nothing else."""
    return pattern.replace("{environment}", environment).replace("{project}", project)
