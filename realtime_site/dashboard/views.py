"""The page. What is in it comes over its socket."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from realtime_site.dashboard.permission import PERMISSION


def dashboard(request: HttpRequest) -> HttpResponse:
    """For staff with the permission; wrapped with `admin_view`, which asks everybody else to log in."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    context = admin.site.each_context(request) | {
        "title": "Dashboard",
        "is_nav_sidebar_enabled": False,  # the board is as wide as the window
        "room_url": reverse("admin:chat_room_change", args=[0]),
    }
    return TemplateResponse(request, "admin/dashboard.html", context)
