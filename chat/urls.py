"""The pages of chat."""

from django.urls import path

from chat import views

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("rooms/", views.directory, name="directory"),
    path("rooms/new/", views.new_room, name="new_room"),
    path("rooms/<slug:slug>/", views.room, name="room"),
    path("rooms/<slug:slug>/<int:seq>/", views.room, name="message"),
    path("rooms/<slug:slug>/join/", views.join, name="join"),
    path("rooms/<slug:slug>/leave/", views.leave, name="leave"),
    path("rooms/<slug:slug>/settings/", views.room_settings, name="settings"),
    path("rooms/<slug:slug>/archive/", views.archive, name="archive"),
    path("rooms/<slug:slug>/transfer/", views.transfer, name="transfer"),
    path("rooms/<slug:slug>/invite/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("rooms/<slug:slug>/invite/", views.invite, name="invite"),
    path("invite/<str:code>/", views.invitation, name="invitation"),
]
