"""Label and field selectors.

Must not: know of lists or watches; a selector says yes or no to one object.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from apps.sandbox.kubernetes.errors import ApiError, bad_request
from apps.sandbox.kubernetes.resources import Resource

Obj = dict[str, Any]
Test = Callable[[Obj], bool]
EVERYWHERE = ("metadata.name", "metadata.namespace")
FIELDS: dict[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "Node": ("spec.unschedulable",),
    "Event": (
        *(
            f"involvedObject.{name}"
            for name in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
        ),
        "reason",
        "type",
        "source",
        "reportingComponent",
    ),
    "Namespace": ("status.phase",),
    "Secret": ("type",),
    "ReplicaSet": ("status.replicas",),
    "Job": ("status.successful",),
    "Service": ("spec.clusterIP", "spec.type"),
}
# These say no in words of their own.
LABEL_WORDS = ("Pod", "Event", "Node", "Namespace", "Secret", "ReplicaSet", "Job", "Service")
REQUIREMENT = re.compile(
    r"^\s*(?:!\s*(?P<absent>[^\s=!<>(),]+)"
    r"|(?P<key>[^\s=!<>(),]+)\s*(?:"
    r"(?P<op>==|!=|=|>|<)\s*(?P<value>[^\s=!<>(),]*)"
    r"|(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*$"
)


def label_selector(text: str) -> Test | None:
    """The test that a label selector stands for; None when it selects everything."""
    if not text.strip():
        return None
    tests = [_requirement(part) for part in _split(text)]
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def _split(text: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [*parts, current]


def _requirement(text: str) -> Test:
    match = REQUIREMENT.match(text)
    if match is None:
        found = re.search(r"[()=!<>]|\s\S", text.strip())
        what = found.group().strip() if found else text
        expected = "in, notin, =, ==, !=, gt, lt"
        raise bad_request(f"unable to parse requirement: found '{what}', expected: {expected}")
    if match["absent"]:
        return lambda labels: match["absent"] not in labels
    key = match["key"]
    if match["set"]:
        values = {value.strip() for value in match["values"].split(",")}
        if match["set"] == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    operator, value = match["op"], match["value"]
    if operator in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if operator == "!=":
        return lambda labels: labels.get(key) != value
    if operator in (">", "<"):
        return _number_test(key, operator, value)
    return lambda labels: key in labels


def _number_test(key: str, operator: str, value: str) -> Test:
    try:
        limit = int(value)
    except ValueError as error:
        raise bad_request(
            f"values[0][{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
        ) from error

    def test(labels: Obj) -> bool:
        try:
            number = int(labels.get(key, ""))
        except ValueError:
            return False
        return number > limit if operator == ">" else number < limit

    return test


def field_selector(text: str, resource: Resource) -> Test | None:
    """The test that a field selector stands for; None when it selects everything."""
    if not text.strip():
        return None
    tests = []
    for part in text.split(","):
        match = re.match(r"^\s*([^=!\s]+)\s*(==|!=|=)\s*(.*?)\s*$", part)
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        tests.append(_field_test(match[1], match[2] == "!=", match[3], resource))
    return lambda obj: all(test(obj) for test in tests)


def _field_test(path: str, negative: bool, value: str, resource: Resource) -> Test:
    if resource.group == "events.k8s.io":
        path = path.replace("regarding.", "involvedObject.").replace("reportingController", "reportingComponent")
    if path not in (*EVERYWHERE, *FIELDS.get(resource.kind, ())):
        raise _unknown_field(path, resource)
    names = path.split(".")

    def test(obj: Obj) -> bool:
        found: Any = obj
        for name in names:
            found = (found or {}).get(name)
        shown = "false" if found is None and path == "spec.unschedulable" else found
        text = str(shown).lower() if isinstance(shown, bool) else str(shown or "")
        return (text == value) is not negative

    return test


def _unknown_field(path: str, resource: Resource) -> ApiError:
    if resource.kind in LABEL_WORDS:
        return bad_request(f"field label not supported: {path}")
    known = ", ".join(f'"{name}"' for name in EVERYWHERE)
    return bad_request(f'"{path}" is not a known field selector: only {known}')


def both(labels: Test | None, fields: Test | None) -> Test | None:
    """Both selectors as one."""
    if labels is None or fields is None:
        return labels or fields
    return lambda obj: labels(obj) and fields(obj)


def matches_labels(selector: Obj | None, labels: Obj | None) -> bool:
    """Whether labels fit a LabelSelector object; an absent selector fits nothing."""
    if selector is None:
        return False
    labels = labels or {}
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for requirement in selector.get("matchExpressions") or ():
        key, operator, values = requirement["key"], requirement["operator"], requirement.get("values") or ()
        fits = {
            "In": labels.get(key) in values,
            "NotIn": labels.get(key) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }.get(operator, False)
        if not fits:
            return False
    return True
