"""Routes of the accounts room."""

from django.urls import path

from apps.accounts import views, views_links

urlpatterns = [
    path("csrf", views.Csrf.as_view(), name="csrf"),
    path("login", views.Login.as_view(), name="login"),
    path("logout", views.Logout.as_view(), name="logout"),
    path("me", views.Me.as_view(), name="me"),
    path("me/password", views.MyPassword.as_view(), name="me-password"),
    path("sessions/", views.SessionList.as_view(), name="session-list"),
    path("sessions/end-others", views.EndOtherSessions.as_view(), name="session-end-others"),
    path("sessions/<int:session_id>/", views.SessionDetail.as_view(), name="session-detail"),
    path("tokens/", views.TokenList.as_view(), name="token-list"),
    path("tokens/<int:token_id>/", views.TokenDetail.as_view(), name="token-detail"),
    path("people/", views.PersonList.as_view(), name="person-list"),
    path("users/", views.UserList.as_view(), name="user-list"),
    path("users/<int:user_id>/", views.UserDetail.as_view(), name="user-detail"),
    path("users/<int:user_id>/password-reset", views_links.UserPasswordReset.as_view(), name="user-password-reset"),
    path("invitations/", views_links.InvitationList.as_view(), name="invitation-list"),
    path("invitations/<int:invitation_id>/", views_links.InvitationDetail.as_view(), name="invitation-detail"),
    path("invitations/<int:invitation_id>/renew", views_links.InvitationRenewal.as_view(), name="invitation-renew"),
    path("password-resets", views_links.PasswordResetRequest.as_view(), name="password-reset-request"),
    path("account-links/look", views_links.LookAtLink.as_view(), name="account-link-look"),
    path("account-links/redeem", views_links.RedeemLink.as_view(), name="account-link-redeem"),
]
