"""Whether what is to be sent is being sent."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from notifications.models import Delivery
from realtime_site.doctor import database
from realtime_site.doctor.findings import Finding, Subject
from realtime_site.doctor.options import Options

DELIVERIES = Subject("deliveries")

# A deliverer takes what is due within seconds, also what another one that died had taken (45 s).
LATE = timedelta(minutes=5)


def look(options: Options) -> Iterable[Finding]:
    database.require()
    now = timezone.now()
    due = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=now)
    found = due.aggregate(count=Count("pk"), oldest=Min("due_at"))
    late = now - found["oldest"] if found["oldest"] else timedelta()
    works = late > LATE and Delivery.objects.filter(finished_at__gte=now - LATE).exists()
    return [judge(found["count"], late, works=works)]


def judge(due: int, late: timedelta, *, works: bool) -> Finding:
    """`due` rows that nobody has taken, the oldest for so long; whether others were dealt with meanwhile."""
    if late <= LATE:
        return DELIVERIES.ok(f"Nothing is late; {due} due." if due else "Nothing is due.")
    minutes = late.total_seconds() / 60
    age = f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
    what = f"{due} pushes and mails are due, the oldest for {age}."
    if works:
        why = "Deliverers are behind, or a push service does not answer; a second deliverer takes its share."
        return DELIVERIES.warning(what, why, ".venv/bin/python manage.py deliver")
    why = "Nobody delivers. Nothing is lost, but nobody is told."
    return DELIVERIES.error(
        what, why, "systemctl restart realtime-deliver   # or manage.py deliver; bin/serve has its own"
    )
