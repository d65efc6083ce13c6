"""Why somebody was notified, or not: the decision as it was stored, and what came of each delivery, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from notifications import facts, policy
from notifications.catalogue import kinds
from notifications.kinds import CHANNELS, Channel
from notifications.models import Delivery, Notification
from notifications.policy import RULES
from notifications.protocol import Reason, Why
from realtime_site.live.errors import ClientError

# How a verdict is called where nothing was, or was to be, sent.
_OUTCOMES: Mapping[str, Literal["sent", "waiting", "silent", "skipped", "failed"]] = {
    "show": "sent",
    "silent": "silent",
    "send": "waiting",
    "skip": "skipped",
}


def why(*, user_id: int, notification_id: int | None = None, target: str | None = None) -> Why:
    """The person's own: one of theirs by its id, or whatever they were told of a target.

    Raises `ClientError('not_found')` for an id that is not theirs. A target of which nothing is stored is answered
    alike whether it exists or not: by the rule for what concerns nobody in particular. Of what they did themselves
    others were told, if anybody was.
    """
    rows = Notification.objects.filter(user=user_id).order_by("pk")
    row = rows.filter(target=target).last() if target is not None else rows.filter(pk=notification_id or 0).first()
    if row:
        return stored(row)
    if target is None:
        raise ClientError("not_found", "No such notification.")
    if Notification.objects.filter(target=target, actor=user_id).exists():
        return Why("", RULES["own"], stored=False, reasons=[_skipped(channel, "own") for channel in CHANNELS])
    return _unconcerned(user_id)


def stored(row: Notification) -> Why:
    """What was decided about a notification. Emptied decisions say so by having no reasons."""
    # A row that was written anew is a decision of its own: what was sent before it went by another.
    deliveries = list(row.deliveries.filter(created_at__gte=row.created_at).select_related("device").order_by("pk"))
    reasons = [reason for channel in CHANNELS for reason in _reasons(row, channel, deliveries)]
    kind = kinds().get(row.kind)
    return Why(row.title, kind.description if kind else row.kind, stored=True, reasons=reasons)


def _reasons(row: Notification, channel: Channel, deliveries: Sequence[Delivery]) -> Iterator[Reason]:
    verdict = row.why.get(channel)
    if not verdict:
        return
    outcome, rule = verdict
    sent = [one for one in deliveries if one.channel == channel and one.purpose == Delivery.Purpose.SHOW]
    for delivery in sent:
        yield _delivered(delivery, channel, rule)
    if not sent:
        yield Reason(channel, _OUTCOMES[outcome], rule, sentence(rule, row.why), row.created_at)


def _delivered(delivery: Delivery, channel: Channel, rule: str) -> Reason:
    detail = sentence(rule, delivery.notification.why if delivery.notification else {})
    return Reason(
        channel,
        cast(Literal["sent", "waiting", "skipped", "failed"], delivery.state),
        rule,
        f"{detail} {delivery.outcome}".strip(),
        delivery.finished_at or delivery.due_at,
        delivery.attempts,
        delivery.device.name if delivery.device else None,
    )


def sentence(rule: str, remembered: Mapping[str, Any]) -> str:
    """A rule in words, with the fact that it went by."""
    words = RULES.get(cast(policy.Rule, rule), rule)
    known = remembered.get("facts", {})
    if rule == "level" and known.get("level"):
        return f"{words} Your level there was “{known['level']}”."
    if rule == "quiet_hours" and known.get("quiet_from"):
        zone = known.get("time_zone", "UTC")
        return f"{words} They go from {known['quiet_from']} to {known['quiet_until']} ({zone})."
    return words


def _unconcerned(user_id: int) -> Why:
    """The rule as it stands for somebody whom a message does not concern."""
    kind = kinds()["message"]
    on = facts.switched_on(facts.switches_of([user_id], [kind.name]), user_id, kind)
    rules: Iterable[tuple[Channel, policy.Rule]] = (
        (channel, "level" if channel in on else "switched_off") for channel in CHANNELS
    )
    reasons = [_skipped(channel, rule, _UNCONCERNED if rule == "level" else "") for channel, rule in rules]
    return Why("", _NOBODY, stored=False, reasons=reasons)


def _skipped(channel: Channel, rule: policy.Rule, detail: str = "") -> Reason:
    return Reason(channel, "skipped", rule, detail or RULES[rule])


_NOBODY = "It did not name you, answer you or call everybody."
_UNCONCERNED = "You are told of it only where you follow with “Everything”, from when you choose that."
