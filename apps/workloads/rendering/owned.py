"""Which fields of a live object the portal's configuration manager owns, read along a walk through the object.

Source: Kubernetes' "Server-Side Apply", FieldsV1: `f:<field>`, `k:<keys as JSON>`, `v:<value as JSON>`. Must not:
change an object.
"""

from __future__ import annotations

import json

from apps.workloads.rendering.subject import Json

CONFIG_MANAGER = "opsportal-config"
Fields = dict[str, "Fields"]


def owned_fields(live: Json, manager: str) -> Fields:
    """The FieldsV1 tree of what a manager has applied; {} when it never has."""
    for entry in (live.get("metadata") or {}).get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            return dict(entry.get("fieldsV1") or {})
    return {}


def field(fields: Fields, name: str) -> Fields | None:
    """What is owned below a field; None when not even the field is."""
    return fields.get(f"f:{name}")


def item(fields: Fields, keys: Json) -> Fields | None:
    """What is owned below a list item, known by its keys; None when the item is not owned."""
    for element, below in fields.items():
        if element.startswith("k:") and json.loads(element[2:]) == keys:
            return below
    return None
