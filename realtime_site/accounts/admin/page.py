"""A person, for admins: who they are, where they are signed in, what was done. What they do in rooms the chat adds, by
its template tag.
"""

from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from realtime_site.accounts import sessions, suspensions
from realtime_site.accounts.admin import acts
from realtime_site.accounts.models import User
from realtime_site.audit import upon
from realtime_site.audit.models import Entry
from realtime_site.live.hub import running_hub

# As many as one reads on the way; the log has the rest.
NEWEST = 15


def person(request: HttpRequest, person_id: int) -> HttpResponse:
    if not (request.user.has_perm("accounts.view_user") or request.user.has_perm("accounts.change_user")):
        raise PermissionDenied
    subject = get_object_or_404(User, pk=person_id)
    may_look = request.user.has_perm(sessions.PERMISSION)
    hub = running_hub() if may_look else None
    context = admin.site.each_context(request) | {
        "title": subject.name,
        "person": subject,
        "acts": acts.offered(request, subject),
        "may_be_touched": upon.may(request.user, subject),
        "suspension": suspensions.current(subject.pk),
        "factors": Authenticator.objects.filter(user=subject),
        "may_look": may_look,
        "places": sessions.of(subject.pk) if may_look else (),
        "tokens": subject.access_tokens.all() if may_look else (),
        # Asked of the workers; None in a process that has no sockets.
        "sockets": hub.roll.ask_from_thread(subject.pk) if hub else None,
        "entries": _entries(subject) if request.user.has_perm("audit.view_entry") else None,
    }
    return TemplateResponse(request, "admin/accounts/person.html", context)


def _entries(subject: User) -> list[Entry]:
    """By them and upon them, the newest first."""
    about = Entry.objects.filter(Q(person=subject) | Q(actor=subject)).select_related("undone")
    return list(about[:NEWEST])
