"""What a program calls itself (`User-Agent`, RFC 9110 §10.1.5), in words for people. Pure.

For recognising one's own devices, nothing else.
"""

# The first that fits: Chrome claims to be Safari, Edge and Opera to be Chrome.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str | None:
    return next((name for mark, name in _BROWSERS if mark in agent), None)


def on_its_system(program: str, agent: str) -> str:
    """`Firefox on Linux`, or the program alone where the agent names no system."""
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    return f"{program} on {system}" if system else program
