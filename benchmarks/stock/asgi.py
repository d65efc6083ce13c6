# ruff: noqa: E402  Django must be set up before models are imported.
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.stock.settings")

from django.core.asgi import get_asgi_application

http = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from benchmarks.stock.consumers import ChatConsumer, LoggedInChatConsumer, StoredChatConsumer

websocket = URLRouter(
    [
        re_path(r"ws/chat/(?P<room_name>\w+)/$", ChatConsumer.as_asgi()),
        re_path(r"ws/logged_in/(?P<room_name>\w+)/$", AuthMiddlewareStack(LoggedInChatConsumer.as_asgi())),
        re_path(r"ws/stored/(?P<room_name>\w+)/$", AuthMiddlewareStack(StoredChatConsumer.as_asgi())),
    ]
)
application = ProtocolTypeRouter({"http": http, "websocket": websocket})
