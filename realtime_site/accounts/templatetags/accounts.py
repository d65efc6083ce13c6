"""What the account pages ask: `{% load accounts %}`."""

from allauth.account.adapter import get_adapter
from django import template
from django.conf import settings
from django.forms import BoundField
from django.template import Context

from realtime_site.accounts import agents, arrival, first_run

register = template.Library()


@register.simple_tag(takes_context=True)
def signup_is_open(context: Context) -> bool:
    """Whether whoever looks at this page could make an account now."""
    request = context["request"]
    return bool(get_adapter(request).is_open_for_signup(request))


@register.simple_tag(takes_context=True)
def invitation(context: Context) -> arrival.Welcome | None:
    """What the invitation says that this visitor followed, while it works."""
    return arrival.welcome(context["request"].session.get(arrival.INVITATION_KEY))


@register.simple_tag
def setup_is_pending() -> bool:
    """Whether the site has no account yet."""
    return first_run.is_pending()


@register.simple_tag
def mail_is_set_up() -> bool:
    """Whether mail goes anywhere but to the terminal."""
    return not settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend"))


@register.inclusion_tag("accounts/field.html")
def field(
    bound: BoundField, label: str = "", hint: str = "", optional: bool = False, **attributes: str | bool
) -> dict[str, object]:
    """Label, input, hint and errors of one form field, tied together for screen readers.

    `optional` says so beside the label, unless the form insists. `attributes` go on the input, underscores as dashes,
    False leaving one out. allauth's placeholders repeat its labels, so they go unless one is given here.
    """
    # An error says what the hint says, and more.
    bound.help_text = "" if bound.errors else hint
    attrs: dict[str, str | bool] = {"placeholder": False}
    attrs |= {name.replace("_", "-"): value for name, value in attributes.items()}
    return {
        "field": bound,
        "label": label or bound.label,
        "optional": optional and not bound.field.required,
        "control": bound.as_widget(attrs=attrs),
    }


@register.filter
def grouped(text: str, size: int = 4) -> str:
    """`ABCDEFGH` as `ABCD EFGH`: for keys and codes that somebody copies by hand."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


@register.filter
def device(agent: str) -> str:
    """What a program calls itself, in words."""
    return agents.name(agent)
