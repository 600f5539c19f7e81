"""What is owed, in the detail of Plaid's liabilities product: cards, mortgages, student loans."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sandbox.plaid import money
from sandbox.plaid.views import number
from sandbox.world import Row, World


def liabilities(world: World, row: Row, accounts: list[Row]) -> Row:
    """Cards, mortgages and student loans, each kind null where there is none."""
    today = world.clock.now().date()
    kinds = {"credit card": _credit, "mortgage": _mortgage, "student": _student}
    found: dict[str, list[Row]] = {subtype: [] for subtype in kinds}
    for at in accounts:
        if at["subtype"] in kinds:
            found[at["subtype"]].append(kinds[at["subtype"]](world, row, at, today))
    return {
        "credit": found["credit card"] or None,
        "mortgage": found["mortgage"] or None,
        "student": found["student"] or None,
    }


def _credit(world: World, row: Row, at: Row, today: date) -> Row:
    closed = money.statement_day(today)
    owed = money.statement_balance(world, at, today)
    paid = money.statement_balance(world, at, closed - timedelta(days=1))
    due = closed + timedelta(days=20)
    return {
        "account_id": at["account_id"],
        "aprs": [
            {
                "apr_percentage": 22.99,
                "apr_type": "purchase_apr",
                "balance_subject_to_apr": 0.0,
                "interest_charge_amount": 0.0,
            },
            {
                "apr_percentage": 29.99,
                "apr_type": "cash_apr",
                "balance_subject_to_apr": 0.0,
                "interest_charge_amount": 0.0,
            },
        ],
        "is_overdue": False,
        "last_payment_amount": number(paid),
        "last_payment_date": (closed - timedelta(days=10)).isoformat(),
        "last_statement_issue_date": closed.isoformat(),
        "last_statement_balance": number(owed),
        "minimum_payment_amount": number(min(owed, Decimal(35))),
        "next_payment_due_date": due.isoformat(),
    }


def _paid_this_year(world: World, at: Row, today: date) -> tuple[Decimal, Decimal]:
    """Interest and principal paid in the calendar year."""
    _, _, payment = money.loan_terms(at)
    opening = datetime(today.year - 1, 12, 31, 12, tzinfo=UTC)
    principal = money.current(world, at, opening) - money.current(world, at)
    paid = payment * today.month
    return max(paid - principal, Decimal(0)), max(principal, Decimal(0))


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + years, month=month + 1, day=1)


def _mortgage(world: World, row: Row, at: Row, today: date) -> Row:
    rate, months, payment = money.loan_terms(at)
    interest, principal = _paid_this_year(world, at, today)
    began = _months_later(money.START, months - 360)
    return {
        "account_id": at["account_id"],
        "account_number": f"31{at['mask']}{at['mask'][::-1]}",
        "current_late_fee": 0.0,
        "escrow_balance": 3141.54,
        "has_pmi": False,
        "has_prepayment_penalty": False,
        "interest_rate": {"percentage": number(rate), "type": "fixed"},
        "last_payment_amount": number(payment),
        "last_payment_date": today.replace(day=1).isoformat(),
        "loan_type_description": "conventional",
        "loan_term": "30 year",
        "maturity_date": _months_later(money.START, months).isoformat(),
        "next_monthly_payment": number(payment),
        "next_payment_due_date": _months_later(today, 1).isoformat(),
        "origination_date": began.isoformat(),
        "origination_principal_amount": number(
            (Decimal(at["base"]) * Decimal("1.04")).quantize(Decimal("1E+3"))
        ),
        "past_due_amount": 0.0,
        "property_address": row["owner"]["address"],
        "ytd_interest_paid": number(interest),
        "ytd_principal_paid": number(principal),
    }


def _student(world: World, row: Row, at: Row, today: date) -> Row:
    rate, months, payment = money.loan_terms(at)
    interest, principal = _paid_this_year(world, at, today)
    began = _months_later(money.START, months - 120)
    return {
        "account_id": at["account_id"],
        "account_number": f"42{at['mask']}{at['mask'][::-1]}",
        "disbursement_dates": [began.isoformat()],
        "expected_payoff_date": _months_later(money.START, months).isoformat(),
        "guarantor": "DEPT OF ED",
        "interest_rate_percentage": number(rate),
        "is_overdue": False,
        "last_payment_amount": number(payment),
        "last_payment_date": today.replace(day=1).isoformat(),
        "last_statement_balance": number(money.current(world, at)),
        "last_statement_issue_date": today.replace(day=1).isoformat(),
        "loan_name": "Consolidation",
        "loan_status": {
            "type": "repayment",
            "end_date": _months_later(money.START, months).isoformat(),
        },
        "minimum_payment_amount": number(payment),
        "next_payment_due_date": _months_later(today, 1).isoformat(),
        "origination_date": began.isoformat(),
        "origination_principal_amount": number(
            (Decimal(at["base"]) * Decimal("1.12")).quantize(Decimal("1E+2"))
        ),
        "outstanding_interest_amount": 0.0,
        "payment_reference_number": f"42{at['mask']}",
        "pslf_status": {
            "estimated_eligibility_date": None,
            "payments_made": None,
            "payments_remaining": None,
        },
        "repayment_plan": {"type": "standard", "description": "Standard repayment"},
        "sequence_number": "1",
        "servicer_address": {
            "street": "200 Prairie Ave",
            "city": "Lincoln",
            "region": "NE",
            "postal_code": "68502",
            "country": "US",
        },
        "ytd_interest_paid": number(interest),
        "ytd_principal_paid": number(principal),
    }
