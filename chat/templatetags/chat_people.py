"""What chat adds to a person's page in the admin: `{% load chat_people %}`."""

from typing import Any

from django import template
from django.db.models import Q
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from chat.admin import naming
from chat.models import Membership, Report

register = template.Library()

# The first of the person's rooms, by name: who is in hundreds is looked up in the rooms themselves.
SHOWN = 100


@register.simple_tag(takes_context=True)
def chat_of(context: Context, person: Any) -> dict[str, Any]:
    """Rooms that are named to this admin, with roles, restrictions in force, reports against their messages."""
    admin = context["request"].user
    may = admin.has_perm
    moderates = may("chat.moderate_room")
    sees = may("chat.view_membership") or may("chat.view_room") or moderates
    rooms = Membership.objects.filter(user=person, room__in=naming.named(admin, person)).select_related("room")
    known = naming.restrictions(admin, person)
    holds = known.filter(Q(until=None) | Q(until__gt=timezone.now()), lifted_at=None)
    reported = Report.objects.filter(message__author=person)
    return {
        "rooms": rooms.order_by("room__name")[:SHOWN] if sees else None,
        "room_links": may("chat.view_room"),
        "moderates": moderates,
        "restrictions": holds.select_related("room", "by") if moderates else (),
        "reports": reported.count() if moderates else 0,
        "open_reports": reported.filter(handled_at=None).count() if moderates else 0,
    }


@register.simple_tag
def chat_acts(person: Any) -> list[tuple[str, str]]:
    """Words and addresses of what moderators do to a person."""
    words = {"mute": "Mute", "remove": "Remove", "ban": "Ban", "clear": "Delete messages"}
    return [(word, reverse(f"admin:chat_person_{name}", args=[person.pk])) for name, word in words.items()]
