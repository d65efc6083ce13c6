"""The application: HTTP to Django, WebSockets to the consumers, and a catch-all for addresses nobody serves."""

# ruff: noqa: E402  Django must be set up before anything that has models is imported.
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realtime_site.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

from chat.consumers import ChatConsumer
from chat.plain import PlainRoomConsumer
from notifications.consumers import NotificationConsumer
from realtime_site.access import Requests
from realtime_site.consumers import NowhereConsumer, SiteConsumer
from realtime_site.dashboard.consumers import DashboardConsumer
from realtime_site.observe import traced

websockets = URLRouter(
    [
        path("ws/", SiteConsumer.as_asgi()),
        path("ws/chat/", ChatConsumer.as_asgi()),
        path("ws/notifications/", NotificationConsumer.as_asgi()),
        path("ws/dashboard/", DashboardConsumer.as_asgi()),
        path("ws/rooms/<slug:slug>/", PlainRoomConsumer.as_asgi()),
        re_path(r"", NowhereConsumer.as_asgi()),
    ]
)

application = ProtocolTypeRouter({"http": Requests(traced(http)), "websocket": websockets})
