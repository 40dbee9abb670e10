"""The value checks of the API server that a portal can run into, in its words.

Must not: default, or check JSON types (see schema).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from apps.sandbox.kubernetes.api.selectors import matches_labels
from apps.sandbox.kubernetes.errors import Cause, field_forbidden, field_invalid, required, unsupported

Obj = dict[str, Any]
SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
    f"and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{SUBDOMAIN}')"
)
LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
    f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LABEL}')"
)
VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"
VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation "
    f"is '{VALUE}')"
)
NAME_WORDS = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
QUALIFIED = re.compile(rf"^({SUBDOMAIN}/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
NOT_NEGATIVE = "must be greater than or equal to 0"
LABEL_KINDS = ("Namespace", "Service")
POD_IMMUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def quoted(text: Any) -> str:
    """A value as Go shows it."""
    return json.dumps(text, ensure_ascii=False)


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
    return causes + _labels(metadata.get("labels"), "metadata.labels") + _annotations(metadata)


def _labels(labels: Obj | None, field: str) -> list[Cause]:
    causes = []
    for key, value in (labels or {}).items():
        if not QUALIFIED.match(key):
            causes.append(field_invalid(field, quoted(key), NAME_WORDS))
        if len(value) > 63:
            causes.append(field_invalid(field, quoted(value), "must be no more than 63 bytes"))
        elif not re.fullmatch(VALUE, value):
            causes.append(field_invalid(field, quoted(value), VALUE_WORDS))
    return causes


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


# -- pods ---------------------------------------------------------------------------------------------------------
def _pod_spec(spec: Obj, field: str, *, is_template: bool) -> list[Cause]:
    containers = spec.get("containers") or []
    causes = [] if containers else [required(f"{field}.containers")]
    for group in ("initContainers", "containers"):
        seen: set[str] = set()
        for index, container in enumerate(spec.get(group) or ()):
            causes += _container(container, f"{field}.{group}[{index}]", seen, is_template=is_template)
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()}
    for index, container in enumerate(containers):
        for place, mount in enumerate(container.get("volumeMounts") or ()):
            if mount.get("name") not in volumes:
                where = f"{field}.containers[{index}].volumeMounts[{place}].name"
                causes.append(Cause(where, f"Not found: {quoted(mount.get('name'))}", "FieldValueNotFound"))
    return causes


def _container(container: Obj, field: str, seen: set[str], *, is_template: bool) -> list[Cause]:
    causes = []
    name, image = container.get("name"), container.get("image")
    if not name:
        causes.append(required(f"{field}.name"))
    elif not re.fullmatch(LABEL, name):
        causes.append(field_invalid(f"{field}.name", quoted(name), LABEL_WORDS))
    elif name in seen:
        causes.append(Cause(f"{field}.name", f"Duplicate value: {quoted(name)}", "FieldValueDuplicate"))
    seen.add(name or "")
    if not image:
        causes.append(required(f"{field}.image"))
    elif image != image.strip() and not is_template:
        causes.append(field_invalid(f"{field}.image", quoted(image), "must not have leading or trailing whitespace"))
    policy = container["imagePullPolicy"]
    if policy not in ("Always", "IfNotPresent", "Never"):
        causes.append(unsupported(f"{field}.imagePullPolicy", quoted(policy), ["Always", "IfNotPresent", "Never"]))
    for index, variable in enumerate(container.get("env") or ()):
        if not variable.get("name"):
            causes.append(required(f"{field}.env[{index}].name"))
    for index, port in enumerate(container.get("ports") or ()):
        number = port.get("containerPort")
        if number is None:
            causes.append(required(f"{field}.ports[{index}].containerPort"))
        elif not 1 <= number <= 65535:
            why = "must be between 1 and 65535, inclusive"
            causes.append(field_invalid(f"{field}.ports[{index}].containerPort", str(number), why))
    return causes


def _pod(obj: Obj, old: Obj | None) -> list[Cause]:
    causes = _pod_spec(obj["spec"], "spec", is_template=False)
    if old is not None and _frozen(obj["spec"]) != _frozen(old["spec"]):
        causes.append(field_forbidden("spec", POD_IMMUTABLE))
    return causes


def _frozen(spec: Obj) -> Obj:
    rest = {k: v for k, v in spec.items() if k not in ("tolerations", "activeDeadlineSeconds")}
    for group in ("containers", "initContainers"):
        if group in rest:
            rest[group] = [{k: v for k, v in c.items() if k != "image"} for c in rest[group]]
    return rest


# -- workloads ----------------------------------------------------------------------------------------------------
def _not_negative(spec: Obj, *names: str) -> list[Cause]:
    return [
        field_invalid(f"spec.{name}", str(spec[name]), NOT_NEGATIVE)
        for name in names
        if isinstance(spec.get(name), int) and spec[name] < 0
    ]


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
    causes = _not_negative(spec, *names)
    selector, labels = spec.get("selector"), spec["template"]["metadata"].get("labels")
    if selector is None:
        causes.append(required("spec.selector"))
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(field_invalid("spec.selector", "{}", "empty selector is invalid for deployment"))
    elif not matches_labels(selector, labels):
        why = "`selector` does not match template `labels`"
        causes.append(field_invalid("spec.template.metadata.labels", _go_map(labels), why))
    causes += _labels(labels, "spec.template.metadata.labels")
    causes += _pod_spec(spec["template"]["spec"], "spec.template.spec", is_template=True)
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
    causes = _not_negative(spec, "parallelism", "completions", "backoffLimit")
    causes += _pod_spec(spec["template"]["spec"], "spec.template.spec", is_template=True)
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
    most, least = spec.get("maxReplicas") or 0, spec.get("minReplicas") or 0
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
    "ConfigMap": _configuration,
    "Deployment": _deployment,
    "Event": _namespaced_event,
    "HorizontalPodAutoscaler": _autoscaler,
    "Job": _job,
    "Pod": _pod,
    "ReplicaSet": _templated,
    "Secret": _configuration,
    "Service": _service,
}
