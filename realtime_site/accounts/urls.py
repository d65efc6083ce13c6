from django.urls import URLPattern, path

from realtime_site.accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern] = [
    path("profile/", views.profile, name="profile"),
    path("profile/picture/remove/", views.remove_picture, name="remove_picture"),
    path("profile/tokens/", views.create_token, name="create_token"),
    path("profile/tokens/<int:token_id>/revoke/", views.revoke_token, name="revoke_token"),
    path("avatars/<str:name>", views.avatar, name="avatar"),
    # Before allauth's own at the same address.
    path("accounts/2fa/authenticate/", views.second_step, name="second_step"),
    path("setup/<str:token>/", views.setup, name="setup"),
]
