"""The receiver stand-in: takes a POST of JSON, tells what it took, and takes a key once however often it comes.

Must not: know what the portal means by a field; it keeps in its journal which key and ticket it heard of.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from apps.sandbox.base.server import StandIn, call

KEY_HEADER = "Idempotency-Key"


class CallbackServer(StandIn):
    """POST /hooks/{hook}. The journal's entries `callback.post` have the key as their subject."""

    name = "callback"

    def __init__(self, data_dir: Any = None) -> None:
        super().__init__(data_dir)
        self._known = {entry.subject for entry in self.journal.find("callback.post", accepted=True)}

    def routes(self) -> None:
        """One path and nothing else."""
        self.app.router.add_post("/hooks/{hook}", self._post)

    @call("callback.post")
    async def _post(self, request: web.Request) -> web.Response:
        key = request.headers.get(KEY_HEADER, "")
        request["subject"] = key
        try:
            body = json.loads(await request.read())
        except ValueError:
            return web.json_response({"message": "this is no JSON"}, status=400)
        if not key or not isinstance(body, dict):
            return web.json_response({"message": f"{KEY_HEADER} and an object are needed"}, status=400)
        again = key in self._known
        self._known.add(key)
        request["detail"] = {"hook": request.match_info["hook"], "again": again, "body": body}
        return web.json_response({"taken": True, "again": again, "ticket": body.get("ticket")})
