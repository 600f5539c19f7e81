"""Where a deposit stands, as a sentence and as days: what the status page says."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone

from funding import calendar, limits, reasons
from funding.models import WIRE, Deposit
from portfolios.models import Investment
from robo import partner
from robo.ui import words

S = Deposit.Status
INVESTED = {Investment.Status.COMPLETED, Investment.Status.NOT_NEEDED}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline. `state` is done, now, late, note, or empty for what is to come."""

    title: str
    when: date | datetime | str | None = None
    state: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    headline: str
    lead: str
    steps: list[Step]
    next_step: str = ""
    bad: bool = False
    again: str = ""
    """Where the same can be asked for once more."""

    @property
    def said(self) -> str:
        return f"{self.headline} {self.lead}"


def investment_of(deposit: Deposit) -> Investment | None:
    return Investment.objects.filter(
        account_id=deposit.account_id, cause=f"deposit:{deposit.pk}"
    ).first()


def progress(deposit: Deposit, investment: Investment | None) -> Progress:
    """The answer sentence, what it means, and the days, for a deposit as we know it now."""
    amount = words.money(deposit.amount, deposit.currency)
    bank = str(deposit.bank) if deposit.bank else "your bank"
    plan = calendar.plan(deposit.days_from)
    if deposit.status in {S.FAILED, S.EXPIRED, S.REFUSED, S.CANCELED}:
        page = "funding:transfer" if deposit.is_by_hand else "funding:deposit"
        again = f"{reverse(page)}?amount={deposit.amount}"
        if deposit.method == WIRE:
            again += "&method=wire"
        return replace(_ended(deposit, amount, bank), again=again)
    if deposit.status == S.COMPLETED:
        return _arrived(deposit, investment, amount, bank)
    if deposit.is_by_hand:
        return _by_hand(deposit, amount)
    if deposit.is_held and not deposit.cancel_asked_at:
        return _waits_for_bank(deposit, amount, bank)
    if deposit.cancel_asked_at and deposit.status in {S.REQUESTED, S.PENDING}:
        headline = f"{amount} is being canceled."
        lead = "Nothing leaves your bank unless the bank run was faster. This page will say."
    else:
        headline = f"{amount} is on its way."
        lead = f"It’s invested by {words.day(plan.invested)}. There’s nothing more to do."
        if deposit.counted_from:
            before = calendar.plan(deposit.created_at).invested
            moved = f"instead of {words.day(before)}" if before != plan.invested else "as planned"
            lead = (
                "It waited for your bank and goes on now: invested by "
                f"{words.day(plan.invested)}, {moved}."
            )
        if not deposit.account.is_advised:
            lead = f"It’s here, as cash, by {words.day(plan.arrives)}."
        if deposit.cancel_asked_at:
            lead = f"It was too late to cancel: the bank had started it. {lead}"
    return Progress(headline, lead, _open_steps(deposit, plan, bank))


def _begun(deposit: Deposit, bank: str) -> Step:
    if deposit.schedule_id:
        return Step("Auto-invest asked for it", deposit.created_at, "done", f"From {bank}.")
    detail = f"{words.clock(deposit.created_at)}. From {bank}."
    if deposit.is_by_hand:
        detail = "Nothing is pulled from your bank."
    return Step("We’ve got it", deposit.created_at, "done", detail)


def _waits_for_bank(deposit: Deposit, amount: str, bank: str) -> Progress:
    """Nothing was sent yet; it goes on once the bank is connected again."""
    detail = "Connect it again and this goes on by itself. The days count from then."
    steps = [
        _begun(deposit, bank),
        Step(f"Waiting for {bank}", deposit.held_at, "now late", detail),
    ]
    until = words.day(deposit.created_at + limits.WAITS_FOR_BANK)
    lead = f"{bank} has to be connected again first. Nothing was taken. It waits until {until}."
    return Progress(f"{amount} waits for your bank.", lead, steps)


def _by_hand(deposit: Deposit, amount: str) -> Progress:
    """A transfer that the person sends: until it is seen, it is their turn."""
    steps = [_begun(deposit, "your bank")]
    wire = deposit.method == WIRE
    if deposit.cancel_asked_at and deposit.status in {S.REQUESTED, S.PENDING}:
        steps.append(Step("Canceling", deposit.cancel_asked_at, "now"))
        lead = "Don’t send it anymore. What you have sent already goes back to your bank."
        return Progress(f"Your {amount} transfer is being canceled.", lead, steps)
    if deposit.status == S.REQUESTED:
        steps.append(Step("Getting the reference", None, "now", "It takes a few seconds."))
        lead = "In a moment this page says where to send it."
        return Progress(f"Your {amount} transfer is being prepared.", lead, steps)
    if deposit.status == S.PENDING:
        until = words.day(deposit.expires_at) if deposit.expires_at else ""
        steps.append(Step("You send it", None, "now", "With the reference in the memo."))
        took = (
            "On the bank day you send it, or the one after."
            if wire
            else "1 to 5 bank days after you send it."
        )
        steps.append(Step("Arrives with us", None, "", took))
        if deposit.expires_at:
            steps.append(Step("Lapses if nothing came", deposit.expires_at))
        lead = "Send it from your own bank" + (f"; it has to be here by {until}." if until else ".")
        return Progress(f"Now send {amount} from your bank.", lead, steps)
    steps.append(Step("We’ve seen it", _seen(deposit), "done"))
    steps.append(Step("Being cleared", None, "now", "Your bank still has to confirm it."))
    steps.append(Step("Invested", None, "", "On the market day after it has cleared."))
    return Progress(f"Your {amount} has reached us.", "There’s nothing more to do.", steps)


def _open_steps(deposit: Deposit, plan: calendar.Plan, bank: str) -> list[Step]:
    steps = [_begun(deposit, bank)]
    now, today = timezone.now(), timezone.now().astimezone(calendar.NEW_YORK).date()
    late = today > plan.arrives
    over = _days_late(plan.arrives, today)
    if deposit.counted_from and deposit.held_at:
        steps.append(Step("Waited for your bank", deposit.held_at, "done"))
    if deposit.status in {S.REQUESTED, S.PENDING} and late and not deposit.cancel_asked_at:
        detail = (
            f"It should have arrived on {words.day(plan.arrives)}, and the bank run hasn’t taken "
            "it yet. Nothing is lost; we keep asking. You can still cancel."
        )
        return [*steps, Step(f"{over} later than planned", plan.arrives, "now late", detail)]
    if deposit.status in {S.REQUESTED, S.PENDING}:
        if deposit.cancel_asked_at:
            steps.append(Step("Canceling", deposit.cancel_asked_at, "now"))
        else:
            can = (
                f"You can still cancel, until about {words.clock(plan.cancel_until)} "
                f"{words.zone()} on {words.day(plan.starts)}. The bank may start sooner."
                if now < plan.cancel_until
                else "You can still cancel, as long as this line is here."
            )
            steps.append(Step("Waiting for the bank run", "Today", "now", can))
        steps.append(Step("Leaves your bank", plan.leaves, "", _shown_as()))
        steps.append(Step("Arrives with us", plan.arrives))
    elif deposit.status == S.PROCESSING:
        if late:
            detail = (
                "Your bank hasn’t confirmed yet. Nothing is lost; we keep asking and write to "
                "you as soon as we know."
            )
            steps.append(Step(f"{over} later than planned", plan.arrives, "now late", detail))
            return steps
        steps.append(Step("Leaving your bank", _seen(deposit), "now", _shown_as()))
        steps.append(Step("Arrives with us", plan.arrives))
    else:
        steps.append(Step("Left your bank", deposit.initiated_at or deposit.created_at, "done"))
        detail = "Your bank still has to confirm it."
        at = deposit.received_at or _seen(deposit)
        if late:
            detail = f"Your bank still has to confirm it, {over.lower()} later than planned."
        steps.append(Step("Here, being cleared", at, "now late" if late else "now", detail))
        if late:
            return steps
    goes_on = not deposit.cancel_asked_at or deposit.status not in {S.REQUESTED, S.PENDING}
    if goes_on and deposit.account.is_advised:
        steps.append(Step("Invested", plan.invested, "", _by_close(plan.invested)))
    if goes_on:
        steps.append(Step("You can withdraw it", limits.free_on(deposit)))
    return with_closed_days(steps)


def _days_late(planned: date, today: date) -> str:
    """How late it is in bank days, as words: 1 bank day."""
    count, day = 0, planned
    while day < today:
        day = calendar.next_bank_day(day)
        count += day <= today
    return f"{max(count, 1)} bank day{'s' if count > 1 else ''}"


def _arrived(deposit: Deposit, investment: Investment | None, amount: str, bank: str) -> Progress:
    at = deposit.completed_at or deposit.created_at
    steps = [_begun(deposit, bank), Step("Arrived", at, "done", f"{words.clock(at)}.")]
    if not deposit.account.is_advised:
        return Progress(f"{amount} has arrived.", "It’s in your account as cash.", steps)
    if investment and investment.status in INVESTED:
        done = investment.completed_at or at
        already = investment.status == Investment.Status.NOT_NEEDED
        detail = "It was put to work right away." if already else ""
        steps.append(Step("Invested", done, "done", detail))
        return Progress(
            f"{amount} has arrived and is invested.", "See it in your portfolio.", steps
        )
    if investment and investment.status == Investment.Status.FAILED:
        steps.append(Step("Not invested yet", None, "now late", "It’s in your account as cash."))
        lead = "It couldn’t be invested. It’s safe, as cash; we’re looking into it."
        return Progress(f"{amount} has arrived.", lead, steps)
    if investment and investment.status == Investment.Status.WAITING:
        detail = "As soon as your policy is signed and active."
        steps.append(Step("Being invested", None, "now", detail))
        return Progress(f"{amount} has arrived.", "It’s invested next.", steps)
    if investment is None:  # came in before we kept books on this account
        return Progress(f"{amount} has arrived.", "See it in your portfolio.", steps)
    steps.append(Step("Being invested", None, "now", "Orders are with the market."))
    return Progress(f"{amount} has arrived.", "It’s being invested now.", steps)


def _ended(deposit: Deposit, amount: str, bank: str) -> Progress:
    steps = [_begun(deposit, bank)]
    at = deposit.settled_at or deposit.created_at
    if deposit.completed_at:
        steps.append(Step("Arrived", deposit.completed_at, "done"))
    if deposit.status == S.CANCELED:
        steps.append(Step("Canceled", at, "done", f"Nothing left {bank}."))
        lead = f"Nothing leaves {bank}. Your auto-invest and other deposits aren’t touched."
        return Progress(f"Your {amount} deposit is canceled.", lead, steps)
    if deposit.status == S.REFUSED:
        steps.append(Step("Not accepted", at, "now late"))
        headline = f"Your {amount} deposit wasn’t accepted."
        lead = f"{deposit.failure_reason} Nothing was taken from {bank}."
        return Progress(headline, lead, steps, bad=True)
    if deposit.status == S.EXPIRED:
        steps.append(Step("Lapsed", at, "now late"))
        lead = "No money arrived in time, so we closed the request."
        return Progress(f"Your {amount} deposit has lapsed.", lead, steps, bad=True)
    reason = reasons.of_failure(deposit.failure_reason)
    if deposit.was_returned:
        steps.append(Step("Taken back by your bank", at, "now late"))
        lead = (
            f"It had arrived, and was returned. {reason.sentence} If it was already invested, "
            "some of what was bought may be sold to give it back."
        )
        return Progress(f"Your bank took {amount} back.", lead, steps, reason.next_step, bad=True)
    steps.append(Step("Didn’t go through", at, "now late"))
    headline = f"Your {amount} deposit didn’t go through."
    lead = f"{reason.sentence} No money reached your account."
    return Progress(headline, lead, steps, reason.next_step, bad=True)


def _seen(deposit: Deposit) -> datetime:
    """When the present state was first seen."""
    events = [event.at for event in deposit.events.all() if event.status == deposit.status]
    return events[-1] if events else deposit.created_at


def _shown_as() -> str:
    return f"Shown there with a name like “{partner.current().legal_name.removesuffix('.')}”."


def _by_close(day: date) -> str:
    closes = calendar.closes_at(day)
    at = datetime.combine(day, closes, calendar.NEW_YORK)
    early = ", when markets close early" if closes == calendar.MARKET_CLOSES_EARLY else ""
    return f"By {words.clock(at)} {words.zone()}{early}. We’ll write to you."


def with_closed_days(steps: list[Step]) -> list[Step]:
    """Holidays between the days still to come, in their place."""
    coming = [_day(step) for step in steps if _is_coming(step)]
    if not coming:
        return steps
    notes = [
        Step(closed.name, closed.day, "note", closed.sentence)
        for closed in calendar.closed_between(min(coming), max(coming))
    ]
    fixed = [step for step in steps if not _is_coming(step)]
    later = [step for step in steps if _is_coming(step)] + notes
    return fixed + sorted(later, key=_day)


def _is_coming(step: Step) -> bool:
    return not step.state and isinstance(step.when, date)


def _day(step: Step) -> date:
    assert isinstance(step.when, date)
    return step.when
