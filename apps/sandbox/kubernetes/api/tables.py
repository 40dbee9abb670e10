"""Table answers: what `kubectl get` shows.

Must not: compute anything that is not in the object; cells of each kind are in `columns`.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.kubernetes.api.columns import COLUMNS, DEFAULT, Column
from apps.sandbox.kubernetes.resources import Resource

Obj = dict[str, Any]


def table(resource: Resource, items: list[Obj], version: str) -> Obj:
    """A Table of objects."""
    columns = COLUMNS.get(resource.kind, DEFAULT)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": version},
        "columnDefinitions": [_definition(column) for column in columns],
        "rows": [_row(item, columns) for item in items],
    }


def _definition(column: Column) -> Obj:
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" and not column.priority else "",
        "description": column.name,
        "priority": column.priority,
    }


def _row(item: Obj, columns: tuple[Column, ...]) -> Obj:
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
    return {"cells": [column.cell(item) for column in columns], "object": partial}
