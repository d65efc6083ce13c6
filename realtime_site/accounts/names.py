"""What a person may be called. Pure but for one look at who else is there."""

import re
import unicodedata

from django.core.exceptions import ValidationError

from realtime_site.accounts.models import User

# Joiners hold emoji families and several scripts together; every other format character only hides or turns text round.
_JOINERS = {"\u200c", "\u200d"}
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# Vietnamese, pointed Hebrew and Thai stay below this once composed; stacks that climb over other lines do not.
_MARKS_IN_A_ROW = 4


def check_display_name(name: str, *, user_id: int) -> str:
    """Give the name as it is stored: composed (NFC), white space collapsed. Empty stays empty.

    Raises ValidationError when it hides or reverses text, piles up marks, shows nothing, or is another's username.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        return ""
    if any(unicodedata.category(c) in _HIDDEN and c not in _JOINERS for c in name):
        raise ValidationError("Leave out invisible characters.")
    categories = "".join(unicodedata.category(c)[0] for c in name)
    if re.search(rf"M{{{_MARKS_IN_A_ROW + 1},}}", categories):
        raise ValidationError("Leave out the piled-up accents.")
    if not re.search("[LNS]", categories):
        raise ValidationError("Use at least one letter or digit.")
    if User.objects.filter(username__iexact=name).exclude(pk=user_id).exists():
        raise ValidationError("That is somebody's username.")
    return name
