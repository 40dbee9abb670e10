"""Routes of the accounts room."""

from django.urls import path

from apps.accounts import views

urlpatterns = [
    path("csrf", views.Csrf.as_view(), name="csrf"),
    path("login", views.Login.as_view(), name="login"),
    path("logout", views.Logout.as_view(), name="logout"),
    path("me", views.Me.as_view(), name="me"),
    path("me/password", views.MyPassword.as_view(), name="me-password"),
    path("tokens/", views.TokenList.as_view(), name="token-list"),
    path("tokens/<int:token_id>/", views.TokenDetail.as_view(), name="token-detail"),
    path("people/", views.PersonList.as_view(), name="person-list"),
    path("users/", views.UserList.as_view(), name="user-list"),
    path("users/<int:user_id>/", views.UserDetail.as_view(), name="user-detail"),
]
