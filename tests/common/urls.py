"""The four lowest rooms and a few probe views, independent of higher rooms."""

from django.urls import include, path

from tests.common import probes

urlpatterns = [
    path("api/v1/", include("apps.accounts.urls")),
    path("api/v1/", include("apps.audit.urls")),
    path("api/v1/", include("apps.policy.urls")),
    path("api/probe/echo", probes.Echo.as_view()),
    path("api/probe/boom", probes.Boom.as_view()),
    path("api/probe/database", probes.DatabaseDown.as_view()),
    path("api/probe/outside", probes.Outside.as_view()),
    path("api/probe/undeclared", probes.Undeclared.as_view()),
    path("api/probe/refused-inside", probes.RefusedInside.as_view()),
    path("api/probe/plain", probes.plain),
    path("api/probe/events/", probes.Events.as_view()),
]
handler400 = "apps.common.errors_api.handler400"
handler403 = "apps.common.errors_api.handler403"
handler404 = "apps.common.errors_api.handler404"
handler500 = "apps.common.errors_api.handler500"
