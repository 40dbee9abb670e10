"""The routes of recordings; `urls` includes them."""

from __future__ import annotations

from django.urls import path

from apps.terminals import views_recording as views

_ONE = "terminal-sessions/<int:session_id>/recording/"

urlpatterns = [
    path(_ONE, views.SessionRecording.as_view(), name="terminal-session-recording"),
    path(f"{_ONE}verify/", views.SessionRecordingVerify.as_view(), name="terminal-session-recording-verify"),
]
