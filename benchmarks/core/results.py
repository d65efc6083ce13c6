"""What was measured, as JSON, one file a benchmark; and RESULTS.md, written from all of them."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from string import Template
from typing import Any

from benchmarks.core.aims import Aim, table

HERE = Path(__file__).resolve().parent.parent
RESULTS, WORDS, REPORT = HERE / "results", HERE / "words", HERE / "RESULTS.md"


def store(name: str, result: Mapping[str, Any], folder: Path = RESULTS) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(_rounded(result), indent=1, ensure_ascii=False) + "\n")


def _rounded(value: Any) -> Any:
    """Four digits: more is noise, and a diff to read."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def load(name: str, folder: Path = RESULTS) -> dict[str, Any] | None:
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def write_report(names: Sequence[str]) -> None:
    """RESULTS.md and its plots, from the stored results."""
    from benchmarks.core.plots import draw

    for name in names:
        result = load(name)
        if result:
            draw(name, import_module(f"benchmarks.{name}").plots(result["data"]))
    REPORT.write_text(report(names))


def report(names: Sequence[str]) -> str:
    """The text of RESULTS.md."""
    found = {name: result for name in names if (result := load(name))}
    aims = [aim for name, result in found.items() for aim in _aims(name, result)]
    parts = [Template((WORDS / "results.md").read_text()).substitute(aims=table(aims))]
    return "\n".join(parts + [section(name, result) for name, result in found.items()])


def _aims(name: str, result: Mapping[str, Any]) -> Iterable[Aim]:
    module = import_module(f"benchmarks.{name}")
    return module.aims(result["data"]) if hasattr(module, "aims") else ()


def section(name: str, result: Mapping[str, Any]) -> str:
    """One benchmark's Markdown: the text of `words/NAME.md` with its tables in it."""
    tables = import_module(f"benchmarks.{name}").tables(result["data"])
    text = Template((WORDS / f"{name}.md").read_text()).substitute(tables)
    return f"{text.rstrip()}\n\n{_origin(name, result)}"


def _origin(name: str, result: Mapping[str, Any]) -> str:
    versions = dict.fromkeys(part for told in result["versions"].values() for part in told.split(", "))
    when = f"`bin/bench {name}`, {result['runs']} runs, {result['date']}, {result['machine']}"
    lines = [f"<sub>{when}. {', '.join(versions)}.</sub>"]
    lines += [f"<sub>Not measured: {peer}. {why}</sub>" for peer, why in result["skipped"].items()]
    return "\n\n".join(lines) + "\n"


def machine() -> str:
    """One line about where the figures come from."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in told if "model name" in line), platform.machine())
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}"


def today() -> str:
    return str(date.today())
