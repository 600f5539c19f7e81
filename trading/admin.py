"""What advisors see of orders and positions of those who trade themselves."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from unfold.decorators import display

from accounts.models import Account
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.rows import LABELS, ClientRows, QueueFilter, when
from trading import told
from trading.models import ZERO, Desk, Order, Position

RECENTLY = timedelta(days=30)


@admin.register(Order)
class OrderAdmin(ClientRows):
    list_display = ("created_at", "client", "what", "terms", "state", "reason", "motion")
    list_filter = (QueueFilter, "status", "side", "type")
    list_select_related = ("account",)
    search_fields = ("account__name__istartswith", "symbol__iexact", "bluum_id__exact")
    search_help_text = "Start of a client’s name, a symbol, or Bluum’s id"
    fields = (
        "client",
        "what",
        "terms",
        "status",
        "reason",
        "filled_quantity",
        "average_price",
        "told",
        "reference",
        "bluum_id",
        "created_at",
        "sent_at",
        "submitted_at",
        "cancel_asked_at",
        "settled_at",
        "timeline",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Order")  # type: ignore[untyped-decorator]
    def what(self, row: Order) -> str:
        return told.title(row)

    @display(description="Terms")  # type: ignore[untyped-decorator]
    def terms(self, row: Order) -> str:
        return told.terms(row)

    @display(description="Reference")  # type: ignore[untyped-decorator]
    def reference(self, row: Order) -> str:
        return row.reference

    @display(description="Timeline")  # type: ignore[untyped-decorator]
    def timeline(self, row: Order) -> str:
        lines = format_html_join(
            "",
            "<li>{}, {} filled <span>{}</span></li>",
            (
                (
                    capfirst(e.status.replace("_", " ")),
                    told.count(e.filled_quantity),
                    when(e.at),
                )
                for e in row.events.all()
            ),
        )
        return format_html('<ol class="events">{}</ol>', lines)


@client.section(
    "trading",
    "Trading",
    order=30,
    kind="self_directed",
    rows=lambda account: {
        "positions": Some(Position.objects.filter(account=account)),
        "open_orders": Some(Order.objects.filter(account=account).open()),
        "orders": Some(Order.objects.filter(account=account)[:12]),
        "desks": Some(Desk.objects.filter(account=account)),
    },
)
def trading(
    account: Account,
    user: Any,
    positions: list[Position],
    open_orders: list[Order],
    orders: list[Order],
    desks: list[Desk],
) -> dict[str, Any]:
    known = [row.value for row in positions if row.value is not None]
    return {
        "positions": positions,
        "worth": sum(known, ZERO) if len(known) == len(positions) else None,
        "cash": getattr(account, "wallet", None),
        "open": len(open_orders),
        "as_of": desks[0].refreshed_at if desks else None,
        "orders": [
            {
                "row": row,
                "what": told.title(row),
                "terms": told.terms(row),
                "tone": LABELS.get(row.status, ""),
            }
            for row in orders
        ],
    }


queues.announce(
    queues.Queue(
        "failed-orders",
        "Orders not carried out",
        Order,
        lambda rows: rows.filter(
            status__in=[Order.Status.REJECTED, Order.Status.REFUSED],
            created_at__gt=timezone.now() - RECENTLY,
        ),
        since="created_at",
        order=42,
        help="Not accepted or rejected; given in the past 30 days",
    )
)
