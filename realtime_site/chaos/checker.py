"""The offline checker: what each client sent, had acked and heard, against what is stored. Pure.

It is given logs and rows after all is over, finds what should not be, and says so; it raises nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Row(NamedTuple):
    """A message: as it is stored, or as a client was told of it."""

    seq: int
    id: int
    client_id: str


@dataclass(frozen=True)
class Diary:
    """What one client knows: all it sent and all it applied, each in that order, from event number `first` + 1 on."""

    name: str
    first: int
    sent: Sequence[str]
    acked: Mapping[str, Row]
    applied: Sequence[Row]


class Kind(StrEnum):
    LOST = "lost"
    DOUBLED = "doubled"
    SWAPPED = "swapped"
    FALSE = "false"  # a client was told what is not stored, or not so


class Anomaly(NamedTuple):
    kind: Kind
    text: str


@dataclass(frozen=True)
class Verdict:
    """`acked` messages of all senders, `delivered` ones to all clients, and whatever is wrong with them."""

    acked: int
    delivered: int
    anomalies: Sequence[Anomaly]

    @property
    def is_clean(self) -> bool:
        return not self.anomalies

    def count(self, kind: Kind) -> int:
        return sum(anomaly.kind is kind for anomaly in self.anomalies)

    def __str__(self) -> str:
        counts = ", ".join(f"{self.count(kind)} {kind}" for kind in Kind)
        return f"{self.acked} acked, {self.delivered} delivered: {counts}"


def check(stored: Sequence[Row], diaries: Sequence[Diary]) -> Verdict:
    """Nothing acked is lost, nothing is doubled or swapped, everybody applied all of it in one order.

    `stored` is the whole room in the order of `seq`, in which nothing was edited or deleted.
    """
    anomalies = [*_of_rows(stored, claimed={told.seq for diary in diaries for told in diary.acked.values()})]
    for diary in diaries:
        anomalies += _of_sender(stored, diary)
        anomalies += _of_reader(stored, diary)
    acked = sum(len(diary.acked) for diary in diaries)
    return Verdict(acked, sum(len(diary.applied) for diary in diaries), anomalies)


def _of_rows(stored: Sequence[Row], *, claimed: Set[int]) -> Iterable[Anomaly]:
    """A number that is missing is counted here unless somebody `claimed` it: then it is a lost ack."""
    seqs = Counter(row.seq for row in stored)
    for seq in range(1, max(seqs, default=0) + 1):
        if not seqs[seq] and seq not in claimed:
            yield Anomaly(Kind.LOST, f"no message is stored under number {seq}")
        elif seqs[seq] > 1:
            yield Anomaly(Kind.DOUBLED, f"{seqs[seq]} messages are stored under number {seq}")
    for client_id, rows in _by_client_id(stored).items():
        if len(rows) > 1:
            numbers = ", ".join(str(row.seq) for row in rows)
            yield Anomaly(Kind.DOUBLED, f"message {client_id} is stored under the numbers {numbers}")


def _of_sender(stored: Sequence[Row], diary: Diary) -> Iterable[Anomaly]:
    rows = _by_client_id(stored)
    for client_id, told in diary.acked.items():
        if client_id not in rows:
            yield Anomaly(Kind.LOST, f"{diary.name}: {client_id} was acked as number {told.seq} and is not stored")
        elif told not in rows[client_id]:
            yield Anomaly(Kind.FALSE, f"{diary.name}: {client_id} was acked as {told}, stored is {rows[client_id][0]}")
    numbers = [rows[client_id][0].seq for client_id in diary.sent if client_id in rows]
    for seq, before in _inversions(numbers):
        yield Anomaly(Kind.SWAPPED, f"{diary.name}: number {seq} was sent after {before} and stored before it")


def _of_reader(stored: Sequence[Row], diary: Diary) -> Iterable[Anomaly]:
    expected = {row.seq: row for row in stored if row.seq > diary.first}
    applied = Counter(row.seq for row in diary.applied)
    for seq in expected:
        if not applied[seq]:
            yield Anomaly(Kind.LOST, f"{diary.name}: number {seq} was never applied")
        elif applied[seq] > 1:
            yield Anomaly(Kind.DOUBLED, f"{diary.name}: number {seq} was applied {applied[seq]} times")
    for row in dict.fromkeys(diary.applied):
        if expected.get(row.seq) != row:
            yield Anomaly(Kind.FALSE, f"{diary.name}: {row} was applied, stored is {expected.get(row.seq)}")
    for seq, before in _inversions([row.seq for row in diary.applied]):
        yield Anomaly(Kind.SWAPPED, f"{diary.name}: number {seq} was applied after {before}")


def _by_client_id(stored: Iterable[Row]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in stored:
        rows.setdefault(row.client_id, []).append(row)
    return rows


def _inversions(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Each number that comes after a higher one, with the highest before it."""
    highest = 0
    for number in numbers:
        if number < highest:
            yield number, highest
        highest = max(highest, number)
