"""What a program calls itself, in words for people. Pure. For recognising one's own devices, nothing else."""

import re

# The first that fits: Chrome claims to be Safari, Edge and Opera to be Chrome.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def name(agent: str) -> str:
    """`Firefox on Linux`; of a program that is no browser its own first word; never empty."""
    browser = next((said for mark, said in _BROWSERS if mark in agent), None)
    system = next((said for mark, said in _SYSTEMS if mark in agent), None)
    if browser:
        return f"{browser} on {system}" if system else browser
    word = re.match(r"[\w.+-]+", agent)
    return word.group()[:40] if word else "an unknown program"
