"""`bin/test` counts right and chooses right: a wrong sum would hide what failed."""

from pathlib import Path

import pytest

from tests.faults.matrix import Seen, table
from tests.runner.__main__ import STAGES, chosen
from tests.runner.results import NotRun, Result, listed, of_pytest, of_tap, properties

XML = """<testsuites><testsuite>
<testcase classname="tests.unit.a" name="passes"/>
<testcase classname="tests.unit.a" name="fails"><failure message="no"/></testcase>
<testcase classname="tests.unit.a" name="passes, then its fixture breaks"/>
<testcase classname="tests.unit.a" name="passes, then its fixture breaks"><error message="no"/></testcase>
<testcase classname="tests.unit.a" name="is skipped"><skipped message="no camera here"/></testcase>
</testsuite></testsuites>"""

TAP = """TAP version 13
ok 1 - adds
not ok 2 - subtracts
ok 3 - divides # SKIP no time
1..3
# pass 1
# fail 1
# cancelled 0
# skipped 1
"""


def junit(directory: Path, text: str = XML) -> Path:
    file = directory / "results.xml"
    file.write_text(text)
    return file


def test_junit_is_counted_a_test_once_and_what_is_skipped_keeps_its_reason(tmp_path: Path) -> None:
    result = of_pytest(junit(tmp_path), 1, narrowed=False)

    assert str(result) == "1 passed, 2 failed, 1 skipped"
    assert result.not_run == [NotRun("tests.unit.a::is skipped", "no camera here")]


@pytest.mark.parametrize(("code", "narrowed", "failed"), [(5, False, 1), (5, True, 0), (2, True, 1), (-9, False, 1)])
def test_a_run_that_ended_without_a_result_has_failed_unless_nothing_was_to_run(
    tmp_path: Path, code: int, narrowed: bool, failed: int
) -> None:
    assert of_pytest(tmp_path / "there is none", code, narrowed=narrowed).failed == failed


def test_tap_is_counted() -> None:
    result = of_tap(TAP, 1)

    assert (result.passed, result.failed, result.not_run) == (1, 1, [NotRun("divides", "no time")])


def test_a_tool_that_fails_without_counting_has_failed() -> None:
    assert of_tap("SyntaxError", 1).failed == 1


def test_the_sums_say_nothing_of_skips_where_there_are_none() -> None:
    total = Result(2, 0)
    total += Result(3, 1)
    assert str(total) == "5 passed, 1 failed"


def test_what_was_not_run_for_one_reason_is_one_line_with_its_cure() -> None:
    lines = listed([NotRun("a", "no network", "plug it in"), NotRun("b", "no network", "plug it in")])
    assert lines == ["  a and 1 more: no network", "    → plug it in"]


@pytest.mark.parametrize(
    ("words", "names", "arguments"),
    [
        ([], list(STAGES), []),
        (["unit", "browser"], ["unit", "browser"], []),
        (["unit", "-k", "scale"], ["unit"], ["-k", "scale"]),
        (["-k", "hub"], ["unit", "sqlite", "postgres", "scale", "faults", "browser"], ["-k", "hub"]),
        (["tests/unit/test_hub.py::test_x"], ["unit"], ["tests/unit/test_hub.py::test_x"]),
        (["tests/http"], ["sqlite", "postgres"], ["tests/http"]),
        (["tests/faults/test_redis.py"], ["faults"], ["tests/faults/test_redis.py"]),
        (["--seed", "7", "unit", "--repeat=2", "-x"], ["unit"], ["-x"]),
    ],
)
def test_stages_come_first_and_paths_choose_their_stages(
    words: list[str], names: list[str], arguments: list[str]
) -> None:
    choice = chosen(words)
    assert (choice.stages, choice.arguments) == (names, arguments)


@pytest.mark.parametrize(
    ("words", "quick"),
    [
        ([], True),
        (["--seed", "7", "-x"], True),
        (["faults"], False),
        (["-k", "redis"], False),
        (["tests/faults"], False),
    ],
)
def test_the_quick_half_of_the_faults_is_run_when_nothing_is_named(words: list[str], quick: bool) -> None:
    assert chosen(words).quick is quick


def test_seed_and_repeat_are_ours_and_a_seed_is_drawn_where_none_is_given() -> None:
    assert chosen(["faults", "--seed", "7", "--repeat=3"])[2:4] == (7, 3)
    assert chosen([]).seed != chosen([]).seed
    assert chosen([]).repeat == 1


@pytest.mark.parametrize("words", [["--seed"], ["--seed", "x"], ["--repeat=0"], ["faults", "--repeat"]])
def test_a_number_that_is_none_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="takes a number"):
        chosen(words)


def test_what_tests_leave_behind_is_found(tmp_path: Path) -> None:
    cases = '<testcase name="a"><properties><property name="fault" value="[1]"/></properties></testcase><testcase/>'
    assert properties(junit(tmp_path, f"<testsuite>{cases}</testsuite>"), "fault") == ["[1]"]
    assert properties(tmp_path / "there is none", "fault") == []


def test_the_table_of_faults_adds_up_runs_and_marks_a_recovery_that_took_too_long() -> None:
    rows = [Seen("worker", 10, 20, 0, 0, 0, 1.04, 5), Seen("Redis", 1, 2, 1, 0, 2, 12.34, 10)]
    rows.append(Seen("worker", 5, 10, 0, 0, 0, 2.0, 5))
    assert [Seen.from_json(row.to_json()) for row in rows] == rows
    assert [line.split() for line in table(rows)[1:]] == [
        ["Redis", "1", "1", "2", "1", "0", "2", "12.3", "12.3", "!", "10"],
        ["worker", "2", "15", "30", "0", "0", "0", "1.5", "2.0", "5"],
    ]


def test_a_word_that_means_nothing_is_refused() -> None:
    with pytest.raises(SystemExit, match="neither a stage"):
        chosen(["unti"])
