"""Routes of the policy room."""

from django.urls import path

from apps.policy import views

urlpatterns = [path("why", views.Why.as_view(), name="why")]
