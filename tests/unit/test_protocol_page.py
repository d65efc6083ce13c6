"""docs/protocol.md says what the code does: commands, events, objects, codes, limits."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from chat import plain, protocol
from notifications import protocol as notifications
from realtime_site.dashboard import protocol as dashboard
from realtime_site.live import consumer, errors, frames, outlets
from realtime_site.live.closing import Close

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def section(title: str) -> str:
    """The text under a heading, to the next heading of any level."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##+ |\Z)", PAGE, re.S | re.M)
    assert found, title
    return found[1]


def rows(title: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def fields_of(kind: type[msgspec.Struct]) -> set[str]:
    """Field names; `?` after those that may be left out."""
    hidden = {"id"} if issubclass(kind, frames.Command) else set()
    return {
        field.name + ("" if field.required else "?")
        for field in msgspec.structs.fields(kind)
        if field.name not in hidden
    }


def tag_of(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def ticked(cell: str) -> set[str]:
    return {word for part in re.findall(r"`([^`]+)`", cell) for word in part.split()}


def test_every_command_and_its_fields_are_on_the_page() -> None:
    told = {row[0].strip("`"): ticked(row[1]) for row in rows("Commands")}
    kinds = (frames.Ping, *protocol.COMMANDS)
    assert told == {tag_of(kind): fields_of(kind) for kind in kinds}


def test_every_event_and_its_fields_are_on_the_page() -> None:
    told = {row[0].strip("`"): ticked(row[1]) for row in rows("Events")}
    assert told == {tag_of(kind): fields_of(kind) for kind in protocol.EVENTS}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("message", protocol.Message),
        ("reply_to", protocol.Quote),
        ("room", protocol.Room),
        ("user", protocol.Person),
    ],
)
def test_every_field_of_an_object_is_on_the_page(name: str, kind: type[msgspec.Struct]) -> None:
    found = re.search(rf"^- `{name}`[^{{]*`\{{(.*?)\}}`", section("Objects"), re.M | re.S)
    assert found
    assert set(found[1].replace("\n", " ").replace(" ", "").split(",")) == {
        field.name for field in msgspec.structs.fields(kind)
    }


def test_notifications_are_on_the_page() -> None:
    told = {row[0].strip("`"): ticked(row[1]) for row in rows("Notification commands")}
    assert told == {tag_of(kind): fields_of(kind) for kind in notifications.COMMANDS}
    told = {row[0].strip("`"): ticked(row[1]) for row in rows("Notification events")}
    assert told == {tag_of(kind): fields_of(kind) for kind in notifications.EVENTS}
    assert "(1 to 100, 30)" in section("Notification commands")
    assert (notifications.LIST_LIMIT, notifications.NotificationList(id=1).limit) == (100, 30)
    assert f"most {notifications.SYNC_LIMIT};" in section("Notification commands")
    assert f"at most {notifications.IDS_LIMIT};" in section("Notification commands")
    assert f"stops at {notifications.UNREAD_CAP}" in section("Notification commands")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("notifications", notifications.Summary),
        ("notification", notifications.Notification),
        ("reasons", notifications.Reason),
    ],
)
def test_every_field_of_a_notification_object_is_on_the_page(name: str, kind: type[msgspec.Struct]) -> None:
    found = re.search(rf"^- `{name}`[^{{]*`\{{(.*?)\}}`", section("Notification objects"), re.M | re.S)
    assert found
    assert found[1].split(", ") == [field.name for field in msgspec.structs.fields(kind)]


def test_the_dashboard_is_on_the_page() -> None:
    told = {row[0].strip("`"): ticked(row[1]) for row in rows("Dashboard commands")}
    assert told == {tag_of(kind): fields_of(kind) for kind in dashboard.COMMANDS}
    told = {row[0].strip("`"): ticked(row[1]) for row in rows("Dashboard events")}
    assert told == {tag_of(kind): fields_of(kind) for kind in dashboard.EVENTS}
    assert f"at most {dashboard.QUERY_CHARACTERS} characters" in section("Dashboard commands")
    assert f"{dashboard.PAGE_SIZE} a page" in section("Dashboard events")
    assert f"the newest {dashboard.ANOMALIES}," in section("Dashboard events")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("worker", dashboard.Worker), ("board_room", dashboard.Room), ("anomaly", dashboard.Anomaly)],
)
def test_every_field_of_a_dashboard_object_is_on_the_page(name: str, kind: type[msgspec.Struct]) -> None:
    found = re.search(rf"^- `{name}`[^{{]*`\{{(.*?)\}}`", section("Dashboard objects"), re.M | re.S)
    assert found
    assert found[1].split(", ") == [field.name for field in msgspec.structs.fields(kind)]


def test_members_are_described_as_they_are_sent() -> None:
    found = re.search(r"`room.members` lists `\{(.*?)\}`", PAGE)
    assert found
    assert found[1].split(", ") == [field.name for field in msgspec.structs.fields(protocol.Member)]


def test_every_error_code_is_on_the_page() -> None:
    assert {row[0].strip("`") for row in rows("Error codes")} == set(get_args(errors.Code))


def test_every_close_code_is_on_the_page() -> None:
    assert {int(row[0]) for row in rows("Close codes")} == {int(code) for code in Close}


def test_limits_are_the_codes() -> None:
    told = " ".join(" ".join(row) for row in rows("Limits"))
    for value in (
        f"{frames.FRAME_BYTES // 1024} KiB",
        f"frame | {frames.DEPTH}".split("| ")[1],
        f"{protocol.BODY_CHARACTERS:,} characters",
        f"people in a conversation {protocol.DIRECT_PEOPLE + 1}",
        f"{consumer.IN_FLIGHT}",
        f"{consumer.BAD_FRAMES_A_MINUTE} a minute",
        f"{outlets.SLOW_BYTES // 1024 // 1024} MiB",
    ):
        assert value in told
    assert f"at most {protocol.SYNC_LIMIT}" in PAGE
    assert f"at most {protocol.MEMBERS_LIMIT}" in PAGE
    assert f"stops at {protocol.UNREAD_CAP}" in PAGE
    assert f"1 to {protocol.DIRECT_PEOPLE} others" in PAGE
    assert f"at most {protocol.FIND_LIMIT} people" in PAGE
    assert f"({protocol.QUERY_CHARACTERS} characters at most)" in PAGE
    assert f"at most {protocol.QUOTE_CHARACTERS} characters" in PAGE
    assert f"(1 to {protocol.HISTORY_LIMIT}, " in PAGE


def test_the_plain_socket_is_told_as_it_is() -> None:
    text = section("The plain room socket")
    for kind in (plain.Chat, plain.Ping):
        assert f'{{"type": "{tag_of(kind)}"' in text
    source = Path(plain.__file__).read_text()
    said = set(re.findall(r'say\(\s*"(\w+)"|_frame\("(\w+)"|\("(user_\w+)",', source))
    kinds = {word for group in said for word in group if word}
    assert kinds == {"system", "chat", "user_join", "user_leave", "pong", "error"}
    assert all(f"`{kind}`" in text for kind in kinds)


def test_the_browser_knows_every_close_code() -> None:
    source = (Path(__file__).parents[2] / "static" / "js" / "live" / "closing.js").read_text()
    for code in Close:
        if not code.reconnect:
            assert str(int(code)) in source, code
