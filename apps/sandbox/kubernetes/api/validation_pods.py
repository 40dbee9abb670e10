"""The checks of pods and pod templates, in the API server's words.

Must not: default, or check JSON types (see schema).
"""

from __future__ import annotations

import re

from apps.sandbox.kubernetes.api.validation_words import LABEL, LABEL_WORDS, Obj, quoted
from apps.sandbox.kubernetes.errors import Cause, field_forbidden, field_invalid, required, unsupported

POD_IMMUTABLE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def pod_spec(spec: Obj, field: str, *, is_template: bool) -> list[Cause]:
    """What is wrong with a pod's spec, its own or a template's."""
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


def pod_checked(obj: Obj, old: Obj | None) -> list[Cause]:
    """What is wrong with a pod."""
    causes = pod_spec(obj["spec"], "spec", is_template=False)
    if old is not None and _frozen(obj["spec"]) != _frozen(old["spec"]):
        causes.append(field_forbidden("spec", POD_IMMUTABLE))
    return causes


def _frozen(spec: Obj) -> Obj:
    rest = {k: v for k, v in spec.items() if k not in ("tolerations", "activeDeadlineSeconds")}
    for group in ("containers", "initContainers"):
        if group in rest:
            rest[group] = [{k: v for k, v in c.items() if k != "image"} for c in rest[group]]
    return rest
