"""All routes: each room brings its own below /api/v1/; health, metrics, the schema and its page stand here, and last
the page of the browser application, which takes every path that is not theirs.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.access.views_hook import gitlab_hook
from apps.projects.views_hosts_file import hosts_file
from opsportal import health, page

ROOMS = (
    "accounts",
    "audit",
    "policy",
    "integrations",
    "projects",
    "catalog",
    "tickets",
    "workloads",
    "releases",
    "access",
    "terminals",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    *(path("api/v1/", include(f"apps.{room}.urls")) for room in ROOMS),
    path("hosts/<str:environment>.txt", hosts_file, name="hosts-file"),
    path("hooks/gitlab/<str:project>", gitlab_hook, name="gitlab-hook"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api", RedirectView.as_view(url="/api/")),
    path(
        "api/", page.with_policy(SpectacularSwaggerSplitView.as_view(url_name="schema"), page.API_PAGE), name="api-page"
    ),
    re_path(page.PAGE_PATHS, page.page, name="page"),
]
handler400 = "apps.common.errors_api.handler400"
handler403 = "apps.common.errors_api.handler403"
handler404 = "apps.common.errors_api.handler404"
handler500 = "apps.common.errors_api.handler500"
