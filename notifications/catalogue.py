"""All kinds there are: the built-in ones and the host's, from `settings.NOTIFICATION_KINDS`."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from django.conf import settings

from notifications.kinds import KINDS, Kind


@cache
def kinds() -> Mapping[str, Kind]:
    """By name, in the order in which preferences show them. A host's kind goes before a built-in one of its name."""
    host: Iterable[Kind] = getattr(settings, "NOTIFICATION_KINDS", ())
    return MappingProxyType({kind.name: kind for kind in (*KINDS, *host)})


def kind(name: str) -> Kind:
    """Raises `ValueError` for a kind nobody declared."""
    try:
        return kinds()[name]
    except KeyError:
        known = ", ".join(kinds())
        raise ValueError(f"There is no kind of notification {name!r}; there are {known}.") from None


def is_mention(name: str) -> bool:
    """Whether it is shown under "Mentions". Rows of a kind that is declared no more are not."""
    found = kinds().get(name)
    return found is not None and found.mention


def mention_kinds() -> list[str]:
    return [kind.name for kind in kinds().values() if kind.mention]
