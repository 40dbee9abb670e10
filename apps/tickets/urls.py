"""The routes of `tickets`, below /api/v1/."""

from __future__ import annotations

from django.urls import path

from apps.tickets import views, views_brakes, views_deeds

urlpatterns = [
    path("tickets/", views.TicketList.as_view(), name="ticket-list"),
    path("tickets/preview", views.TicketPreview.as_view(), name="ticket-preview"),
    path("tickets/<int:ticket_id>/", views.TicketDetail.as_view(), name="ticket-detail"),
    path("tickets/<int:ticket_id>/steps/", views_deeds.TicketSteps.as_view(), name="ticket-steps"),
    path("tickets/<int:ticket_id>/approvals/", views_deeds.TicketApprovals.as_view(), name="ticket-approvals"),
    path("tickets/<int:ticket_id>/comments/", views_deeds.TicketComments.as_view(), name="ticket-comments"),
    path("tickets/<int:ticket_id>/reviews/", views_deeds.TicketReviews.as_view(), name="ticket-reviews"),
    path("tickets/<int:ticket_id>/cancel", views_deeds.TicketCancel.as_view(), name="ticket-cancel"),
    path("tickets/<int:ticket_id>/retry", views_deeds.TicketRetry.as_view(), name="ticket-retry"),
    path("brakes/", views_brakes.BrakeList.as_view(), name="brake-list"),
    path("brakes/scopes", views_brakes.BrakeScopes.as_view(), name="brake-scopes"),
    path("brakes/<int:brake_id>/release/", views_brakes.BrakeRelease.as_view(), name="brake-release"),
    path("inbox", views.Inbox.as_view(), name="inbox"),
]
