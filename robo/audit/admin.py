"""The trail, for reading only; the database holds to that too."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.decorators import display

from robo.audit.models import Entry
from robo.backoffice import client
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import Rows


@admin.register(Entry)
class EntryAdmin(Rows):
    seen_by = Ability.TRAIL
    list_display = ("at", "who", "action", "of", "client", "ip")
    list_select_related = ("actor",)
    list_filter = ("action",)
    search_fields = ("account_id__exact", "object_id__exact", "actor__email__istartswith")
    search_help_text = "Client’s number, object’s number, or start of an e-mail address"
    fields = ("at", "who", "action", "of", "client", "ip", "request_id", "details_in_words")

    def visible(self, rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
        return rows if can(user, Ability.TRAIL) else rows.none()

    @display(description="Who")  # type: ignore[untyped-decorator]
    def who(self, entry: Entry) -> str:
        return str(entry.actor or "The product")

    @display(description="Of")  # type: ignore[untyped-decorator]
    def of(self, entry: Entry) -> str:
        return object_link(entry)

    @display(description="Client")  # type: ignore[untyped-decorator]
    def client(self, entry: Entry) -> str:
        if not entry.account_id:
            return ""
        url = reverse("admin:accounts_account_change", args=[entry.account_id])
        return format_html('<a href="{}">Client {}</a>', url, entry.account_id)

    @display(description="Details")  # type: ignore[untyped-decorator]
    def details_in_words(self, entry: Entry) -> str:
        return format_html_join("", "<p>{}: {}</p>", sorted(entry.details.items()))


def _kind(label: str) -> str:
    """`onboarding.RiskAssessment` as `Risk assessment`."""
    try:
        return capfirst(str(apps.get_model(label)._meta.verbose_name))
    except (LookupError, ValueError):  # a kind of old, or none
        return label.rpartition(".")[2]


def object_link(entry: Entry) -> str:
    """What it was done to, leading there if it has a page."""
    name = f"{_kind(entry.object_type)} {entry.object_id}".strip()
    try:
        url = reverse(
            f"admin:{entry.object_type.lower().replace('.', '_')}_change", args=[entry.object_id]
        )
    except NoReverseMatch:
        return name
    return format_html('<a href="{}">{}</a>', url, name)


@client.section(
    "trail",
    "Audit trail",
    order=99,
    rows=lambda account: {
        "entries": Some(Entry.objects.filter(account_id=account.pk)[:50], beside=("actor",))
    },
)
def trail(account: Any, user: Any, entries: list[Entry]) -> dict[str, Any]:
    return {"entries": [{"row": entry, "of": object_link(entry)} for entry in entries]}
