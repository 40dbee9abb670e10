"""The routes of `terminals`, below /api/v1/."""

from __future__ import annotations

from django.urls import include, path

from apps.terminals import views, views_pods

_ONE = "terminal-sessions/<int:session_id>/"

urlpatterns = [
    path("terminal-sessions/", views.SessionList.as_view(), name="terminal-session-list"),
    path(_ONE, views.SessionDetail.as_view(), name="terminal-session-detail"),
    path(f"{_ONE}claims/", views.SessionClaims.as_view(), name="terminal-session-claims"),
    path(f"{_ONE}end/", views.SessionEnd.as_view(), name="terminal-session-end"),
    path(f"{_ONE}extend/", views.SessionExtend.as_view(), name="terminal-session-extend"),
    path(f"{_ONE}watch/", views.SessionWatch.as_view(), name="terminal-session-watch"),
    path(f"{_ONE}recycle/", views.SessionRecycle.as_view(), name="terminal-session-recycle"),
    path("", include("apps.terminals.urls_recording")),
    path("projects/<slug:slug>/workloads/<int:workload_id>/pods/", views_pods.WorkloadPods.as_view(), name="pod-list"),
]
