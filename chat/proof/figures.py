"""Sums of the last hour, and how long messages took. Pure.

A worker keeps a minute's counts in each of sixty slots and contributes their sum to its vitals; whoever looks merges
the sums of all workers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from chat.protocol import DELAY_BUCKETS_MS, DeliveryReport

MINUTES = 60
# Of one report, at most so many messages weigh in: a busy client hears fewer in half a minute from three busy rooms.
WEIGHT = 1_000
# Of one person a worker adds up a report in so long: who makes numbers up moves the percentiles no more than three busy
# people. Of two pages that report at once one is heard; what is wrong is counted of all.
PERSON_SECONDS = 10.0

COUNTS = ("lost", "duplicated", "reordered", "held", "repaired", "received", "clients")
FAULTS = ("lost", "duplicated", "reordered")
HISTOGRAMS = ("delays", "own_delays")
_BUCKETS = len(DELAY_BUCKETS_MS) + 1


class Proof(Struct, kw_only=True):
    """The last hour. `lost`, `duplicated`, `reordered`: people who said so, in each minute anew. `clients`: sockets
    that reported.
    """

    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    held: int = 0
    repaired: int = 0
    received: int = 0
    clients: int = 0
    delays: list[int] = field(default_factory=lambda: [0] * _BUCKETS)
    own_delays: list[int] = field(default_factory=lambda: [0] * _BUCKETS)

    @property
    def p50_ms(self) -> float | None:
        return percentile(self.delays, 0.5)

    @property
    def p99_ms(self) -> float | None:
        return percentile(self.delays, 0.99)

    def add(self, other: Mapping[str, Any]) -> None:
        """What is missing in `other`, or is no such number, counts for nothing: it may be another version's."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + _count(other.get(name)))
        for name in HISTOGRAMS:
            told = other.get(name)
            if isinstance(told, Sequence) and len(told) == _BUCKETS:
                added = [mine + _count(theirs) for mine, theirs in zip(getattr(self, name), told, strict=True)]
                setattr(self, name, added)

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in (*COUNTS, *HISTOGRAMS)}


def merge(told: Iterable[Mapping[str, Any]]) -> Proof:
    """The sum of what workers contributed."""
    proof = Proof()
    for one in told:
        proof.add(one)
    return proof


def percentile(histogram: Sequence[int], share: float) -> float | None:
    """In milliseconds, interpolated within its bucket; None of nothing. Past the last bound it is that bound."""
    wanted = sum(histogram) * share
    if not wanted:
        return None
    low = 0.0
    for count, high in zip(histogram, DELAY_BUCKETS_MS, strict=False):
        if count and wanted <= count:
            return low + (high - low) * wanted / count
        wanted -= count
        low = float(high)
    return low


class Hour:
    """The counts of the last sixty minutes, by the minute."""

    def __init__(self) -> None:
        self._minutes: dict[int, Proof] = {}
        # Who has said what of the faults, in the newest minute.
        self._said: set[tuple[int, str]] = set()
        # By person: when a report was added up.
        self._heard: dict[int, float] = {}

    def report(self, now: float, said: DeliveryReport, *, person: int, lost: bool, before: float | None) -> None:
        """Counts a report at `now`; the socket's last one was at `before`. All times are seconds of one clock."""
        slot = self._slot(now)
        self._count_once(slot, before)
        counts = {"lost": lost, "duplicated": said.duplicated, "reordered": said.reordered}
        for name in FAULTS:
            if counts[name] and (person, name) not in self._said:
                self._said.add((person, name))
                setattr(slot, name, getattr(slot, name) + 1)
        if now - self._heard.get(person, -PERSON_SECONDS) >= PERSON_SECONDS:
            self._heard[person] = now
            self._add_up(slot, said)

    def _add_up(self, slot: Proof, said: DeliveryReport) -> None:
        share = min(1.0, WEIGHT / max(1, said.received, sum(said.delays), sum(said.own_delays)))
        slot.received += int(said.received * share)
        slot.held += min(said.held, WEIGHT)
        slot.repaired += min(said.repaired, WEIGHT)
        for name in HISTOGRAMS:
            told = zip(getattr(slot, name), getattr(said, name), strict=True)
            setattr(slot, name, [mine + round(theirs * share) for mine, theirs in told])

    def _count_once(self, slot: Proof, before: float | None) -> None:
        """A socket stands in the minute of its last report alone."""
        last = None if before is None else self._minutes.get(int(before // 60))
        if last:
            last.clients -= 1
        slot.clients += 1

    def sums(self, now: float) -> dict[str, Any]:
        self._slot(now)
        return merge(slot.to_json() for slot in self._minutes.values()).to_json()

    def _slot(self, now: float) -> Proof:
        minute = int(now // 60)
        if minute not in self._minutes:
            self._minutes = {then: slot for then, slot in self._minutes.items() if then > minute - MINUTES}
            self._minutes[minute] = Proof()
            self._said.clear()
            self._heard = {person: at for person, at in self._heard.items() if now - at < PERSON_SECONDS}
        return self._minutes[minute]


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
