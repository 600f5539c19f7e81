"""Someone says yes to sales; staff stop trading and let it go on."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, Topic, User
from accounts.services import sign, tell
from portfolios.models import Investment, Portfolio, TradingHalt
from portfolios.rebalancing import sold_of, statement_of, stopped, text_for
from robo import audit, partner


class CannotRebalance(Exception):
    """In words for whoever asked."""


@transaction.atomic
def request_rebalance(
    *, account: Account, by: User, key: UUID, shown: dict[str, Any], reason: str = "",
    ip: str = "", user_agent: str = "",
) -> Investment:  # fmt: skip
    """Write down the yes to these trades. The same key is the same yes. An investor signs the words
    they were shown, from `ip`; an adviser gives a `reason`.

    `shown` is what the person saw: trades, tax, at. Raises CannotRebalance while a run of trades
    is on its way, trading is stopped or the account is being closed.
    """
    Portfolio.objects.select_for_update().get(account=account)
    cause = f"rebalance:{key}"
    found: Investment | None = Investment.objects.filter(account=account, cause=cause).first()
    if found:
        return found
    if by.pk == account.user_id and not partner.current().advice.clients_rebalance:
        raise CannotRebalance("Your adviser decides on sales. Write to them if you want one.")
    if why := stopped(account):
        raise CannotRebalance(why)
    if Investment.objects.filter(account=account, status__in=Investment.IN_MOTION).exists():
        raise CannotRebalance("Something is being traded right now. Look again when it is done.")
    if TradingHalt.objects.of(account).exists():
        raise CannotRebalance("Trading is stopped at the moment. We write when it goes on.")
    signature = None
    if by.pk == account.user_id:
        signature = sign(
            account=account,
            slug="rebalance",
            version=f"{timezone.localdate():%Y-%m-%d}",
            title="Agreement to a rebalance",
            body=text_for(shown, key),
            kind="rebalance",
            statement=statement_of(shown),
            ip=ip,
            user_agent=user_agent,
        )
    made: Investment = Investment.objects.create(
        account=account,
        cause=cause,
        amount=sold_of(shown),
        asked_by=by,
        signature=signature,
        agreed={**shown, "agreed_at": timezone.now().isoformat(), "reason": reason},
    )
    audit.record("agree to rebalance", actor=by, target=made, account=account, reason=reason)
    if by.pk != account.user_id:
        tell(
            account=account,
            key=f"investment:{made.pk}:asked",
            title="Your adviser is bringing your portfolio back to target",
            body=f"{reason} You see every trade and what it means for your taxes when it is done.",
            url="/portfolio/history/",
            topic=Topic.PORTFOLIO,
        )
    made.enqueue()
    return made


@transaction.atomic
def start_halt(*, by: User, reason: str, account: Account | None = None) -> TradingHalt:
    """Stop our trading, for one account or everyone. Who is concerned is told within the hour."""
    halt = TradingHalt.objects.create(account=account, reason=reason, started_by=by)
    audit.record("stop trading", actor=by, target=halt, account=account, reason=reason)
    halt.enqueue()
    return halt


@transaction.atomic
def end_halt(*, halt: TradingHalt, by: User) -> TradingHalt:
    """Let trading go on; what waited goes on by itself, and everyone is told."""
    halt = TradingHalt.objects.select_for_update().get(pk=halt.pk)
    if halt.ended_at is None:
        halt.ended_at, halt.ended_by, halt.told_up_to = timezone.now(), by, 0
        halt.save(update_fields=["ended_at", "ended_by", "told_up_to"])
        audit.record("resume trading", actor=by, target=halt, account=halt.account)
        TradingHalt.objects.filter(pk=halt.pk).poke()
        waiting = Investment.objects.filter(status=Investment.Status.WAITING)
        if halt.account_id:
            waiting = waiting.filter(account_id=halt.account_id)
        waiting.poke()
    return halt
