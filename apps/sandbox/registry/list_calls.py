"""Ping and the two lists: tags of a repository (sorted bytewise), repositories of the registry.

Pages follow `n` and `last` with a relative Link, as distribution 3.x does. Must not: look into manifests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from aiohttp import web

from apps.sandbox.base.faults import FaultBook
from apps.sandbox.base.server import call
from apps.sandbox.registry.replies import RefusalError, json_reply
from apps.sandbox.registry.storage import Storage, catalog_key

CATALOG_DEFAULT = 100
CATALOG_MAXIMUM = 1000


class ListCalls:
    """Handlers that only list."""

    def __init__(self, storage: Storage, faults: Callable[[], FaultBook]) -> None:
        self._storage = storage
        self._faults = faults

    @call("ping")
    async def ping(self, request: web.Request) -> web.Response:
        """`{}` for whoever is let in; says nothing about rights."""
        return json_reply({})

    @call("tag.list")
    async def tags(self, request: web.Request) -> web.Response:
        """Tags of a repository that ever had one; an emptied repository answers `[]`.

        docker-registry 2.8.2 answers `null` there: the condition `tag.list.null` lets a client meet that.
        """
        name = request.match_info["repository"]
        request["subject"] = name
        number = _number(request)
        repository = self._storage.find(name)
        if number != 0 and not repository.had_tag:
            raise RefusalError("NAME_UNKNOWN", {"name": name})
        rows, headers = _page(request, sorted(repository.tags), number, str)
        if not rows and self._faults().active("tag.list.null", {"repository": name}):
            return json_reply({"name": name, "tags": None})
        return json_reply({"name": name, "tags": rows}, headers=headers)

    @call("catalog")
    async def catalog(self, request: web.Request) -> web.Response:
        """Repositories with a manifest, now or once."""
        number = _number(request)
        if number is not None and number > CATALOG_MAXIMUM:
            raise RefusalError("PAGINATION_NUMBER_INVALID", {"n": number})
        number = CATALOG_DEFAULT if number is None else number
        rows, headers = _page(request, self._storage.catalog(), number, catalog_key)
        return json_reply({"repositories": rows}, headers=headers)


def _number(request: web.Request) -> int | None:
    text = request.query.get("n", "")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?\d{1,18}", text) or int(text) < 0:
        raise RefusalError("PAGINATION_NUMBER_INVALID", {"n": text})
    return int(text)


def _page(
    request: web.Request, names: list[str], number: int | None, key: Callable[[str], str]
) -> tuple[list[str], dict[str, str]]:
    """The rows after `last` (which need not exist), at most `number`.

    A full page carries a Link even when nothing remains: distribution 3.x stops walking there and cannot know.
    """
    if last := request.query.get("last"):
        names = [name for name in names if key(name) > key(last)]
    if number == 0:
        return [], {}
    if number is None or len(names) < number:
        return names, {}
    rows = names[:number]
    query = urlencode({"last": rows[-1], "n": number})
    return rows, {"Link": f'<{request.path}?{query}>; rel="next"'}
