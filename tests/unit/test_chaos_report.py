"""What is said about a run of `manage.py chaos`."""

import json
from dataclasses import replace
from pathlib import Path

from realtime_site.chaos.checker import Anomaly, Kind, Verdict
from realtime_site.chaos.report import Report, as_text
from realtime_site.chaos.run import Happened, Seen

SEEN = Seen([], [Happened("all sockets cut", 1.25, 0.5)], [0.001 * number for number in range(1, 101)], problem="")
CLEAN = Report("SQLite", "2026-01-01T00:00:00+00:00", 60, 7, Verdict(10, 60, []), SEEN)
LOST = replace(CLEAN, verdict=Verdict(10, 60, [Anomaly(Kind.LOST, f"number {number}") for number in range(30)]))


def test_a_clean_run_is_said_to_be_clean_and_how_long_deliveries_took() -> None:
    assert CLEAN.is_clean
    assert (CLEAN.latency_ms(0.5), CLEAN.latency_ms(0.99)) == (50, 99)
    assert as_text(CLEAN).startswith("Clean:")


def test_a_run_is_not_clean_when_anything_was_lost_or_did_not_recover_or_ended_early() -> None:
    never = replace(CLEAN, seen=replace(SEEN, happened=[Happened("all sockets cut", 1, None)]))
    early = replace(CLEAN, seen=replace(SEEN, problem="Waited in vain."))
    words = [(LOST, "number 0"), (never, "no recovery from: all sockets cut"), (early, "Waited in vain.")]
    for report, word in words:
        assert not report.is_clean
        assert word in as_text(report)


def test_of_many_anomalies_the_first_are_shown_and_the_rest_counted() -> None:
    assert as_text(LOST).count("lost: number") == 20
    assert "… and 10 more" in as_text(LOST)


def test_a_report_is_json_where_the_file_is_called_so_else_markdown(tmp_path: Path) -> None:
    for name in ("chaos.json", "chaos.md"):
        LOST.write(tmp_path / name)
    told = json.loads((tmp_path / "chaos.json").read_text())
    assert (told["clean"], told["lost"], told["faults"][0]["recovery_seconds"]) == (False, 30, 0.5)
    markdown = (tmp_path / "chaos.md").read_text()
    assert "| 10 | 60 | 30 | 0 | 0 | 0 | 50 | 99 |" in markdown
    assert "| all sockets cut | 1.2 | 0.5 |" in markdown


def test_without_a_delivery_there_is_no_latency() -> None:
    assert replace(CLEAN, seen=replace(SEEN, latencies=[])).latency_ms(0.5) is None
