"""A Deployment's selector, as a label query and as a test of labels; `matchLabels` and `matchExpressions` alike.

Must not: take a selector that asks for nothing as one that takes everything.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def as_query(selector: Json) -> str:
    """What a list takes as `labelSelector`."""
    wanted = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    return ",".join([*wanted, *(_term(one) for one in selector.get("matchExpressions") or [])])


def selects(selector: Json, labels: dict[str, str]) -> bool:
    """Whether it takes a pod with these labels."""
    equal, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not equal and not expressions:
        return False
    return all(labels.get(k) == v for k, v in equal.items()) and all(_holds(one, labels) for one in expressions)


def _term(expression: Json) -> str:
    key, values = expression["key"], ",".join(expression.get("values") or [])
    terms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
    return terms[expression["operator"]]


def _holds(expression: Json, labels: dict[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    holds = {
        "In": labels.get(key) in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return holds[expression["operator"]]
