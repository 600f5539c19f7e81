"""Lists and pages of rows that mirror Bluum or keep a record: read-only, to whom each may see."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import DateField, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from robo import audit
from robo.backoffice import queues
from robo.backoffice.roles import Ability, can
from robo.ui import words
from robo.work import Work

TONES = {
    "danger": {"stuck", "failed", "refused", "rejected", "error", "suspended", "expired"},
    "warning": {
        "trying again",
        "in_progress",
        "pending_review",
        "review_required",
        "pending",
        "processing",
        "sending",
        "inactive",
    },
    "success": {"clear", "active", "approved", "completed", "connected", "passed", "received"},
}
LABELS = {word: tone for tone, words in TONES.items() for word in words}


def labelled(row: Any, field: str = "status") -> tuple[str, str]:
    """A status as unfold shows it in colour: the word to colour by, and the words to read."""
    value = str(getattr(row, field))
    shown = getattr(row, f"get_{field}_display", lambda: value)()
    return value.lower(), shown or value


def client_link(account: Any) -> str:
    """The client's name, leading to the client's page."""
    if account is None:
        return ""
    return format_html(
        '<a href="{}">{}</a>', reverse("admin:accounts_account_change", args=[account.pk]), account
    )


def when(value: date | None) -> str:
    """A day or a moment as all pages here say it; "None" where there is none yet."""
    return "None" if value is None else words.when(value)


@cache
def _dated(model: type[Model], name: str) -> Callable[[Any], str] | None:
    """A column that says a date as pages do; None where the name is not a date's. The same
    function each time, as the admin compares columns."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    if not isinstance(field, DateField):
        return None

    @display(description=field.verbose_name, ordering=name)  # type: ignore[untyped-decorator]
    def say(row: Any) -> str:
        return when(getattr(row, name))

    say.__name__ = name
    return cast(Callable[[Any], str], say)


class QueueFilter(admin.SimpleListFilter):
    """The dashboard's queues of this model, as a filter: the list shows just what was counted."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(q.slug, q.title) for q in queues.of(model_admin.model)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for queue in queues.of(queryset.model):
            if queue.slug == self.value():
                return queue.narrow(queryset)
        return queryset


class Rows(ModelAdmin):  # type: ignore[misc]
    """Rows nobody adds, changes or deletes here. `fields` lists what the page shows."""

    seen_by: ClassVar[Ability] = Ability.CLIENTS
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = InfinitePaginator
    list_per_page = 50
    list_max_show_all = 0
    list_disable_select_all = True
    list_fullwidth = True
    ordering = ("-pk",)
    empty_value_display = "None"

    def visible(self, rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
        """Those of the rows that this person may see."""
        return rows.visible_to(user)  # type: ignore[attr-defined,no-any-return]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.visible(super().get_queryset(request), request.user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.as_told(self.fields)

    def get_list_display(self, request: HttpRequest) -> Any:
        return self.as_told(super().get_list_display(request))

    def as_told(self, names: Any) -> list[Any]:
        """The columns, each date's replaced by one that says it as pages do."""
        return [
            (_dated(self.model, name) or name) if isinstance(name, str) else name for name in names
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can(request.user, self.seen_by)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return can(request.user, self.seen_by)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Named by `permissions=["act"]` of an action."""
        return can(request.user, Ability.ACT)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """What was done to a row stands in the audit trail."""
        raise Http404

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        """Not there, and not yours to see, look the same."""
        raise Http404


class WorkRows(Rows):
    """Rows that something still has to happen to."""

    actions: Any = ("look_again", "retry")

    @display(description="Work", label={"stuck": "danger", "trying again": "warning"})  # type: ignore[untyped-decorator]
    def motion(self, row: Work) -> tuple[str, str]:
        return motion_of(row)

    @display(description="Work")  # type: ignore[untyped-decorator]
    def motion_in_words(self, row: Work) -> str:
        return motion_of(row)[1]

    @display(description="Error")  # type: ignore[untyped-decorator]
    def error_in_words(self, row: Work) -> str:
        return row.error or "None"

    @admin.action(description="Look again at Bluum", permissions=["act"])
    def look_again(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        known = Q(due_at__isnull=False)
        if any(field.name == "bluum_id" for field in self.model._meta.fields):
            known |= Q(bluum_id__isnull=False)
        count = poke(request, rows.filter(known), "look again")
        self.message_user(request, _counted(count, "will be looked at again now"))

    @admin.action(description="Retry", permissions=["act"])
    def retry(self, request: HttpRequest, rows: QuerySet[Any]) -> None:
        count = poke(request, rows.filter(failing()), "retry work")
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, _counted(count, "will be tried again now"), level)


class OfClient(Rows):
    """Rows of one client each: found by the client's name, leading to the client's page."""

    list_select_related: Any = ("account",)
    search_fields: Any = ("account__name__istartswith",)
    search_help_text = "Start of a client’s name"

    @display(description="Client")  # type: ignore[untyped-decorator]
    def client(self, row: Any) -> str:
        return client_link(row.account)

    @display(description="State", ordering="status", label=LABELS)  # type: ignore[untyped-decorator]
    def state(self, row: Any) -> tuple[str, str]:
        return labelled(row)


class ClientRows(OfClient, WorkRows):
    """Rows of one client each that something still has to happen to."""

    @display(description="Amount", ordering="amount")  # type: ignore[untyped-decorator]
    def dollars(self, row: Any) -> str:
        return words.money(row.amount)


def failing() -> Q:
    """Stuck, or trying again after an error."""
    return Q(stuck_at__isnull=False) | (Q(due_at__isnull=False) & ~Q(error=""))


def motion_of(row: Work) -> tuple[str, str]:
    """How far a row is: a key to colour by, and words with the time of the next look."""
    if row.stuck_at:
        return "stuck", f"Stuck after {row.attempts} tries"
    if row.due_at is None:
        return "settled", "Settled"
    if row.error:
        return "trying again", f"Tried {row.attempts} times, next {_when(row.due_at)}"
    return "in motion", f"Next look {_when(row.due_at)}"


def _when(at: datetime) -> str:
    seconds = (at - timezone.now()).total_seconds()
    if seconds < 1:
        return "now"
    if seconds < 90:
        return f"in {seconds:.0f} s"
    if seconds < 5400:
        return f"in {seconds / 60:.0f} min"
    if seconds < 2 * 86400:
        return f"in {seconds / 3600:.0f} h"
    return f"in {seconds / 86400:.0f} days"


@transaction.atomic
def poke(request: HttpRequest, rows: Iterable[Any], action: str) -> int:
    """Bring these rows forward to now and write each into the trail. Returns how many."""
    count = 0
    for row in rows:
        row.poke()
        audit.record(action, request=request, target=row, account=account_of(row))
        count += 1
    return count


def account_of(row: Model) -> Any:
    """The account a row belongs to, or None when it belongs to nobody."""
    if row._meta.label == "accounts.Account":
        return row
    return getattr(row, "account", None)


def _counted(count: int, words: str) -> str:
    if not count:
        return "There was nothing to do for these."
    return f"{count} {'row' if count == 1 else 'rows'} {words}."


def back(request: HttpRequest, default: str) -> HttpResponse:
    """To the page the form was on, if it says one of ours."""
    from django.utils.http import url_has_allowed_host_and_scheme

    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return redirect(target)
    return redirect(default)
