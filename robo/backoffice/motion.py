"""Work in motion: everything of one client, and everything that is stuck, whatever its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Min, Q, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.views.decorators.http import require_GET, require_POST

from robo import work
from robo.backoffice.front import Sign
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import account_of, back, client_link, failing, motion_of, poke
from robo.backoffice.wanted import Some, read

CLIENT = "accounts.Account"
NEAR = timedelta(hours=1)
LATE = timedelta(minutes=5)
MOST = 200
"""Rows of one kind on the page. More than that is an outage, and the page says so."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row in motion, as pages show it."""

    kind: str
    label: str
    pk: int
    what: str
    client: str
    state: str
    words: str
    error: str
    since: Any
    can_retry: bool


def visible(model: type[work.Work], user: Any) -> QuerySet[Any]:
    """Rows of this kind that the person may see: a client's by the client, the rest by ability."""
    rows: Any = model._default_manager.all()
    found: QuerySet[Any]
    if hasattr(rows, "visible_to"):
        found = rows.visible_to(user)
        if model._meta.label != CLIENT:
            found = found.select_related("account")
        return found
    found = rows if can(user, Ability.INBOX) else rows.none()
    return found


def may_retry(model: type[work.Work], user: Any) -> bool:
    owned = hasattr(model._default_manager.all(), "visible_to")
    return can(user, Ability.ACT if owned else Ability.REPLAY)


@dataclass(frozen=True, slots=True)
class OfClient:
    """A client's work: what went wrong or is under way, and how many rows only rest until their
    next look."""

    jobs: list[Job]
    settled: int


def of_account(account: Any, user: Any) -> OfClient:
    """How this client's work stands. Two questions, however much there is."""
    kinds = {model._meta.label: model for model in work.kinds()}
    moving = _moving_of(account, user)
    counts = [
        rows.order_by()
        .select_related(None)
        .annotate(found_in=Value(model._meta.label))
        .values("found_in")
        .annotate(every=Count("pk"), failed=Count("pk", filter=failing()))
        .values_list("found_in", "every", "failed")
        for model, rows in moving.items()
    ]
    every, wanted = 0, {}
    for label, count, failed in counts[0].union(*counts[1:], all=True):
        model, every = kinds[label], every + count
        if model.work_background and failed:  # else a refresh is nobody's wish
            wanted[model] = Some(moving[model].filter(failing())[:MOST])
        elif count and not model.work_background:
            wanted[model] = Some(moving[model][:MOST])
    found = read(wanted)
    open_ = [row for rows in found.values() for row in rows if is_open(row)]
    for row in open_:
        if row._meta.label != CLIENT:
            row.account = account  # read already
    return OfClient(_in_order(open_, user), every - len(open_))


def every_row_of(account: Any, user: Any) -> list[Job]:
    """All of this client's rows that are looked at again some day."""
    rows = _rows({model._meta.label: rows for model, rows in _moving_of(account, user).items()})
    return _in_order(rows, user)


def is_open(row: work.Work) -> bool:
    """Whether it went wrong, or somebody's wish is still under way. Rows that don't say so
    themselves are, when the next look is near."""
    if row.stuck_at or row.error:
        return True
    settled = getattr(row, "is_settled", None)
    if settled is not None:
        return not settled
    return row.due_at is not None and row.due_at < timezone.now() + NEAR


def _moving_of(account: Any, user: Any) -> dict[type[work.Work], QuerySet[Any]]:
    moving = Q(due_at__isnull=False) | Q(stuck_at__isnull=False)
    mine: dict[type[work.Work], QuerySet[Any]] = {}
    for model in work.kinds():
        if model._meta.label == CLIENT:
            mine[model] = visible(model, user).filter(moving, pk=account.pk)
        elif hasattr(model, "account"):
            mine[model] = visible(model, user).filter(moving, account=account)
    return mine


def _in_order(rows: list[Any], user: Any) -> list[Job]:
    """Stuck first, then failing, then by the next look."""
    rows.sort(key=lambda row: (row.stuck_at is None, not row.error, row.due_at))
    return [_job(row, user) for row in rows]


def in_trouble(user: Any) -> Iterator[Job]:
    """Everything stuck or failing that the person may see, stuck first."""
    rows = _rows(
        {
            model._meta.label: visible(model, user).filter(failing()).order_by("stuck_at", "due_at")
            for model in work.kinds()
        }
    )
    rows.sort(key=lambda row: (row.stuck_at is None, row.first_tried_at or row.due_at))
    return (_job(row, user) for row in rows)


@dataclass(frozen=True, slots=True)
class Load:
    """How much is stuck, and how much should have been done `LATE` ago and was not, of all kinds;
    each with the moment since which its oldest row waits."""

    stuck: int
    stuck_since: Any
    late: int
    late_since: Any


def load(user: Any) -> Load:
    """Of what the person may see, in one question for all kinds."""
    stuck = Q(stuck_at__isnull=False)
    late = Q(stuck_at__isnull=True, due_at__lt=timezone.now() - LATE)
    sums = [
        visible(model, user)
        .select_related(None)
        .filter(stuck | late)
        .order_by()
        .annotate(found_in=Value(model._meta.label))
        .values("found_in")
        .annotate(
            stuck_rows=Count("pk", filter=stuck),
            stuck_since=Min("stuck_at"),
            late_rows=Count("pk", filter=late),
            late_since=Min("due_at", filter=late),
        )
        .values_list("stuck_rows", "stuck_since", "late_rows", "late_since")
        for model in work.kinds()
    ]
    found = list(sums[0].union(*sums[1:], all=True))  # a kind without any still has its row
    return Load(
        sum(row[0] for row in found),
        min((row[1] for row in found if row[1]), default=None),
        sum(row[2] for row in found),
        min((row[3] for row in found if row[3]), default=None),
    )


def sign(load: Load) -> Sign:
    """Whether the workers keep up, for the front page."""
    told = []
    if load.late:
        oldest = timesince(load.late_since, depth=1)
        told.append(f"{load.late} {'step waits' if load.late == 1 else 'steps wait'} for {oldest}")
    if load.stuck:
        told.append(f"{load.stuck} {'is' if load.stuck == 1 else 'are'} stuck")
    return Sign(
        "Work with Bluum",
        "Steps due over five minutes ago wait for a worker; stuck ones for a person",
        ", ".join(told) or "Nothing waits, nothing is stuck",
        "danger" if load.stuck else "warning" if load.late else "",
        reverse("admin:work"),
    )


def _rows(kinds: dict[str, QuerySet[Any]]) -> list[Any]:
    """The rows of each kind. Most kinds have none: one question tells which have any."""
    named = [
        found.order_by().select_related(None).annotate(found_in=Value(kind)).values_list("found_in")
        for kind, found in kinds.items()
    ]
    busy = {kind for (kind,) in named[0].union(*named[1:])}
    return [row for kind, found in kinds.items() if kind in busy for row in found[:MOST]]


def _job(row: Any, user: Any) -> Job:
    state, words = motion_of(row)
    return Job(
        kind=row._meta.label,
        label=str(row._meta.verbose_name).capitalize(),
        pk=row.pk,
        what=_what(row),
        client=client_link(account_of(row)),
        state=state,
        words=words,
        error=row.error,
        since=row.first_tried_at,
        can_retry=bool(row.stuck_at or row.error) and may_retry(type(row), user),
    )


def _what(row: Any) -> str:
    """Which row of its kind, without anybody's data: its status, else its number."""
    status = getattr(row, "get_status_display", lambda: "")()
    return f"{status} · {row.pk}" if status else str(row.pk)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """All stuck and failing work in one list; with `?client=`, all of one client's that is looked
    at again some day."""
    if not can(request.user, Ability.CLIENTS):
        raise Http404
    client = None
    if wanted := request.GET.get("client"):
        clients = visible(next(m for m in work.kinds() if m._meta.label == CLIENT), request.user)
        client = get_object_or_404(clients, pk=wanted if wanted.isdecimal() else None)
    user = request.user
    context = {
        **admin.site.each_context(request),
        "title": f"Work with Bluum for {client}" if client else "Work with Bluum",
        "client": client,
        "show_client": not client,
        "jobs": every_row_of(client, user) if client else list(in_trouble(user)),
        "most": MOST,
        "is_fullwidth": "1",
    }
    return render(request, "admin/backoffice/work.html", context)


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Bring forward the rows named `row`, such as `funding.Deposit:12`, that the person may see."""
    from django.contrib import messages

    kinds = {model._meta.label: model for model in work.kinds()}
    count = 0
    for name in request.POST.getlist("row")[:MOST]:
        label, _, pk = name.partition(":")
        model = kinds.get(label)
        if model is None or not pk.isdecimal() or not may_retry(model, request.user):
            raise Http404
        count += poke(request, visible(model, request.user).filter(failing(), pk=pk), "retry work")
    if count:
        messages.success(
            request, f"{count} {'row is' if count == 1 else 'rows are'} tried again now."
        )
    else:
        messages.warning(request, "Nothing to retry: it has moved on meanwhile.")
    return back(request, "admin:work")
