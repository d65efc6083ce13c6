"""What a deliverer has done, for whoever watches it."""

from collections import Counter
from time import monotonic


class Tally:
    """Counts by word: sent, skipped, postponed, failed, "to be tried again"."""

    WORDS = ("sent", "mailed", "skipped", "postponed", "put off", "failed")

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._since = Counter[str]()
        self._began = monotonic()

    def add(self, word: str, count: int = 1) -> None:
        self.counts[word] += count

    def news(self) -> str:
        """What has happened since the last call, in words; "" for nothing."""
        new = self.counts - self._since
        self._since = self.counts.copy()
        return in_words(new)

    def __str__(self) -> str:
        return in_words(self.counts) or "nothing yet"


def in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in Tally.WORDS if counts[word])
