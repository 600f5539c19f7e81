"""Where a withdrawal stands, as a sentence and as days: what its page says."""

from datetime import datetime

from django.utils import timezone

from funding import calendar, reasons
from funding.models import Withdrawal
from funding.progress import Progress, Step, with_closed_days
from robo.ui import words

S = Withdrawal.Status


def leaving(withdrawal: Withdrawal) -> Progress:
    """The answer sentence, what it means, and the days, as we know them now."""
    amount = words.money(withdrawal.amount, withdrawal.currency)
    bank = str(withdrawal.bank) if withdrawal.bank else "your bank"
    sells = withdrawal.may_sell or withdrawal.sold_at is not None
    way = calendar.way_out(withdrawal.created_at, sells=sells, wire=withdrawal.is_wire)
    if withdrawal.status in {S.REFUSED, S.CANCELED, S.FAILED}:
        return _ended(withdrawal, amount, bank)
    if withdrawal.status == S.COMPLETED:
        at = withdrawal.completed_at or withdrawal.created_at
        steps = [_begun(withdrawal, bank), *_sold(withdrawal)]
        steps.append(Step("At your bank", at, "done", f"{words.clock(at)}. {bank}."))
        lead = "It’s in your bank account. Some banks show it a little later."
        return Progress(f"{amount} is at your bank.", lead, steps)
    if withdrawal.cancel_asked_at and withdrawal.status in {*Withdrawal.UNSENT, S.PENDING}:
        lead = "Nothing is sent to your bank unless the bank run was faster. This page will say."
        headline = f"{amount} is being canceled."
    else:
        headline = f"{amount} is on its way to you."
        lead = f"It’s at {bank} by {words.day(withdrawal.expected_on or way.latest)}."
        if withdrawal.cancel_asked_at:
            lead = f"It was too late to cancel: the bank had started it. {lead}"
    return Progress(headline, lead, _open_steps(withdrawal, way))


def _begun(withdrawal: Withdrawal, bank: str) -> Step:
    at = withdrawal.created_at
    return Step("We’ve got it", at, "done", f"{words.clock(at)}. To {bank}.")


def _sold(withdrawal: Withdrawal) -> list[Step]:
    if withdrawal.sold_at is None:
        return []
    return [Step("Sold what was needed", withdrawal.sold_at, "done")]


def _open_steps(withdrawal: Withdrawal, way: calendar.WayOut) -> list[Step]:
    bank = str(withdrawal.bank) if withdrawal.bank else "your bank"
    steps = [_begun(withdrawal, bank)]
    arrival = withdrawal.expected_on or way.latest
    late = timezone.now().astimezone(calendar.NEW_YORK).date() > arrival
    if withdrawal.cancel_asked_at and withdrawal.status in {*Withdrawal.UNSENT, S.PENDING}:
        return [*steps, Step("Canceling", withdrawal.cancel_asked_at, "now")]
    if withdrawal.status in Withdrawal.UNSENT:
        if withdrawal.may_sell:
            title = "Being sold" if withdrawal.sold_at else "Waiting for the market"
            steps.append(Step(title, way.sold, "now", "You can still cancel."))
            if way.settled:
                steps.append(Step("The sale’s money settles", way.settled))
        else:
            steps.append(Step("Waiting for the bank run", way.starts, "now", _can(way)))
        steps.append(Step("Sent to your bank", way.starts))
    else:
        steps += _sold(withdrawal)
        if withdrawal.status == S.PENDING:
            steps.append(Step("Waiting for the bank run", way.starts, "now", _can(way)))
            steps.append(Step("Sent to your bank", way.starts))
        elif late:
            detail = "Your bank hasn’t confirmed yet. Nothing is lost; we keep asking."
            steps.append(Step("Later than usual", arrival, "now late", detail))
        else:
            at = withdrawal.submitted_at or _seen(withdrawal)
            title = "At the bank" if withdrawal.status == S.SUBMITTED else "Being sent"
            steps.append(Step(title, at, "now", "It can’t be canceled any more."))
    if not late:
        between = f"As early as {words.day(way.earliest)}." if way.earliest < arrival else ""
        steps.append(Step("At your bank by", arrival, "", between))
    return with_closed_days(steps)


def _can(way: calendar.WayOut) -> str:
    if timezone.now() >= way.cancel_until:
        return "You can still cancel, as long as this line is here."
    return (
        f"You can still cancel, until about {words.clock(way.cancel_until)} {words.zone()} on "
        f"{words.day(way.starts)}. The bank may start sooner."
    )


def _ended(withdrawal: Withdrawal, amount: str, bank: str) -> Progress:
    at = withdrawal.settled_at or withdrawal.created_at
    steps = [_begun(withdrawal, bank), *_sold(withdrawal)]
    if withdrawal.status == S.CANCELED:
        steps.append(Step("Canceled", at, "done", "Nothing was sent to your bank."))
        lead = "Nothing was sent to your bank."
        if withdrawal.sold_at:
            lead += " What was sold for it is invested again."
        return Progress(f"Your {amount} withdrawal is canceled.", lead, steps)
    if withdrawal.status == S.REFUSED:
        steps.append(Step("Not possible", at, "now late"))
        lead = f"{withdrawal.failure_reason} Nothing was sent to your bank."
        next_step = ""
        if withdrawal.bank and withdrawal.bank.needs_repair:
            next_step = f"Connect {bank} again, or choose another bank. Then withdraw again."
        if withdrawal.sold_at:
            lead += " What was sold for it is in your account as cash, and stays cash."
            next_step = next_step or "Withdraw again: the cash is there, so nothing more is sold."
        headline = f"Your {amount} withdrawal wasn’t possible."
        return Progress(headline, lead, steps, next_step, bad=True)
    reason = reasons.of_failed_payout(withdrawal.failure_reason)
    lead = f"{reason.sentence} The money is back in your account as cash."
    if withdrawal.was_returned:
        steps.append(Step("At your bank", withdrawal.completed_at, "done"))
        steps.append(Step("Sent back by your bank", at, "now late"))
        headline = f"Your bank sent {amount} back."
    else:
        steps.append(Step("Didn’t go through", at, "now late"))
        headline = f"Your {amount} withdrawal didn’t go through."
    return Progress(headline, lead, steps, reason.next_step, bad=True)


def _seen(withdrawal: Withdrawal) -> datetime:
    """When the present state was first seen."""
    events = [event.at for event in withdrawal.events.all() if event.status == withdrawal.status]
    return events[-1] if events else withdrawal.created_at
