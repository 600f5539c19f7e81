"""Life events: what one would change is worked out first, shown, and done only when confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, cast
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from onboarding.models import Advice, InvestorProfile
from portfolios import outlook
from portfolios.models import Goal, LifeEvent
from portfolios.planning import projection
from portfolios.planning.months import months_until
from portfolios.planning.risk import Circumstances, assess
from portfolios.projecting import footing_of
from portfolios.services.goals import add_goal, change_goals
from portfolios.sharing import chance
from robo import agenda

Type = LifeEvent.Type
CENT = Decimal("0.01")
ZERO = Decimal(0)
NEW_GOAL_TYPES = {
    Type.HOME: Goal.Type.HOME,
    Type.EDUCATION: Goal.Type.EDUCATION,
    Type.RETIREMENT: Goal.Type.RETIREMENT,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """What someone told of an event, before anything is kept. Dollars.

    `paid_by` says where a single cost comes from: "goal" (the linked one grows by it), "new" (a
    goal of its own) or "elsewhere". `monthly` is what the event adds to, or takes from, the money
    left each month.
    """

    event_type: str
    name: str
    on: date
    cost: Decimal = ZERO
    monthly: Decimal = ZERO
    recurring: bool = False
    paid_by: str = "elsewhere"
    goal: int | None = None
    """The linked goal's pk."""
    notes: str = ""

    @property
    def is_gift(self) -> bool:
        """Money that comes instead of going."""
        return self.event_type == Type.INHERITANCE

    @property
    def room(self) -> Decimal:
        """How the money left each month changes; what recurs is counted as a twelfth a month."""
        yearly = self.cost / 12 if self.recurring else ZERO
        change = self.monthly + (yearly if self.is_gift else -yearly)
        return change.quantize(CENT)

    @property
    def once(self) -> Decimal:
        return ZERO if self.recurring else self.cost


@dataclass(frozen=True, slots=True)
class Effect:
    """What the event does to one goal. Chances in 100, None where they aren't known."""

    goal: int
    name: str
    before: int | None
    after: int | None
    monthly_before: Decimal
    monthly_after: Decimal
    target_before: Decimal
    target_after: Decimal

    @property
    def changes(self) -> bool:
        return (self.monthly_before, self.target_before) != (self.monthly_after, self.target_after)

    @property
    def points(self) -> int:
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would happen, before it is saved."""

    effects: Sequence[Effect]
    room: Decimal
    """Dollars a month: how what is left over changes."""
    uncovered: Decimal
    """Dollars a month that no goal has left to give."""
    cash: Decimal
    """Needed, or coming in, on the day."""
    capacity_before: int | None
    capacity_after: int | None
    """The level that means alone can bear, 1 to 10."""
    dependents: int = 0
    """How many more people depend on the income."""
    new_goal: Decimal | None = None
    """Dollars of a goal made for it."""
    new_monthly: Decimal = ZERO
    """What that goal gets each month."""
    notes: Sequence[str] = field(default_factory=tuple)


def preview(account: Account, told: Happening, earlier: LifeEvent | None = None) -> Preview:
    """What saving it would do. Of an event already kept, only the difference counts. Writes
    nothing.

    A monthly change is planned as if it began today, which is the careful side: a loss is taken
    from the least important goal first, a gain goes to the most important one below its bar.
    """
    today = timezone.localdate()
    base = footing_of(account)
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    ranked = sorted(goals, key=lambda goal: (goal.priority, goal.target_date))
    before = {goal.pk: chance(outlook.wish_of(goal, base), base, today) for goal in ranked}
    wishes = {goal.pk: outlook.wish_of(goal, base) for goal in ranked}
    room, once = _difference(told, earlier)
    notes: list[str] = []
    wishes, new_goal = _pay(told, once, ranked, wishes, notes, is_new=earlier is None)
    new_monthly = ZERO
    left = room
    if new_goal:
        months = months_until(told.on, today)
        new_monthly = (new_goal / months).quantize(CENT)
        left -= new_monthly
    wishes, uncovered = _spread(left, ranked, wishes, before)
    if new_goal:
        new_monthly = max(new_monthly - uncovered, ZERO)
    effects = [
        Effect(
            goal=goal.pk,
            name=goal.name,
            before=before[goal.pk],
            after=chance(wishes[goal.pk], base, today),
            monthly_before=goal.monthly_contribution,
            monthly_after=wishes[goal.pk].monthly,
            target_before=goal.target_amount,
            target_after=wishes[goal.pk].target,
        )
        for goal in ranked
    ]
    more = 1 if told.event_type == Type.CHILD and earlier is None else 0
    capacity = _capacity(account, told, more, once)
    return Preview(
        effects=effects,
        room=room,
        uncovered=uncovered,
        cash=told.once if told.paid_by == "elsewhere" else ZERO,
        capacity_before=capacity[0],
        capacity_after=capacity[1],
        dependents=more,
        new_goal=new_goal,
        new_monthly=new_monthly,
        notes=tuple(notes),
    )


def _difference(told: Happening, earlier: LifeEvent | None) -> tuple[Decimal, Decimal]:
    """The monthly room and the single cost that aren't in the plan yet."""
    if earlier is None:
        return told.room, told.once
    known = happening_of(earlier)
    return told.room - known.room, told.once - known.once


def happening_of(event: LifeEvent) -> Happening:
    """What was told of a kept event."""
    applied: dict[str, Any] = next((e for e in event.effects if e.get("kind") == "told"), {})
    return Happening(
        event_type=event.event_type,
        name=event.name,
        on=event.expected_date,
        cost=event.estimated_cost,
        monthly=event.monthly_change,
        recurring=event.recurring,
        paid_by=applied.get("paid_by", "elsewhere"),
        goal=event.goal_id,
        notes=event.notes,
    )


Wishes = Mapping[int, outlook.Wish]


def _pay(
    told: Happening,
    once: Decimal,
    goals: Sequence[Goal],
    wishes: Wishes,
    notes: list[str],
    *,
    is_new: bool,
) -> tuple[dict[int, outlook.Wish], Decimal | None]:
    """The wishes after a single cost, and the amount of a goal made for it."""
    changed = dict(wishes)
    if told.is_gift and once:
        notes.append("We count on money from others only once it is here: no goal changes by it.")
        return changed, None
    if told.paid_by == "new" and once > 0 and is_new:
        return changed, once
    if told.paid_by in ("goal", "new") and once and told.goal in changed:
        wish = changed[told.goal]
        changed[told.goal] = replace(wish, target=max(wish.target + once, Decimal(1)))
        late = next(g for g in goals if g.pk == told.goal).target_date < told.on
        if late:
            notes.append("The event comes after this goal’s day; the money has to wait for it.")
    return changed, None


def _spread(
    room: Decimal,
    goals: Sequence[Goal],
    wishes: Wishes,
    chances: Mapping[int, int | None],
) -> tuple[dict[int, outlook.Wish], Decimal]:
    """The wishes after the room has changed, and what couldn't be covered."""
    changed = dict(wishes)
    if room > 0:
        bars = {g.pk: round(100 * projection.BARS[_importance(g)]) for g in goals}
        short = [g for g in goals if (chances[g.pk] or 0) < bars[g.pk]] or list(goals)
        if short:
            first = changed[short[0].pk]
            changed[short[0].pk] = replace(first, monthly=first.monthly + room)
        return changed, ZERO
    missing = -room
    for goal in reversed(goals):
        taken = min(missing, changed[goal.pk].monthly)
        changed[goal.pk] = replace(changed[goal.pk], monthly=changed[goal.pk].monthly - taken)
        missing -= taken
    return changed, missing


def _importance(goal: Goal) -> projection.Importance:
    return cast(projection.Importance, str(goal.importance))


def _capacity(
    account: Account, told: Happening, more: int, once: Decimal
) -> tuple[int | None, int | None]:
    """The level that means alone can bear, before and after: one more to care for, and an
    emergency fund that pays what no goal pays. From the inputs of the last risk advice."""
    last = Advice.objects.filter(account=account, kind=Advice.Kind.RISK).first()
    if last is None:
        return None, None
    known = Circumstances(**last.inputs["circumstances"])
    changed = replace(known, dependants=(known.dependants or 0) + more) if more else known
    profile = InvestorProfile.objects.filter(account=account).first()
    flow = (profile.sections if profile else {}).get("cash_flow") or {}
    spent = Decimal(str(flow.get("monthly_expenses") or 0))
    months = changed.emergency_fund_months
    if told.paid_by == "elsewhere" and once > 0 and spent and months and not told.is_gift:
        changed = replace(changed, emergency_fund_months=max(months - float(once / spent), 0.0))
    if changed == known:
        return None, None
    try:
        found = [
            assess(last.inputs["answers"], circumstances, last.inputs["questionnaire"])
            for circumstances in (known, changed)
        ]
    except ValueError:
        return None, None
    return found[0].level_by_capacity, found[1].level_by_capacity


@transaction.atomic
def save_event(
    account: Account, told: Happening, *, key: UUID, event: LifeEvent | None = None
) -> LifeEvent:
    """Keep the event and do what its preview said: the goals' amounts change, a goal is made, and
    Bluum hears of all of it. The same key is the same wish."""
    Account.objects.select_for_update().get(pk=account.pk)
    if event is None:
        made: LifeEvent | None = LifeEvent.objects.filter(account=account, key=key).first()
        if made:
            return made
    else:
        event = LifeEvent.objects.select_for_update().get(pk=event.pk)
    shown = preview(account, told, event)
    change_goals(
        account,
        {
            effect.goal: {
                "monthly_contribution": effect.monthly_after,
                "target_amount": effect.target_after,
            }
            for effect in shown.effects
            if effect.changes
        },
    )
    goal_id = told.goal
    if shown.new_goal:
        goal_id = add_goal(
            account=account,
            key=uuid5(key, "goal"),
            type=NEW_GOAL_TYPES.get(Type(told.event_type), Goal.Type.CUSTOM),
            name=told.name,
            target_amount=shown.new_goal,
            target_date=told.on,
            monthly_contribution=shown.new_monthly,
        ).pk
    row = event or LifeEvent(account=account, key=key)
    row.event_type, row.name, row.expected_date = told.event_type, told.name, told.on
    row.estimated_cost, row.monthly_change = told.cost, told.monthly
    row.recurring, row.notes, row.goal_id = told.recurring, told.notes, goal_id
    row.effects = [*(event.effects if event else []), *_kept(shown, told)]
    row.revision = row.revision + 1 if event else 1
    row.updated_at = timezone.now()
    row.save()
    row.poke() if event else row.enqueue()
    agenda.advice_changed(account)
    return row


def _kept(shown: Preview, told: Happening) -> list[dict[str, Any]]:
    """The preview as it was shown, and where the cost is paid from."""
    on = timezone.localdate().isoformat()
    rows: list[dict[str, Any]] = [{"kind": "told", "on": on, "paid_by": told.paid_by}]
    for effect in shown.effects:
        row = {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in asdict(effect).items()
        }
        rows.append({"kind": "goal", "on": on} | row)
    rows.append(
        {
            "kind": "means",
            "on": on,
            "room": str(shown.room),
            "cash": str(shown.cash),
            "capacity_before": shown.capacity_before,
            "capacity_after": shown.capacity_after,
        }
    )
    return rows


def given_up(event: LifeEvent) -> dict[int, Decimal]:
    """Dollars a month that each goal gave (or got, negative) for this event, by goal pk."""
    found: dict[int, Decimal] = {}
    for row in event.effects:
        if row.get("kind") == "goal":
            gave = Decimal(row["monthly_before"]) - Decimal(row["monthly_after"])
            found[row["goal"]] = found.get(row["goal"], ZERO) + gave
    return {pk: amount for pk, amount in found.items() if amount}


@transaction.atomic
def archive_event(event: LifeEvent, *, give_back: bool = False) -> LifeEvent:
    """Put the event away; `give_back` returns to each goal what it gave each month."""
    event = LifeEvent.objects.select_for_update().get(pk=event.pk)
    if event.status == LifeEvent.Status.ARCHIVED:
        return event
    if give_back:
        gave = given_up(event)
        goals = Goal.objects.filter(
            account=event.account, status=Goal.Status.ACTIVE, pk__in=list(gave)
        )
        change_goals(
            event.account,
            {
                goal.pk: {
                    "monthly_contribution": max(goal.monthly_contribution + gave[goal.pk], ZERO)
                }
                for goal in goals
            },
        )
    event.status = LifeEvent.Status.ARCHIVED
    event.revision += 1
    event.updated_at = timezone.now()
    event.save(update_fields=["status", "revision", "updated_at"])
    event.poke()
    agenda.advice_changed(event.account)
    return event
