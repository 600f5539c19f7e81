"""What trading tells home and the ledger: to do, to come, done, held."""

from collections.abc import Iterator

from django.db.models import prefetch_related_objects
from django.urls import reverse

from accounts.models import Account
from robo import agenda
from robo.agenda import Item
from trading import told
from trading.estimate import paid
from trading.models import ZERO, Order, Position

S = Order.Status


def orders_of(account: Account) -> list[Order]:
    """Newest first, read once for this account object, so once for a page."""
    if account.is_advised:
        return []
    prefetch_related_objects([account], "orders")
    return list(account.orders.all())


def positions_of(account: Account) -> list[Position]:
    if account.is_advised:
        return []
    prefetch_related_objects([account], "positions")
    return list(account.positions.all())


@agenda.upcoming
def orders_that_wait(account: Account) -> Iterator[Item]:
    for order in orders_of(account):
        if order.is_settled:
            continue
        yield Item(
            told.title(order),
            detail=f"{order.get_status_display()}. {told.terms(order)}.",
            url=reverse("trading:order", args=[order.pk]),
            status=order.status,
            kind="order",
        )


@agenda.activity
def orders_that_ended(account: Account) -> Iterator[Item]:
    for order in orders_of(account):
        url, at = reverse("trading:order", args=[order.pk]), order.settled_at or order.created_at
        if order.filled_quantity:
            amount = order.filled_amount
            signed = -(amount + paid(order)) if order.is_buy else amount - paid(order)
            past = "Bought" if order.is_buy else "Sold"
            yield Item(
                f"{past} {told.in_shares(order.filled_quantity)} of {order.symbol}",
                at=at,
                detail=f"{told.exact(order.average_price)} a share on average",
                url=url,
                amount=signed,
                status=order.status,
                kind="order",
            )
        elif order.is_settled:
            yield Item(
                f"{told.title(order)}: {str(order.get_status_display()).lower()}",
                at=at,
                detail="Nothing was traded.",
                url=url,
                status=order.status,
                kind="order",
            )


@agenda.held
def positions_held(account: Account) -> Iterator[Item]:
    rows = positions_of(account)
    if rows:
        value = sum((row.value or ZERO for row in rows), ZERO)
        yield Item("Held with us", amount=value, at=rows[0].price_at)
