"""The pages of chat."""

from django.urls import path

from chat.views import invitations, rooms, settings

app_name = "chat"
urlpatterns = [
    path("", rooms.home, name="home"),
    path("rooms/", rooms.directory, name="directory"),
    path("rooms/new/", rooms.new_room, name="new_room"),
    path("rooms/<slug:slug>/", rooms.room, name="room"),
    path("rooms/<slug:slug>/<int:seq>/", rooms.room, name="message"),
    path("rooms/<slug:slug>/join/", rooms.join, name="join"),
    path("rooms/<slug:slug>/leave/", rooms.leave, name="leave"),
    path("rooms/<slug:slug>/settings/", settings.room_settings, name="settings"),
    path("rooms/<slug:slug>/archive/", settings.archive, name="archive"),
    path("rooms/<slug:slug>/transfer/", settings.transfer, name="transfer"),
    path("rooms/<slug:slug>/invite/<int:invitation_id>/revoke/", invitations.revoke, name="revoke"),
    path("rooms/<slug:slug>/invite/", invitations.invite, name="invite"),
    path("invite/<str:code>/", invitations.invitation, name="invitation"),
]
