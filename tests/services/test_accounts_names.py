import pytest
from django.core.exceptions import ValidationError

from realtime_site.accounts.names import check_display_name
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("   ", ""),
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Jose\u0301", "José"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("שָׁלוֹם", "שָׁלוֹם"),
        ("Ada 👩\u200d🚀", "Ada 👩\u200d🚀"),
        ("李明", "李明"),
    ],
)
def test_names_of_all_scripts_are_kept(typed, stored):
    assert check_display_name(typed, user_id=0) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "Ada\u202egnitirw",  # turns the rest of the line round
        "Ada\u2066",
        "A\u200bda",  # zero-width space: looks like Ada, is not
        "\u2800\u200d\u200d" + "\u00ad",
        "\u200d",
        "Ada\x00",
        "Ada\x07",
        "\ud800",
        "...",
        "Z" + "\u0335\u0321\u0348\u0359\u0354" * 3,
    ],
)
def test_names_that_hide_reverse_or_climb_are_refused(typed):
    with pytest.raises(ValidationError):
        check_display_name(typed, user_id=0)


def test_nobody_goes_by_somebody_else_s_username():
    alice, bob = make_user("alice"), make_user("bob")
    with pytest.raises(ValidationError):
        check_display_name("Alice", user_id=bob.pk)
    assert check_display_name("Alice", user_id=alice.pk) == "Alice"
