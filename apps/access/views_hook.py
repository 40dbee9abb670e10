"""`/hooks/gitlab/<project>`: where GitLab delivers what happened in a project's repository.

It notes that a delivery came, and nothing else: the refs are read when somebody needs them. The body is not read; its
size is bounded in front of every view. Must not: answer a stranger differently for a project that exists.
"""

from __future__ import annotations

from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.access.models import Provision

LONGEST_EVENT = 60
# Compared where there is no secret, so that a project without a hook takes as long as one with another secret.
NOBODYS = "0" * 43


@csrf_exempt
@require_POST
def gitlab_hook(request: HttpRequest, project: str) -> HttpResponse:
    """202 for a delivery with the hook's secret (`X-Gitlab-Token`), else 401."""
    rows = Provision.objects.filter(what=Provision.What.WEBHOOK, removed_at=None, project__slug=project)
    row = rows.order_by("-pk").first()
    secret = row.secret if row else ""
    given = request.headers.get("X-Gitlab-Token", "")
    is_right = constant_time_compare(given, secret or NOBODYS)
    if row is None or not secret or not is_right:
        return _answer(401)
    event = request.headers.get("X-Gitlab-Event", "")
    event = event[:LONGEST_EVENT] if event.isascii() and event.isprintable() else ""
    Provision.objects.filter(pk=row.pk).update(last_event=event, last_event_at=Now())
    return _answer(202)


def _answer(code: int) -> HttpResponse:
    response = HttpResponse(status=code, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
