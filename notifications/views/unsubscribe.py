"""The end of mails, for whoever holds one: no login, and no more than a click (RFC 8058).

The link is a secret of the mail. It can do one thing, which its owner can undo.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.delivery import links
from notifications.services.preferences import stop_email

TEMPLATE = "notifications/unsubscribe.html"


@csrf_exempt  # mailboxes post it, which have no cookie of ours
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, since mailboxes follow links to look at them; POST does it."""
    user_id = links.who_unsubscribes(token)
    if user_id is None:
        return render(request, TEMPLATE, {"state": "unknown"}, status=404)
    if request.method != "POST":
        return render(request, TEMPLATE, {"state": "asked"})
    stop_email(user_id=user_id)
    return render(request, TEMPLATE, {"state": "done", "preferences": links.preferences()})
