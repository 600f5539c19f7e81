"""The inbox, for operations: what Bluum told us, and having it handled again."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.text import capfirst
from unfold.decorators import display

from robo.backoffice import queues
from robo.backoffice.front import Sign, announce_signs
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import QueueFilter, WorkRows, poke
from robo.ui import words
from robo.webhooks.models import Event

HANDLED_BY = timedelta(minutes=1)


@admin.register(Event)
class EventAdmin(WorkRows):
    seen_by = Ability.INBOX
    actions = ("replay",)
    list_display = ("received_at", "kind", "event_id", "motion", "error")
    list_filter = (QueueFilter,)
    search_fields = ("kind__istartswith", "event_id__exact")
    search_help_text = "Start of a kind, such as transfer., or an event’s id"
    fields = (
        "source",
        "event_id",
        "kind",
        "hints",
        "received_at",
        "motion_in_words",
        "error_in_words",
    )

    def visible(self, rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
        return rows if can(user, Ability.INBOX) else rows.none()

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return can(request.user, Ability.REPLAY)

    @display(description="Hints")  # type: ignore[untyped-decorator]
    def hints(self, event: Event) -> str:
        return format_html_join("", "<p>{}: {}</p>", sorted(event.hint.items()))

    @admin.action(description="Handle again", permissions=["replay"])
    def replay(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        count = poke(request, rows, "replay webhook")
        self.message_user(
            request, f"{count} {'event is' if count == 1 else 'events are'} handled again now."
        )


@announce_signs
def last_webhook(user: Any) -> list[Sign]:
    """When Bluum last told us something by itself, for those who see the inbox."""
    if not can(user, Ability.INBOX):
        return []
    newest = Event.objects.order_by("-pk").values_list("received_at", flat=True).first()
    return [
        Sign(
            "Last webhook",
            "They come when something happens; without them we ask, which takes longer",
            capfirst(words.ago(newest)) if newest else "None yet",
            url=reverse("admin:webhooks_event_changelist"),
        )
    ]


queues.announce(
    queues.Queue(
        "unprocessed",
        "Unprocessed webhooks",
        Event,
        lambda rows: rows.filter(due_at__isnull=False, received_at__lt=timezone.now() - HANDLED_BY),
        since="received_at",
        order=60,
        help="Received over a minute ago and not handled",
    )
)
