"""What is said about a run: on the terminal, as Markdown, as JSON. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from realtime_site.chaos.checker import Kind, Verdict
from realtime_site.chaos.run import Happened, Seen

SHOWN_ANOMALIES = 20


@dataclass(frozen=True)
class Report:
    """A run and what became of it. `site`: in words what it ran on. `complaints`: errors that our workers logged."""

    site: str
    begun: str
    seconds: float
    seed: int
    verdict: Verdict
    seen: Seen
    complaints: Sequence[str] = ()

    @property
    def is_clean(self) -> bool:
        return self.verdict.is_clean and not self.seen.problem and not self.unrecovered

    @property
    def unrecovered(self) -> list[Happened]:
        return [one for one in self.seen.happened if one.recovery_seconds is None]

    def latency_ms(self, share: float) -> int | None:
        """Within which this share of the deliveries came, from the first attempt to send; None without any."""
        ordered = self.seen.latencies
        return round(1000 * ordered[max(0, ceil(share * len(ordered)) - 1)]) if ordered else None

    def write(self, file: Path) -> None:
        """JSON where the file is called so, else Markdown."""
        file.write_text(as_json(self) if file.suffix == ".json" else as_markdown(self))


def as_text(report: Report) -> str:
    latency = f"send to delivery: p50 {report.latency_ms(0.5)} ms, p99 {report.latency_ms(0.99)} ms"
    return "\n".join([_conclusion(report), f"{report.verdict}", latency, *_what_is_wrong(report)])


def as_markdown(report: Report) -> str:
    counts = [report.verdict.acked, report.verdict.delivered, *(report.verdict.count(kind) for kind in Kind)]
    return "\n".join(
        [
            "# Chaos report",
            "",
            f"{_conclusion(report)} {report.begun}, {report.seconds:.0f} s, seed {report.seed}, on {report.site}.",
            "",
            "| acked | delivered | " + " | ".join(Kind) + " | p50 ms | p99 ms |",
            "|" + "--:|" * (len(counts) + 2),
            "| " + " | ".join(map(str, [*counts, report.latency_ms(0.5), report.latency_ms(0.99)])) + " |",
            "",
            "Milliseconds from the first attempt to send a message to each client's applying it, the outages included.",
            "Recovery is counted from the end of a fault until a message that each began to send after it was acked",
            "and heard by everybody.",
            "",
            "| fault | over at s | recovery s |",
            "|---|--:|--:|",
            *(f"| {one.fault} | {one.at_seconds:.1f} | {_recovery(one)} |" for one in report.seen.happened),
            "",
            *(f"- {line}" for line in _what_is_wrong(report)),
            *(f"- logged: `{line}`" for line in report.complaints),
            "",
        ]
    )


def as_json(report: Report) -> str:
    return json.dumps(
        {
            "clean": report.is_clean,
            "begun": report.begun,
            "seconds": report.seconds,
            "seed": report.seed,
            "site": report.site,
            "acked": report.verdict.acked,
            "delivered": report.verdict.delivered,
            **{str(kind): report.verdict.count(kind) for kind in Kind},
            "p50_ms": report.latency_ms(0.5),
            "p99_ms": report.latency_ms(0.99),
            "faults": [one._asdict() for one in report.seen.happened],
            "problem": report.seen.problem,
            "anomalies": [f"{anomaly.kind}: {anomaly.text}" for anomaly in report.verdict.anomalies],
            "complaints": list(report.complaints),
        },
        indent=2,
    )


def _conclusion(report: Report) -> str:
    if report.is_clean:
        return "Clean: nothing acked was lost, doubled or swapped; everybody has the same list."
    return "Not clean."


def _what_is_wrong(report: Report) -> list[str]:
    lines = [f"{anomaly.kind}: {anomaly.text}" for anomaly in report.verdict.anomalies[:SHOWN_ANOMALIES]]
    more = len(report.verdict.anomalies) - len(lines)
    lines += [f"… and {more} more"] * (more > 0)
    lines += [f"no recovery from: {one.fault}" for one in report.unrecovered]
    return lines + [f"the run ended early: {report.seen.problem}"] * bool(report.seen.problem)


def _recovery(one: Happened) -> str:
    return "never" if one.recovery_seconds is None else f"{one.recovery_seconds:.1f}"
