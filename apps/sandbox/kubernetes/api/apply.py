"""Server-side apply: merge by type, ownership, conflicts, removal of what the manager no longer names.

Must not: default, validate or store.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.kubernetes import managed
from apps.sandbox.kubernetes.api import schema
from apps.sandbox.kubernetes.api.schema import ANY, Node
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.managed import Owner, Path, Paths

Obj = dict[str, Any]
NOTHING: Paths = frozenset()


def merged(live: Obj, config: Obj, kind: str) -> Obj:
    """`live` with everything that `config` names."""
    result: Obj = _merge(live, config, schema.of_kind(kind))
    return result


def _merge(live: Any, config: Any, node: Node) -> Any:
    if node.atomic or node.form == "scalar" or live is None:
        return config
    if node.form == "list" and isinstance(config, list):
        return _merge_list(live, config, node)
    if not isinstance(config, dict) or not isinstance(live, dict):
        return config
    result = dict(live)
    for key, value in config.items():
        result[key] = _merge(live.get(key), value, node.child(key) or ANY)
    return result


def _merge_list(live: list[Any], config: list[Any], node: Node) -> list[Any]:
    named = {managed.item_element(item, node): item for item in config}
    result = []
    for item in live:
        known = managed.item_element(item, node)
        result.append(_merge(item, named.pop(known), node.element or ANY) if known in named else item)
    return [*result, *named.values()]


def without(obj: Obj, paths: Paths, kind: str) -> Obj:
    """`obj` without the fields and list items at these paths."""
    result: Obj = _without(obj, paths, schema.of_kind(kind), ())
    return result


def _without(value: Any, paths: Paths, node: Node, path: Path) -> Any:
    if node.atomic or node.form == "scalar":
        return value
    if isinstance(value, list):
        kept = []
        for item in value:
            below = (*path, managed.item_element(item, node))
            if below not in paths:
                kept.append(item if node.is_set else _without(item, paths, node.element or ANY, below))
        return kept
    if not isinstance(value, dict):
        return value
    result = {}
    for key, member in value.items():
        below = (*path, f"f:{key}")
        if below not in paths:
            left = _without(member, paths, node.child(key) or ANY, below)
            # A container that only held what is gone goes, too.
            if left or left == member:
                result[key] = left
    return result


def apply(live: Obj | None, config: Obj, kind: str, manager: str, api_version: str, *, force: bool) -> Obj:
    """The object after an apply, with managedFields (before defaulting); raises the 409 of conflicts."""
    config = {**config, "metadata": {k: v for k, v in config["metadata"].items() if k not in ("managedFields",)}}
    mine = Owner(manager, "Apply", api_version, "", managed.applied_paths(config, kind) - managed.STRIPPED, "")
    mine.time = managed.now_stamp()
    if live is None:
        return managed.with_owners(config, [mine])
    owners = managed.owners_of(live)
    before = next((o for o in owners if o.identity == mine.identity), None)
    others = [o for o in owners if o.identity != mine.identity]
    result = _pruned(merged(live, config, kind), before, mine, others, kind)
    changed, removed = managed.changed_paths(live, result, kind)
    _settle_conflicts(changed, others, force=force)
    for other in others:
        other.paths -= removed
    if before is not None and before.paths == mine.paths:
        mine.time = before.time
    return managed.with_owners(result, [mine, *others])


def _pruned(result: Obj, before: Owner | None, mine: Owner, others: list[Owner], kind: str) -> Obj:
    if before is None:
        return result
    gone = before.paths - mine.paths
    if not gone:
        return result
    held: set[Path] = set(mine.paths)
    for other in others:
        held |= other.paths
    held |= {path[:i] for path in held for i in range(1, len(path))}
    return without(result, frozenset(path for path in gone if path not in held), kind)


def _settle_conflicts(changed: Paths, others: list[Owner], *, force: bool) -> None:
    found = []
    for other in others:
        # An item or a container that both name is shared; only values are fought over.
        fought = {p for p in changed & other.paths if not p[-1].startswith("k:")}
        if force:
            other.paths -= fought
        found += [(other.shown(), managed.shown(path)) for path in sorted(fought)]
    if found and not force:
        raise conflict(sorted(found))


def conflict(found: list[tuple[str, str]]) -> ApiError:
    """The 409 that names every field and its owner."""
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {owner}", "field": field}
        for owner, field in found
    ]
    if len(found) == 1:
        told = f"1 conflict: conflict with {found[0][0]}: {found[0][1]}"
    else:
        lines = []
        for owner in dict.fromkeys(owner for owner, _ in found):
            lines.append(f"conflicts with {owner}:")
            lines += [f"- {field}" for other, field in found if other == owner]
        told = f"{len(found)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", f"Apply failed with {told}", {"causes": causes})
