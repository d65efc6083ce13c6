"""Links that let people in: making and ending them, and where they lead."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat import wire
from chat.forms import InvitationForm, PersonForm
from chat.models import Invitation, Membership
from chat.services import invitations, rooms
from chat.views.common import actor_of, done, is_fragment, membership_of, page, user_id_of

Role = Membership.Role


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, slug: str) -> HttpResponse:
    """Links to the room, with how long and for how many they are; and a way to add people who have accounts."""
    membership, user_id = membership_of(request, slug), user_id_of(request)
    found = membership.room
    adding = "username" in request.POST
    form = PersonForm(request.POST if adding else None)
    if adding and form.is_valid():
        rooms.add(by_id=user_id, room_id=found.pk, user_id=form.cleaned_data["username"].pk)
        return done(request, reverse("chat:room", args=[slug]))
    making = InvitationForm(request.POST if request.method == "POST" and not adding else None)
    if making.is_bound and making.is_valid():
        invitations.create(user_id=user_id, room_id=found.pk, **making.cleaned_data)
    return _page(request, membership, form, making, filled=form if adding else making)


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, invitation_id: int) -> HttpResponse:
    membership = membership_of(request, slug)
    found = get_object_or_404(Invitation, pk=invitation_id, room=membership.room_id)
    invitations.revoke(by=actor_of(request), invitation_id=found.pk)
    if is_fragment(request):  # the dialog stays open, with the links that are left
        return _page(request, membership, PersonForm(), InvitationForm())
    return redirect("chat:invite", slug=slug)


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Where an invitation link leads. Who has no account yet takes the code along to signing up, in the session."""
    found = invitations.find(code=code)
    if found and request.user.is_authenticated and request.method == "POST":
        return redirect("chat:room", slug=invitations.accept(code=code, user_id=user_id_of(request)))
    if found and not request.user.is_authenticated:
        request.session["invitation"] = code
    context = {
        "valid": found is not None,
        "room": found.room if found else None,
        "inviter": wire.person(found.created_by).name if found else None,
    }
    return page(request, "chat/invitation.html", context, status=200 if found else 404)


def _page(
    request: HttpRequest, membership: Membership, form: PersonForm, making: InvitationForm, filled: Any = None
) -> HttpResponse:
    """With the open links of the room; to a member, their own. `filled` is the form that was sent, if one was."""
    user_id = user_id_of(request)
    found = invitations.open_in(membership.room_id)
    links = [one for one in found if membership.role != Role.MEMBER or one.created_by_id == user_id]
    for one in links:
        one.link = request.build_absolute_uri(reverse("chat:invitation", args=[one.code]))  # type: ignore[attr-defined]
    context = {"room": membership.room, "form": form, "making": making, "links": links}
    return page(request, "chat/invite.html", context, filled)
