"""All routes: each room brings its own below /api/v1/; health, metrics, the schema and its page stand here."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from opsportal import health

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
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    *(path("api/v1/", include(f"apps.{room}.urls")) for room in ROOMS),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-page"),
]
handler400 = "apps.common.errors_api.handler400"
handler403 = "apps.common.errors_api.handler403"
handler404 = "apps.common.errors_api.handler404"
handler500 = "apps.common.errors_api.handler500"
