"""The page of the inbox and its panel in the chat say the same."""

import re
from pathlib import Path

import pytest

from notifications.kinds import CHANNELS, KINDS
from notifications.views import inbox

WORDS = (Path(__file__).parents[2] / "static/js/notifications/words.js").read_text()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("ICONS", inbox.ICONS),
        ("CHANNELS", {channel: words for channel, (words, _) in inbox.CHANNELS.items()}),
        ("OUTCOMES", inbox.OUTCOMES),
    ],
)
def test_the_script_has_the_same_words(name: str, ours: dict[str, str]) -> None:
    found = re.search(rf"const {name} = \{{(.*?)\}};", WORDS, re.S)
    assert found
    assert dict(re.findall(r'(\w+): "([^"]*)"', found[1])) == ours


def test_there_are_words_for_all() -> None:
    assert inbox.ICONS.keys() == {kind.name for kind in KINDS}
    assert tuple(inbox.CHANNELS) == CHANNELS
