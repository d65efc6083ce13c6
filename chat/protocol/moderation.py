"""What owners and moderators may say, and what everybody may say to them.

Each that changes something is logged with its `reason`, and its `ok` carries `entry`, the number to undo it by.
"""

from typing import Literal

from chat.protocol.checks import check_numbers
from chat.protocol.commands import RoomCommand
from chat.protocol.limits import (
    CLEAR_LIMIT,
    NOTE_CHARACTERS,
    REASON_CHARACTERS,
    RESTRICTION_SECONDS,
    SLOW_MODE_SECONDS,
)
from realtime_site.live.errors import ClientError
from realtime_site.live.frames import Command, check_text

ReportReason = Literal["spam", "abuse", "private", "other"]


class _MemberCommand(RoomCommand):
    person: int

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.person)
        _check_reason(getattr(self, "reason", ""))


class MemberMute(_MemberCommand, tag="member.mute"):
    seconds: int
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_seconds(self.seconds)


class MemberUnmute(_MemberCommand, tag="member.unmute"):
    reason: str = ""


class MemberRemove(_MemberCommand, tag="member.remove"):
    reason: str = ""


class MemberBan(_MemberCommand, tag="member.ban"):
    seconds: int | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.seconds is not None:
            _check_seconds(self.seconds)


class MemberUnban(_MemberCommand, tag="member.unban"):
    reason: str = ""


class MemberRole(_MemberCommand, tag="member.role"):
    role: Literal["owner", "moderator", "member"]
    reason: str = ""


class MemberClear(_MemberCommand, tag="member.clear"):
    count: int
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.count <= CLEAR_LIMIT:
            raise ClientError("invalid", f"`count` is from 1 to {CLEAR_LIMIT}.")


class MessageRemove(Command, tag="message.remove"):
    message: int
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.message)
        _check_reason(self.reason)


class MessageReport(Command, tag="message.report"):
    message: int
    reason: ReportReason
    note: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.message)
        check_text(self.note, "note")
        if len(self.note) > NOTE_CHARACTERS:
            raise ClientError("invalid", f"`note` has at most {NOTE_CHARACTERS} characters.")


class ReportList(RoomCommand, tag="report.list"):
    pass


class ReportHandle(Command, tag="report.handle"):
    report: int
    outcome: Literal["removed", "dismissed"]
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.report)
        _check_reason(self.reason)


class RoomRestrict(RoomCommand, tag="room.restrict"):
    slow_mode_seconds: int | None = None
    read_only: bool | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_reason(self.reason)
        if self.slow_mode_seconds is not None and not 0 <= self.slow_mode_seconds <= SLOW_MODE_SECONDS:
            raise ClientError("invalid", f"`slow_mode_seconds` is from 0 to {SLOW_MODE_SECONDS:,}.")


class RoomBans(RoomCommand, tag="room.bans"):
    pass


class RoomActs(RoomCommand, tag="room.acts"):
    pass


class ActPreview(_MemberCommand, tag="act.preview"):
    act: Literal["mute", "remove", "ban", "clear"]
    count: int = 0


class ActUndo(Command, tag="act.undo"):
    entry: int
    reason: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_numbers(self.entry)
        _check_reason(self.reason)


OF_MODERATORS: tuple[type[Command], ...] = (
    MemberMute,
    MemberUnmute,
    MemberRemove,
    MemberBan,
    MemberUnban,
    MemberRole,
    MemberClear,
    MessageRemove,
    MessageReport,
    ReportList,
    ReportHandle,
    RoomRestrict,
    RoomBans,
    RoomActs,
    ActPreview,
    ActUndo,
)


def _check_seconds(seconds: int) -> None:
    if not 1 <= seconds <= RESTRICTION_SECONDS:
        raise ClientError("invalid", f"`seconds` is from 1 to {RESTRICTION_SECONDS:,}, a year.")


def _check_reason(reason: str) -> None:
    check_text(reason, "reason")
    if len(reason) > REASON_CHARACTERS:
        raise ClientError("invalid", f"`reason` has at most {REASON_CHARACTERS} characters.")
