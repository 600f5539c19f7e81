"""A run that was missed: three ways on, each with what it does to the goal it was meant for."""

from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone

from funding import rhythm, told
from funding.models import Schedule, ScheduledRun
from portfolios import outlook
from portfolios.models import Goal
from portfolios.projecting import footing_of
from robo.ui import words


@dataclass(frozen=True, slots=True)
class Offer:
    """`chance` is in 100 futures; None where no goal can be projected."""

    answer: str
    title: str
    text: str
    chance: int | None


@dataclass(frozen=True, slots=True)
class CatchUp:
    run: ScheduledRun
    why: str
    goal: Goal | None
    offers: list[Offer]


def catch_up(run: ScheduledRun) -> CatchUp:
    """The first goal by priority is the one that is looked at, on the same futures each time."""
    schedule, amount = run.schedule, run.amount
    more = rhythm.spread(amount)
    goal, chances = _chances(schedule, amount, more)
    answers = ScheduledRun.Answer
    offers = [
        Offer(
            answers.DEPOSIT,
            f"Deposit {words.money(amount)} now",
            "Once, beside your schedule. You check it before it’s sent.",
            chances[0],
        ),
        Offer(
            answers.RAISE,
            f"Add {words.money(more)} to each run",
            f"{words.money(schedule.amount + more)} from the next run on. Made up after six runs; "
            "it stays until you change it.",
            chances[1],
        ),
        Offer(
            answers.LET_GO,
            "Let it go",
            f"It goes on with {words.money(schedule.amount)} as before.",
            chances[2],
        ),
    ]
    return CatchUp(run, _why(run), goal, offers)


def _why(run: ScheduledRun) -> str:
    day = words.day(run.day)
    if run.status == ScheduledRun.Status.LOW:
        return (
            f"On {day} nothing was pulled: {run.schedule.bank} held {words.money(run.balance)}, "
            "less than the amount and what you keep there."
        )
    if run.deposit is not None:
        return f"The {words.money(run.amount)} of {day} didn’t arrive."
    return f"Nothing was pulled on {day}."


def _chances(
    schedule: Schedule, amount: Decimal, more: Decimal
) -> tuple[Goal | None, tuple[int | None, int | None, int | None]]:
    base, today = footing_of(schedule.account), timezone.localdate()
    goal = Goal.objects.filter(
        account_id=schedule.account_id, status=Goal.Status.ACTIVE, target_date__gt=today
    ).first()
    if goal is None or base.level is None or not base.value:
        return None, (None, None, None)
    level, wish = base.level, outlook.wish_of(goal, base)
    monthly = Decimal(str(round(told.by_month(more, schedule.frequency), 2)))
    tries = (
        replace(wish, start=wish.start + outlook.share_of(amount, goal.share)),
        replace(wish, monthly=wish.monthly + outlook.share_of(monthly, goal.share)),
        wish,
    )
    first, second, third = (outlook.look(one, level, today, goal.name).in_100 for one in tries)
    return goal, (first, second, third)
