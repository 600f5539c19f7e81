"""Orders: sent once, followed until they end, adopted when they were given elsewhere."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.services import tell
from funding.models import Wallet
from robo import clients
from robo.bluum import KeyInUse, Refused, every
from robo.bluum.trading import Order as Remote
from trading import told
from trading.hours import hours
from trading.models import ZERO, Desk, Market, Order, OrderEvent

S = Order.Status
REMOTE_OPEN = (S.ACCEPTED, S.PARTIALLY_FILLED)
GIVE_UP = timedelta(hours=1)
"""An order that couldn't be sent for so long isn't what the person wanted any more."""


def advance_order(order: Order) -> timedelta | None:
    """Send the order if Bluum doesn't have it yet; otherwise see what became of it."""
    account = order.account
    if not account.bluum_id or not account.is_active:
        _settle_here(order.pk, S.REFUSED, "Your account isn’t open for trading.")
        return None
    if order.bluum_id:
        remote = clients.bluum().orders.retrieve(order.bluum_id)
    else:
        sent = _send(order)
        if sent is None:
            return None
        remote = sent
    if order.cancel_asked_at and remote.status in REMOTE_OPEN:
        remote = _cancel(account.bluum_id, remote)
    applied = apply_order(order.pk, remote)
    return None if applied.is_settled else _next_look(applied)


def _send(order: Order) -> Remote | None:
    """The order as Bluum has it, or None if it is settled here: refused, or canceled unsent.

    `sent_at` is written before the first request; every later try looks for the order first.
    """
    account_id = order.account.bluum_id or ""
    first = Order.objects.filter(pk=order.pk, sent_at=None, cancel_asked_at=None).update(
        sent_at=timezone.now()
    )
    if not first:
        order.refresh_from_db(fields=["sent_at", "cancel_asked_at"])
        if order.sent_at and (found := _find(account_id, order)):
            return found
        if order.cancel_asked_at:
            _settle_here(order.pk, S.CANCELED, "")
            return None
        if order.sent_at and timezone.now() - order.sent_at > GIVE_UP:
            said = "We couldn’t reach the market for an hour, so we didn’t send it any more."
            _settle_here(order.pk, S.REFUSED, said)
            return None
    try:
        return clients.bluum().orders.create(
            account_id,
            symbol=order.symbol,
            side=order.side,
            type=order.type,
            time_in_force=order.time_in_force,
            qty=order.quantity,
            notional=order.notional,
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            trail_percent=order.trail_percent,
            trail_price=order.trail_price,
            client_order_id=str(order.key),
            commission=order.commission,
            commission_type=order.commission_type or None,
            idempotency_key=order.key,
        )
    except KeyInUse:
        if found := _find(account_id, order):
            return found
        raise
    except Refused as problem:
        if found := _find(account_id, order):
            return found
        _settle_here(order.pk, S.REFUSED, told.of_refusal(problem))
        return None


def _find(account_id: str, order: Order) -> Remote | None:
    """Our order among those that Bluum has, by the id we gave it."""
    listed = every(clients.bluum().orders.list, account_id, symbol=order.symbol)
    return next((one for one in listed if one.client_order_id == str(order.key)), None)


def _cancel(account_id: str, remote: Remote) -> Remote:
    """Canceled at Bluum, or as it stands if the market was faster."""
    try:
        return clients.bluum().orders.cancel(account_id, remote.id)
    except Refused:
        return clients.bluum().orders.retrieve(remote.id)


def _next_look(order: Order) -> timedelta:
    """Seconds while it is fresh, minutes later, and at the opening if it waits for that. Webhooks
    bring it forward."""
    newest = order.events.last()
    age = timezone.now() - (newest.at if newest else order.created_at)
    if order.cancel_asked_at or age < timedelta(minutes=2):
        return timedelta(seconds=3)
    usual = timedelta(seconds=30) if age < timedelta(hours=1) else timedelta(minutes=5)
    now = hours(Market.objects.filter(is_open__isnull=False).first())
    if now.is_open:
        return usual
    until = now.changes_at - timezone.now() + timedelta(seconds=5)
    return min(max(until, timedelta(seconds=5)), timedelta(hours=1))


# Writing down what we learned -------------------------------------------------------------------


@transaction.atomic
def apply_order(pk: int, remote: Remote) -> Order:
    """Write what Bluum says about this order and act on a change."""
    order: Order = Order.objects.select_for_update(of=("self",)).get(pk=pk)
    if order.bluum_id not in (None, remote.id):
        raise ValueError("Another order's answer")
    before, filled_before = order.status, order.filled_quantity
    order.bluum_id = remote.id
    if remote.status in S.values:  # a word we don't know settles nothing
        order.status = remote.status
    elif order.status == S.REQUESTED:
        order.status = S.ACCEPTED
    order.filled_quantity = max(remote.filled_qty or ZERO, filled_before)
    if order.filled_quantity:
        order.average_price = remote.average_price or order.average_price
    order.reason = (remote.reject_reason or "")[:300] if remote.status == S.REJECTED else ""
    order.submitted_at = remote.submitted_at or order.submitted_at
    ended = remote.filled_at or remote.canceled_at
    if order.is_settled:
        order.settled_at = order.settled_at or ended or timezone.now()
    order.save()
    if order.status != before or order.filled_quantity != filled_before:
        OrderEvent.objects.create(
            order=order,
            status=order.status,
            filled_quantity=order.filled_quantity,
            average_price=order.average_price,
            at=_happened_at(order, remote),
        )
        _act(order)
        Desk.objects.filter(account_id=order.account_id).poke()
        Wallet.objects.filter(account_id=order.account_id).poke()
    return order


def _happened_at(order: Order, remote: Remote) -> datetime:
    known = {
        S.ACCEPTED: remote.submitted_at,
        S.FILLED: remote.filled_at,
        S.CANCELED: remote.canceled_at,
    }
    return known.get(S(order.status)) or timezone.now()


def _act(order: Order) -> None:
    """Tell the person how it ended."""
    found = told.ending(order)
    if found:
        title, body = found
        tell(
            account=order.account,
            key=f"order:{order.pk}:{order.status}",
            topic="portfolio",
            title=title[:120],
            body=body[:400],
            url=reverse("trading:order", args=[order.pk]),
        )


@transaction.atomic
def _settle_here(pk: int, status: Order.Status, sentence: str) -> None:
    """End an order that Bluum doesn't have."""
    order = Order.objects.select_for_update(of=("self",)).get(pk=pk)
    if order.bluum_id or order.is_settled:
        return
    order.status, order.reason, order.settled_at = status, sentence, timezone.now()
    order.save(update_fields=["status", "reason", "settled_at"])
    OrderEvent.objects.create(order=order, status=status)
    _act(order)


# Orders given elsewhere -------------------------------------------------------------------------


def adopt_orders(account: Account, *, history: bool) -> None:
    """Orders that Bluum has: known ones are brought forward if they differ, others taken in.

    `history` is for our first look at an account: nobody is told of what was there already.
    """
    rows = Order.objects.filter(account=account).values_list("pk", "bluum_id", "key", "status")
    known = {bluum_id: (pk, status) for pk, bluum_id, _, status in rows if bluum_id}
    sent = {str(key): pk for pk, bluum_id, key, _ in rows if not bluum_id}
    for remote in every(clients.bluum().orders.list, account.bluum_id or ""):
        if remote.id in known:
            pk, status = known[remote.id]
            if status != remote.status and remote.status in S.values:
                Order.objects.filter(pk=pk).poke()
        elif remote.client_order_id in sent:
            Order.objects.filter(pk=sent[remote.client_order_id]).poke()
        else:
            _adopt(account, remote, history=history)


@transaction.atomic
def _adopt(account: Account, remote: Remote, *, history: bool) -> None:
    if bool(remote.qty) == bool(remote.notional) and not remote.qty:
        return  # of no size that we could keep
    begun = remote.submitted_at or timezone.now()
    order, created = Order.objects.get_or_create(
        bluum_id=remote.id,
        defaults={
            "account": account,
            "symbol": remote.symbol,
            "side": remote.side,
            "type": remote.type or Order.Type.MARKET,
            "time_in_force": remote.time_in_force or Order.Tif.DAY,
            "quantity": remote.qty or None,
            "notional": None if remote.qty else remote.notional,
            "limit_price": remote.limit_price,
            "stop_price": remote.stop_price,
            "trail_percent": remote.trail_percent,
            "trail_price": remote.trail_price,
            "commission": remote.commission,
            "commission_type": remote.commission_type or "",
            "created_at": begun,
            "sent_at": begun,
            "due_at": None,
        },
    )
    if not created:
        return
    if history:
        _write_history(order, remote)
    elif not apply_order(order.pk, remote).is_settled:
        order.poke()


def _write_history(order: Order, remote: Remote) -> None:
    if remote.status in S.values:
        order.status = remote.status
    order.filled_quantity = remote.filled_qty or ZERO
    order.average_price = remote.average_price if order.filled_quantity else None
    order.submitted_at = remote.submitted_at
    order.settled_at = (remote.filled_at or remote.canceled_at) if order.is_settled else None
    order.save()
    OrderEvent.objects.create(
        order=order,
        status=order.status,
        filled_quantity=order.filled_quantity,
        average_price=order.average_price,
        at=_happened_at(order, remote),
    )
    if not order.is_settled:
        order.poke()
