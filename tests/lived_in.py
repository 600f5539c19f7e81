"""An account somebody has lived with: one of everything, or many, written as rows.

Nothing is due, so nothing is in motion and Bluum is never asked. Used where pages are counted,
weighed, measured or looked at; what things do is tested by doing them. Amounts are dollars.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

import accounts.services
import onboarding.services
import portfolios.services
from accounts.models import Account, ContactChange, DataExport, Document, Notice, User
from funding import authorizations
from funding.models import (
    BankAccount,
    BankLink,
    Deposit,
    Ledger,
    Movement,
    Schedule,
    ScheduledRun,
    TransferEvent,
    Wallet,
    Withdrawal,
    WithdrawalEvent,
)
from onboarding.models import Dependent, ExternalAccount, ExternalLink, InvestorProfile
from portfolios.models import (
    Exchange,
    Goal,
    Holding,
    Insight,
    InsightFeed,
    Investment,
    LifeEvent,
    Policy,
    Portfolio,
    Report,
    Valuation,
)
from portfolios.projecting import refresh_projections
from robo import partner, seal, work
from trading.models import Asset, Desk, Market, Order, OrderEvent, Position, Quote

FUNDS = (
    ("VTI", "Vanguard Total Stock Market ETF", "equities", "US total market"),
    ("VEA", "Vanguard FTSE Developed Markets ETF", "equities", "Developed markets"),
    ("VWO", "Vanguard FTSE Emerging Markets ETF", "equities", "Emerging markets"),
    ("BND", "Vanguard Total Bond Market ETF", "fixed_income", "US bonds"),
    ("BNDX", "Vanguard Total International Bond ETF", "fixed_income", "Foreign bonds"),
    ("SGOV", "iShares 0-3 Month Treasury Bond ETF", "cash", "Treasury bills"),
)
ANSWERS = {
    "investment_goal": "growth",
    "time_horizon": "10_years",
    "risk_tolerance": "moderate",
    "reaction_to_loss": "hold_and_wait",
    "income_needs": "none",
    "investment_knowledge": "intermediate",
}
STATUSES = ("requested", "pending", "processing", "received", "completed")


def account(user: User, *, holdings: int = 6, transfers: int = 20, years: int = 2) -> Account:
    """The user's account with so many holdings, so many deposits (and of everything else that
    comes in numbers), and so many years of daily values."""
    made = accounts.services.account_of(user)
    now = timezone.now()
    began = now - timedelta(days=365 * years)
    Account.objects.filter(pk=made.pk).update(
        name=f"{user.first_name or 'Maya'} Chen", status="ACTIVE", bluum_id=f"lived-in-{user.pk}",
        account_number="100020002", compliance_status="approved", submitted_at=began,
        opened_at=began, refreshed_at=now,
    )  # fmt: skip
    made.refresh_from_db()
    sign_everything(made)
    profile = {"employment": {"annual_gross_income": "118000.00"}}
    InvestorProfile.objects.create(account=made, sections=profile)
    money(made, transfers)
    portfolio(made, holdings, 365 * years)
    plan(made, max(3, holdings // 5))
    picture(made)
    paper(made, transfers)
    said(made, max(1, holdings // 5))
    for model in work.kinds():
        model._base_manager.update(due_at=None)
    refresh_projections(made)
    made.refresh_from_db()
    return made


def trader(user: User, *, positions: int = 6, orders: int = 20) -> Account:
    """An account that its owner trades, with so many positions and so many orders, one open."""
    made = accounts.services.account_of(user)
    now = timezone.now()
    Account.objects.filter(pk=made.pk).update(
        name=f"{user.first_name or 'Owen'} Reed", status="ACTIVE", bluum_id=f"trader-{user.pk}",
        management_type="self_directed", account_number="100020003", opened_at=now,
        compliance_status="approved", submitted_at=now, refreshed_at=now,
    )  # fmt: skip
    made.refresh_from_db()
    sign_everything(made)
    money(made, max(1, orders // 5), scheduled=False)
    Desk.objects.update_or_create(account=made, defaults={"refreshed_at": now})
    Market.objects.update_or_create(
        code="XNYS",
        defaults={"name": "New York", "is_open": False, "refreshed_at": now, "assets_at": now},
    )
    for symbol, name, *_ in FUNDS:
        asset, _ = Asset.objects.get_or_create(
            symbol=symbol,
            defaults={
                "name": name, "market": "XNYS", "asset_class": "us_equity",
                "is_tradable": True, "is_fractionable": True,
            },
        )  # fmt: skip
        closes = [[(now - timedelta(days=d)).isoformat(), str(200 - d)] for d in range(90, 0, -1)]
        Quote.objects.get_or_create(
            asset=asset,
            defaults={
                "price": Decimal("199.5"), "bid": Decimal("199.4"), "ask": Decimal("199.6"),
                "previous_close": Decimal(198), "confidence": "REAL_TIME", "at": now,
                "refreshed_at": now, "bars": {"year": closes},
            },
        )  # fmt: skip
    for number in range(positions):
        symbol = FUNDS[number % len(FUNDS)][0] + (str(number) if number >= len(FUNDS) else "")
        Position.objects.create(
            account=made, symbol=symbol, quantity=Decimal(5), average_cost=Decimal(180),
            cost_basis=Decimal(900), price=Decimal("199.5"), value=Decimal("997.50"),
            unrealized=Decimal("97.50"), confidence="REAL_TIME", price_at=now,
        )  # fmt: skip
    for number in range(orders):
        order = Order.objects.create(
            account=made, symbol="VTI", name=FUNDS[0][1], side="buy", quantity=Decimal(1),
            status="accepted" if number == orders - 1 else "filled", filled_quantity=Decimal(1),
            average_price=Decimal(190), bluum_id=f"order-{made.pk}-{number}", sent_at=now,
            submitted_at=now, settled_at=now,
        )  # fmt: skip
        OrderEvent.objects.create(order=order, status="accepted", at=now)
    for model in work.kinds():
        model._base_manager.update(due_at=None)
    return made


def sign_everything(made: Account) -> None:
    for agreement in partner.current().to_sign:
        accounts.services.sign(
            account=made, slug=agreement.slug, version=agreement.version,
            title=agreement.title, body=agreement.text, kind=agreement.kind,
            statement="I agree", ip="203.0.113.7", user_agent="lived in",
        )  # fmt: skip


def picture(made: Account) -> None:
    Dependent.objects.create(account=made, first_name="Ada", relationship="child")
    ExternalLink.objects.create(account=made, status="active", institution="Old Broker")
    ExternalAccount.objects.create(
        account=made, name="Old 401(k)", account_type="401k", balance=Decimal(24_000)
    )


def money(made: Account, transfers: int, *, scheduled: bool = True) -> None:
    now = timezone.now()
    bank = BankAccount.objects.create(
        account=made, bluum_id=f"bank-{made.pk}", institution="Lakeside Bank", name="Checking",
        mask="3168", type="checking",
    )  # fmt: skip
    BankLink.objects.create(account=made, status="connected")
    Wallet.objects.create(
        account=made, balance=Decimal("312.40"), available=Decimal("312.40"),
        reserved=Decimal(0), refreshed_at=now,
    )  # fmt: skip
    schedule = None
    for number in range(max(1, transfers // 5) if scheduled else 0):
        schedule = Schedule.objects.create(
            account=made, bank=bank, name=f"Every month {number}", amount=Decimal(50),
            frequency="monthly", day_of_month=5, start_date=date(2025, 1, 5), status="active",
            bluum_id=f"schedule-{made.pk}-{number}", sent_revision=1,
            next_execution=now + timedelta(days=12),
        )  # fmt: skip
        authorizations.keep(schedule)
        for day, status in (
            (now - timedelta(days=20), "missed"),
            (schedule.next_execution, "planned"),
        ):
            ScheduledRun.objects.create(
                account=made, schedule=schedule, named=day.date(), day=day.date(),
                amount=schedule.amount, status=status,
            )  # fmt: skip
    for number in range(transfers):
        deposit(made, bank, schedule if number % 2 else None, number, "completed")
        withdrawal(made, bank, number, "completed")
    ledger(made, transfers)
    withdrawal(made, bank, transfers, "pending")
    deposit(made, bank, None, transfers, "pending", instructions_pdf=b"%PDF-1.4")


def ledger(made: Account, months: int) -> None:
    """A deposit, two purchases, a dividend and a fee each month; the cash after each."""
    today = timezone.localdate()
    Ledger.objects.update_or_create(
        account=made, defaults={"balance": Decimal(months), "read_at": timezone.now()}
    )
    cash, rows = Decimal(0), []
    for number in reversed(range(months)):
        day = today - timedelta(days=30 * number + 3)
        for place, (kind, amount, symbol) in enumerate(
            (
                ("deposit", 850, ""), ("buy", -600, "VTI"), ("buy", -254, "BND"),
                ("dividend", 6, "VTI"), ("fee", -1, ""),
            )
        ):  # fmt: skip
            cash += amount
            rows.append(
                Movement(
                    account=made, key=f"{number}:{place}", kind=kind, month=day.replace(day=1),
                    day=day, place=place, amount=Decimal(amount), balance=cash, symbol=symbol,
                )
            )  # fmt: skip
    Movement.objects.bulk_create(rows)


def deposit(
    made: Account,
    bank: BankAccount,
    schedule: Schedule | None,
    number: int,
    status: str,
    **more: Any,
) -> Deposit:
    at = timezone.now() - timedelta(days=30 * number + 3)
    done = {"received_at": at, "completed_at": at} if status == "completed" else {}
    row: Deposit = Deposit.objects.create(
        account=made, bank=bank, schedule=schedule, amount=Decimal(850), status=status,
        bluum_id=f"deposit-{made.pk}-{number}", created_at=at, sent_at=at, initiated_at=at,
        expected_on=at.date(), **done, **more,
    )  # fmt: skip
    authorizations.keep(row)
    for seen in STATUSES[: STATUSES.index(status) + 1]:
        TransferEvent.objects.create(deposit=row, status=seen, at=at)
    return row


def withdrawal(made: Account, bank: BankAccount, number: int, status: str) -> Withdrawal:
    at = timezone.now() - timedelta(days=30 * number + 9)
    done = {"submitted_at": at, "completed_at": at} if status == "completed" else {}
    row: Withdrawal = Withdrawal.objects.create(
        account=made, bank=bank, amount=Decimal(40), status=status,
        bluum_id=f"withdrawal-{made.pk}-{number}", created_at=at, sent_at=at,
        expected_on=at.date(), **done,
    )  # fmt: skip
    WithdrawalEvent.objects.create(withdrawal=row, status="requested", at=at)
    WithdrawalEvent.objects.create(withdrawal=row, status=status, at=at)
    return row


def portfolio(made: Account, holdings: int, days: int) -> None:
    now = timezone.now()
    row = portfolios.services.portfolio_of(made)
    each = Decimal(36_000) / holdings
    Portfolio.objects.filter(pk=row.pk).update(
        bluum_id=f"portfolio-{made.pk}", status="active", value=Decimal("36312.40"),
        cash=Decimal("312.40"), invested=Decimal(36_000), unrealized=Decimal(7_100),
        contributed=Decimal(28_900), as_of=now, refreshed_at=now, drift=Decimal("2.10"),
    )  # fmt: skip
    Holding.objects.bulk_create(
        Holding(
            portfolio=row, symbol=symbol if number < len(FUNDS) else f"{symbol}{number}",
            name=name, asset_class=kind, sector=sector, quantity=Decimal("12.5"),
            price=Decimal("100.00"), value=each, cost_basis=each * Decimal("0.8"),
            unrealized=each * Decimal("0.2"), weight=Decimal(99) / holdings,
            price_source="DATABASE", price_at=now, lots=lots(each),
        )
        for number in range(holdings)
        for symbol, name, kind, sector in [FUNDS[number % len(FUNDS)]]
    )  # fmt: skip
    Valuation.objects.bulk_create(
        Valuation(
            portfolio=row, day=now.date() - timedelta(days=days - number),
            value=Decimal(2_000 + 34_000 * number // days + 400 * (number % 7)),
            contributed=Decimal(1_900 + 850 * (number * 31 // days)),
        )
        for number in range(days)
    )  # fmt: skip
    for number in range(max(1, holdings // 5)):
        at = now - timedelta(days=30 * number)
        Investment.objects.create(
            account=made, cause=f"deposit:{number}", amount=Decimal(850), status="completed",
            trades=[
                {"symbol": s, "action": "buy", "notional": "141.66", "reason": "under its target"}
                for s, *_ in FUNDS
            ],
            sent_at=at, completed_at=at,
        )  # fmt: skip


def lots(value: Decimal) -> list[dict[str, Any]]:
    """Two of them, as Bluum tells lots: one held for long, one not."""
    half, cent = value / 2, Decimal("0.01")
    return [
        {
            "lot_id": f"lot-{number}", "quantity": "6.25",
            "acquired_date": (timezone.localdate() - timedelta(days=age)).isoformat(),
            "cost_per_share": str((half * Decimal("0.128")).quantize(cent)),
            "total_cost_basis": str((half * Decimal("0.8")).quantize(cent)),
        }
        for number, age in enumerate((600, 90))
    ]  # fmt: skip


def plan(made: Account, goals: int) -> None:
    """So many goals, three of them sharing what is invested. A goal's futures are drawn by its key,
    so those of every lived-in account are the same and projected once."""
    onboarding.services.submit_risk(account=made, answers=ANSWERS, key=uuid.uuid4())
    made.risk_assessments.update(status="active", bluum_score=6)
    today = timezone.localdate()
    for number, (type_, name, target, years, monthly) in enumerate(
        (
            ("home_purchase", "A first home", 90_000, 7, 400),
            ("retirement", "Retirement", 600_000, 29, 350),
            ("emergency", "Six months of rent", 9_000, 3, 100),
        )
    ):
        portfolios.services.add_goal(
            account=made, key=uuid.UUID(int=number), type=type_, name=name,
            target_amount=Decimal(target), target_date=today + timedelta(days=365 * years),
            monthly_contribution=Decimal(monthly),
        )  # fmt: skip
    for number in range(3, goals):
        Goal.objects.create(
            account=made, key=uuid.UUID(int=number), type="custom", name=f"A wish {number}",
            target_amount=Decimal(9_000), target_date=today + timedelta(days=700), share=0,
            importance="wish",
        )  # fmt: skip
    made.goals.update(sent_revision=1)
    LifeEvent.objects.create(
        account=made, event_type="child", name="A child", expected_date=today + timedelta(days=400)
    )
    policy = portfolios.services.propose_policy(made)
    policy.checked_at = timezone.now()
    policy.save(update_fields=["checked_at"])
    policy = portfolios.services.accept_policy(policy, ip="203.0.113.7", user_agent="lived in")
    Policy.objects.filter(pk=policy.pk).update(status="active")
    targets = policy.content.get("target_allocation", {})
    Portfolio.objects.filter(account=made).update(
        allocation={
            name: {
                "target": str(band["target_percent"]), "drift": str(off),
                "actual": str(Decimal(str(band["target_percent"])) + off),
            }
            for (name, band), off in zip(targets.items(), (2, -2, 0, 0, 0), strict=False)
        }
    )  # fmt: skip


def paper(made: Account, count: int) -> None:
    now = timezone.now()
    for number in range(count):
        Notice.objects.create(
            account=made, key=f"lived-in-{number}", title="Your deposit has arrived",
            body="It’s being invested.", url="/portfolio/", created_at=now - timedelta(days=number),
        )  # fmt: skip
        last = (now - timedelta(days=31 * (number + 1))).date().replace(day=1) - timedelta(days=1)
        Report.objects.create(
            account=made, kind="statement", span="monthly", first_day=last.replace(day=1),
            last_day=last, title=f"Statement, {last:%B %Y}", status="ready",
            data={"summary": {"beginning_value": "100.00", "ending_value": "120.00"}},
            pdf=b"%PDF-1.4", sha256="0" * 64, ties=True, fetched_at=now,
        )  # fmt: skip
    ContactChange.objects.create(
        account=made, kind="phone", sealed=seal.seal_json({"phone_number": "+15035550123"})
    )
    DataExport.objects.create(
        account=made, ready_at=now, expires_at=now + timedelta(days=7), size=10,
        sealed_file=seal.seal(b"everything"),
    )  # fmt: skip
    Document.objects.create(
        account=made, type="id_verification", file_name="passport.png", content_type="image/png",
        size=1000, sha256="0" * 64, status="approved",
    )  # fmt: skip


def said(made: Account, count: int) -> None:
    """What Bluum noticed, and what was asked and answered."""
    InsightFeed.objects.update_or_create(
        account=made, defaults={"refreshed_at": timezone.now(), "tax_year": 2026}
    )
    for number in range(count):
        Insight.objects.create(
            account=made, source="insight", bluum_id=f"insight-{number}", category="risk",
            priority="medium", title="Stocks are above their target",
            summary="Stocks are 2 points above their target.", data={"type": "drift"},
        )  # fmt: skip
        Exchange.objects.create(
            account=made, question="How am I doing?", disclaimer="Not advice.", status="answered",
            answer="Two of your three goals are on track.", answered_at=timezone.now(),
            context_used=["goals", "portfolio"],
        )  # fmt: skip
