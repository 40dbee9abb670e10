"""Schema: what the process gets: words, variables, secrets and files; when a timed task runs (W11, W17, W18, R15).

Must not: hold a secret's value; a document only names secrets.
"""

from __future__ import annotations

from apps.catalog.configuration.members import Member, grouped, listing, of_each, text, thing, whole, words


def process() -> dict[str, Member]:
    """Command, arguments, variables, secrets, files, schedule and the Job before a rollout."""
    start = {
        "command": words("command", default=[]),
        "args": words("args", default=[]),
        "environment": listing("environment", _variable(), most=500, default=[]),
        "secrets": listing("secrets", _secret(), most=200, default=[]),
        "pull_secret": text("pull_secret", longest=253, kind="object-name", default=""),
    }
    content = {"files": listing("files", _file(), most=100, default=[])}
    times = {
        "schedule": text("schedule", longest=200, kind="cron", default=""),
        "pre_rollout": _pre_rollout(),
    }
    return grouped("process", start) | grouped("files", content) | grouped("times", times)


def _variable() -> Member:
    members = {
        "name": text("environment.name", longest=256, kind="variable-name"),
        "value": text("environment.value", longest=32768, default=""),
    }
    return of_each(members, required=("name",))


def _secret() -> Member:
    members = {
        "name": text("secrets.name", longest=256, kind="variable-name"),
        "secret": text("secrets.secret", longest=253, kind="object-name", default=""),
        "key": text("secrets.key", longest=253, kind="data-key"),
    }
    return of_each(members, required=("name", "key"))


def _file() -> Member:
    # The limit that counts is the one of all files together, in bytes (see `rules_process`).
    members = {
        "path": text("files.path", longest=1024, kind="file-path"),
        "content": text("files.content", longest=1 << 20, default=""),
    }
    return of_each(members, required=("path",))


def _pre_rollout() -> Member:
    members = {
        "command": words("pre_rollout.command", least=1),
        "timeout_seconds": whole("pre_rollout.timeout_seconds", 1, 86400, unit="seconds", default=600),
    }
    return thing("pre_rollout", members, required=("command",), nullable=True, default=None)
