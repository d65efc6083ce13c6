"""The offline checker finds what it is there to find, in logs and rows that are made up."""

from dataclasses import replace

import pytest

from realtime_site.chaos.checker import Diary, Kind, Row, check

A, B, C = Row(1, 11, "a"), Row(2, 12, "b"), Row(3, 13, "c")
STORED = [A, B, C]
SENDER = Diary("sender", 0, ["a", "b", "c"], {"a": A, "b": B, "c": C}, STORED)
READER = Diary("reader", 1, [], {}, [B, C])


def found(stored: list[Row], *diaries: Diary) -> list[Kind]:
    return [anomaly.kind for anomaly in check(stored, diaries).anomalies]


def test_nothing_is_wrong_where_nothing_is_wrong() -> None:
    verdict = check(STORED, [SENDER, READER])
    assert verdict.is_clean
    assert (verdict.acked, verdict.delivered) == (3, 5)
    assert str(verdict) == "3 acked, 5 delivered: 0 lost, 0 doubled, 0 swapped, 0 false"


def test_what_was_sent_and_never_acked_may_be_stored_or_not() -> None:
    assert not found(STORED, replace(SENDER, sent=["a", "x", "b", "c"], acked={"a": A}))


def test_an_acked_message_that_is_not_stored_is_lost() -> None:
    assert found([A, B], replace(SENDER, applied=[A, B])) == [Kind.LOST]


def test_a_number_that_is_missing_is_a_loss() -> None:
    assert found([A, C], Diary("reader", 0, [], {}, [A, C])) == [Kind.LOST]


def test_a_message_that_was_acked_and_vanished_from_the_middle_is_one_loss() -> None:
    assert found([A, C], replace(SENDER, applied=[A, C])) == [Kind.LOST]


def test_a_message_under_two_numbers_is_doubled() -> None:
    again = Row(4, 14, "a")
    assert found([*STORED, again], replace(READER, applied=[B, C, again])) == [Kind.DOUBLED]


def test_two_messages_under_one_number_are_doubled() -> None:
    assert Kind.DOUBLED in found([A, B, Row(2, 99, "x"), C])


def test_what_somebody_did_not_apply_is_lost_to_them() -> None:
    verdict = check(STORED, [SENDER, replace(READER, applied=[C])])
    assert [str(anomaly.text) for anomaly in verdict.anomalies] == ["reader: number 2 was never applied"]
    assert verdict.count(Kind.LOST) == 1


def test_what_somebody_applied_twice_is_doubled_for_them() -> None:
    assert found(STORED, replace(READER, applied=[B, C, C])) == [Kind.DOUBLED]


def test_what_somebody_applied_in_another_order_is_swapped() -> None:
    assert found(STORED, replace(READER, applied=[C, B])) == [Kind.SWAPPED]


def test_what_was_sent_in_one_order_and_stored_in_another_is_swapped() -> None:
    assert found(STORED, replace(SENDER, sent=["b", "a", "c"])) == [Kind.SWAPPED]


@pytest.mark.parametrize("told", [Row(2, 11, "a"), Row(1, 99, "a")])
def test_an_ack_that_says_other_than_what_is_stored_is_false(told: Row) -> None:
    assert found(STORED, replace(SENDER, acked={"a": told})) == [Kind.FALSE]


def test_what_was_applied_and_is_stored_nowhere_is_false() -> None:
    assert found(STORED, replace(READER, applied=[B, C, Row(4, 14, "x")])) == [Kind.FALSE]
