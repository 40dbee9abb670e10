"""The value checks of the API server that a portal can run into, in its words.

Pods and the lesser kinds have modules of their own. Must not: default, or check JSON types (see schema).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable

from apps.sandbox.kubernetes.api.selectors import matches_labels
from apps.sandbox.kubernetes.api.validation_more import MORE
from apps.sandbox.kubernetes.api.validation_pods import pod_checked, pod_spec
from apps.sandbox.kubernetes.api.validation_words import (
    LABEL,
    LABEL_WORDS,
    NAME_WORDS,
    QUALIFIED,
    SUBDOMAIN,
    SUBDOMAIN_WORDS,
    Obj,
    labels_checked,
    not_negative,
    quoted,
)
from apps.sandbox.kubernetes.errors import Cause, bad_request, field_forbidden, field_invalid, required, unsupported

__all__ = ["check", "quoted"]

LABEL_KINDS = ("Namespace", "Service")
MAX_DATA = 1024 * 1024


def check(kind: str, obj: Obj, old: Obj | None) -> list[Cause]:
    """Everything that is wrong with an object."""
    causes = _metadata(kind, obj["metadata"])
    checker = _CHECKS.get(kind)
    if checker is not None:
        causes += checker(obj, old)
    return causes


# -- metadata -----------------------------------------------------------------------------------------------------
def _metadata(kind: str, metadata: Obj) -> list[Cause]:
    name = metadata.get("name")
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    causes = []
    pattern, words, longest = (LABEL, LABEL_WORDS, 63) if kind in LABEL_KINDS else (SUBDOMAIN, SUBDOMAIN_WORDS, 253)
    if not re.fullmatch(pattern, name):
        causes.append(field_invalid("metadata.name", quoted(name), words))
    elif len(name) > longest:
        causes.append(field_invalid("metadata.name", quoted(name), f"must be no more than {longest} bytes"))
    return causes + labels_checked(metadata.get("labels"), "metadata.labels") + _annotations(metadata)


def _annotations(metadata: Obj) -> list[Cause]:
    annotations = metadata.get("annotations") or {}
    bad = [
        field_invalid("metadata.annotations", quoted(k), NAME_WORDS)
        for k in annotations
        if not QUALIFIED.match(k.lower())
    ]
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > 256 * 1024:
        bad.append(Cause("metadata.annotations", "Too long: may not be more than 262144 bytes", "FieldValueTooLong"))
    return bad


# -- workloads ----------------------------------------------------------------------------------------------------
def _go_map(values: Obj | None) -> str:
    return "map[string]string{" + ", ".join(f"{quoted(k)}:{quoted(v)}" for k, v in sorted((values or {}).items())) + "}"


def _go_selector(selector: Obj) -> str:
    expressions = "[]v1.LabelSelectorRequirement(nil)"
    labels = selector.get("matchLabels")
    shown = _go_map(labels) if labels is not None else "map[string]string(nil)"
    return f"v1.LabelSelector{{MatchLabels:{shown}, MatchExpressions:{expressions}}}"


def _templated(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    names = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    causes = not_negative(spec, *names)
    selector, labels = spec.get("selector"), spec["template"]["metadata"].get("labels")
    if selector is None:
        causes.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(field_invalid("spec.selector", "{}", "empty selector is invalid for deployment"))
    elif not matches_labels(selector, labels):
        why = "`selector` does not match template `labels`"
        causes.append(field_invalid("spec.template.metadata.labels", _go_map(labels), why))
    causes += labels_checked(labels, "spec.template.metadata.labels")
    causes += pod_spec(spec["template"]["spec"], "spec.template.spec", is_template=True)
    policy = spec["template"]["spec"].get("restartPolicy")
    if policy != "Always":
        causes.append(unsupported("spec.template.spec.restartPolicy", quoted(policy), ["Always"]))
    if old is not None and selector is not None and selector != old["spec"].get("selector"):
        causes.append(field_invalid("spec.selector", _go_selector(selector), "field is immutable"))
    return causes


def _deployment(obj: Obj, old: Obj | None) -> list[Cause]:
    causes = _templated(obj, old)
    strategy = obj["spec"]["strategy"]
    if strategy["type"] not in ("Recreate", "RollingUpdate"):
        causes.append(unsupported("spec.strategy.type", quoted(strategy["type"]), ["Recreate", "RollingUpdate"]))
    elif strategy["type"] == "Recreate" and strategy.get("rollingUpdate"):
        why = "may not be specified when strategy `type` is 'Recreate'"
        causes.append(field_forbidden("spec.strategy.rollingUpdate", why))
    return causes


def _job(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    causes = not_negative(spec, "parallelism", "completions", "backoffLimit")
    causes += pod_spec(spec["template"]["spec"], "spec.template.spec", is_template=True)
    policy = spec["template"]["spec"].get("restartPolicy")
    if policy not in ("OnFailure", "Never"):
        shown = 'Required value: valid values: "OnFailure", "Never"'
        causes.append(Cause("spec.template.spec.restartPolicy", shown, "FieldValueRequired"))
    if old is not None and spec["template"] != old["spec"].get("template"):
        causes.append(field_invalid("spec.template", "core.PodTemplateSpec{…}", "field is immutable"))
    return causes


# -- the others ---------------------------------------------------------------------------------------------------
def _configuration(obj: Obj, old: Obj | None) -> list[Cause]:
    if old is None or not old.get("immutable"):
        return []
    why = "field is immutable when `immutable` is set"
    changed = [field for field in ("data", "binaryData") if obj.get(field) != old.get(field)]
    if not obj.get("immutable"):
        changed.insert(0, "immutable")
    return [field_forbidden(field, why) for field in changed]


def _config_map(obj: Obj, old: Obj | None) -> list[Cause]:
    values = [v.encode() for v in (obj.get("data") or {}).values()]
    values += [base64.b64decode(v) for v in (obj.get("binaryData") or {}).values()]
    return _size("[]", values) + _configuration(obj, old)


def _secret(obj: Obj, old: Obj | None) -> list[Cause]:
    data = {key: _decoded(value) for key, value in (obj.get("data") or {}).items()}
    causes = _size("data", list(data.values()))
    if obj.get("type") == "kubernetes.io/dockerconfigjson":
        causes += _docker_login(data.get(".dockerconfigjson"))
    if old is not None and obj.get("type") != old.get("type"):
        causes.append(field_invalid("type", quoted(obj.get("type")), "field is immutable"))
    return causes + _configuration(obj, old)


def _decoded(text: str) -> bytes:
    """A value of a Secret; what is no base64 is refused before anything is validated, in the words of Go's decoder."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        place = next((at for at, char in enumerate(text) if not re.match(r"[A-Za-z0-9+/]", char)), len(text))
        why = f"illegal base64 data at input byte {place}"
        raise bad_request(f'Secret in version "v1" cannot be handled as a Secret: {why}') from error


def _docker_login(raw: bytes | None) -> list[Cause]:
    if raw is None:
        return [required("data[.dockerconfigjson]", "")]
    try:
        json.loads(raw)
    except ValueError as error:
        return [field_invalid("data[.dockerconfigjson]", "<secret contents redacted>", str(error))]
    return []


def _size(field: str, values: list[bytes]) -> list[Cause]:
    if sum(len(value) for value in values) <= MAX_DATA:
        return []
    return [Cause(field, f"Too long: may not be more than {MAX_DATA} bytes", "FieldValueTooLong")]


def _service(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    causes = []
    if spec["type"] != "ExternalName" and spec.get("clusterIP") != "None" and not spec.get("ports"):
        causes.append(required("spec.ports"))
    for index, port in enumerate(spec.get("ports") or ()):
        number = port.get("port") or 0
        if not 1 <= number <= 65535:
            causes.append(
                field_invalid(f"spec.ports[{index}].port", str(number), "must be between 1 and 65535, inclusive")
            )
    before = (old or {}).get("spec", {}).get("clusterIP")
    if before and spec["type"] != "ExternalName" and spec.get("clusterIP") != before:
        shown = f"[]string{{{quoted(spec.get('clusterIP') or '')}}}"
        causes.append(field_invalid("spec.clusterIPs[0]", shown, "may not change once set"))
    return causes


def _autoscaler(obj: Obj, old: Obj | None) -> list[Cause]:
    spec = obj["spec"]
    most, least = spec.get("maxReplicas") or 0, spec.get("minReplicas", 1)
    if least < 1:
        return [field_invalid("spec.minReplicas", str(least), "must be greater than or equal to 1")]
    if most < 1:
        return [field_invalid("spec.maxReplicas", str(most), "must be greater than 0")]
    if most < least:
        why = "must be greater than or equal to `minReplicas`"
        return [field_invalid("spec.maxReplicas", str(most), why)]
    return []


def _namespaced_event(obj: Obj, old: Obj | None) -> list[Cause]:
    wanted = (obj.get("involvedObject") or {}).get("namespace") or "default"
    if obj["metadata"].get("namespace") != wanted:
        return [field_invalid("involvedObject.namespace", quoted(wanted), "does not match event.namespace")]
    return []


_CHECKS: dict[str, Callable[[Obj, Obj | None], list[Cause]]] = {
    "ConfigMap": _config_map,
    "Deployment": _deployment,
    "Event": _namespaced_event,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "Pod": pod_checked,
    "ReplicaSet": _templated,
    "Secret": _secret,
    "Service": _service,
    **MORE,
}
