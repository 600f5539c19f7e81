"""A life event at Bluum."""

from datetime import timedelta
from typing import Any

from onboarding.sync.kept import advance_kept
from portfolios.models import LifeEvent
from robo import clients

AT_BLUUM = {
    LifeEvent.Type.EDUCATION: "college",
    LifeEvent.Type.CHILD: "custom",
    LifeEvent.Type.INHERITANCE: "custom",
}
"""Our words where Bluum has others, or none."""


def advance_life_event(event: LifeEvent) -> timedelta | None:
    api, account_id = clients.bluum().life_events, str(event.account.bluum_id)
    told: dict[str, Any] = {
        "name": event.name,
        "event_type": AT_BLUUM.get(LifeEvent.Type(event.event_type), event.event_type),
        "expected_date": event.expected_date,
        "estimated_cost": event.estimated_cost,
        "currency": event.currency,
        "recurring": event.recurring,
        "linked_goal_id": event.goal.bluum_id if event.goal else None,
        "notes": event.notes or None,
    }
    return advance_kept(
        event,
        create=lambda: api.create(account_id, idempotency_key=event.key, **told).event_id,
        # An update empties the notes by an empty text; it takes no null there.
        update=lambda bluum_id: api.update(account_id, bluum_id, **told | {"notes": event.notes}),
        delete=lambda bluum_id: api.delete(account_id, bluum_id),
    )
