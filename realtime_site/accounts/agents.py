"""What to call the program behind a session or a socket. Pure."""

import re

from realtime_site.live import agents


def name(agent: str) -> str:
    """`Firefox on Linux`; of a program that is no browser its own first word; never empty."""
    if browser := agents.browser(agent):
        return agents.on_its_system(browser, agent)
    word = re.match(r"[\w.+-]+", agent)
    return word.group()[:40] if word else "an unknown program"
