from celery import shared_task

from robo import work
from trading import sync
from trading.models import Desk, Market, Order, Quote


@shared_task
def advance_market(pk: int) -> None:
    work.take(Market, pk, sync.advance_market)


@shared_task
def advance_quote(pk: int) -> None:
    work.take(Quote, pk, sync.advance_quote)


@shared_task
def advance_order(pk: int) -> None:
    work.take(Order, pk, sync.advance_order)


@shared_task
def advance_desk(pk: int) -> None:
    work.take(Desk, pk, sync.advance_desk)
