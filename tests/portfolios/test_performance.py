"""Performance: figures that hang together, flows that are never returns, honest gaps."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from portfolios import returns_of, services
from portfolios.models import Holding, Policy, Portfolio, Report, Valuation
from portfolios.sync.portfolio import flows
from portfolios.views.overview import NEW_YORK, value_points
from robo.bluum.funding import Transaction
from robo.ui.charts import ValuePoint
from tests.portfolios.conftest import refreshed

D = Decimal
Days = Sequence[tuple[date, str, str | None]]


@pytest.fixture
def portfolio(account: Account) -> Portfolio:
    row, _ = Portfolio.objects.get_or_create(account=account)
    return row


def history(row: Portfolio, days: Days, breakdown: Any = None) -> None:
    """Closes with what had been put in by then; the last is the present total."""
    Valuation.objects.filter(portfolio=row).delete()
    Valuation.objects.bulk_create(
        Valuation(
            portfolio=row,
            day=day,
            value=D(value),
            contributed=None if put_in is None else D(put_in),
        )
        for day, value, put_in in days
    )
    last, value, put_in = days[-1]
    Portfolio.objects.filter(pk=row.pk).update(
        value=D(value),
        contributed=None if put_in is None else D(put_in),
        as_of=datetime(last.year, last.month, last.day, 16, tzinfo=NEW_YORK),
        refreshed_at=datetime(last.year, last.month, last.day, 16, tzinfo=NEW_YORK),
        performance={
            p: {"period_breakdown": breakdown} if breakdown else {} for p in ("1m", "1y", "all")
        },
    )


VECTOR: Days = [
    (date(2025, 1, 1), "100000", "100000"),
    (date(2025, 7, 1), "110000", "100000"),
    (date(2025, 7, 2), "160000", "150000"),
    (date(2026, 1, 1), "152000", "150000"),
]


def test_the_published_example_comes_out_to_the_last_digit(
    web: Client, portfolio: Portfolio
) -> None:
    """100,000 grows to 110,000, 50,000 comes in on July 2, 152,000 are there a year later."""
    history(portfolio, VECTOR)
    seen = web.get(reverse("portfolios:performance"), {"period": "1y"}).context
    assert seen["time_weighted"].value == pytest.approx(0.045, abs=1e-6)
    assert seen["money_weighted"].value == pytest.approx(0.0160039, abs=1e-6)
    page = web.get(reverse("portfolios:performance"), {"period": "1y"}).content.decode()
    assert "+4.50%" in page
    assert "+1.60%" in page
    assert "less than the strategy" in page


def test_a_deposit_is_not_a_gain(web: Client, portfolio: Portfolio) -> None:
    history(portfolio, VECTOR)
    way = web.get(reverse("portfolios:performance"), {"period": "1y"}).context["way"]
    assert {p.kind: p.amount for p in way.parts} == {"put_in": D(50_000), "markets": D(2_000)}


def test_the_way_from_start_to_end_sums_to_the_cent(web: Client, portfolio: Portfolio) -> None:
    history(portfolio, VECTOR, {"dividends_received": "1203.47", "fees_paid": "251.19"})
    way = web.get(reverse("portfolios:performance"), {"period": "1y"}).context["way"]
    assert [p.kind for p in way.parts] == ["put_in", "markets", "dividends", "fees"]
    assert sum(p.amount for p in way.parts) == way.change == D(52_000)
    assert next(p.amount for p in way.parts if p.kind == "fees") == D("-251.19")


def test_a_chain_that_breaks_says_so_instead_of_a_number(web: Client, portfolio: Portfolio) -> None:
    start = date(2026, 3, 2)
    values = [("100", "100"), ("0", "0"), ("0", "0"), ("40", "0")]
    history(portfolio, [(start + timedelta(days=n), *v) for n, v in enumerate(values)])
    answer = web.get(reverse("portfolios:performance"), {"period": "all"})
    assert answer.context["time_weighted"].value is None
    assert "Not available" in answer.content.decode()
    assert "nothing was invested" in answer.content.decode()


def test_what_isnt_known_of_deposits_is_not_guessed(web: Client, portfolio: Portfolio) -> None:
    history(portfolio, [(date(2026, 3, 2), "100", "100"), (date(2026, 3, 3), "150", None)])
    answer = web.get(reverse("portfolios:performance"), {"period": "all"})
    assert answer.context["way"] is None
    assert "isn’t known for every day" in answer.content.decode()


def test_nothing_is_told_per_year_before_a_year_has_passed(
    web: Client, portfolio: Portfolio
) -> None:
    start = date(2026, 1, 5)
    for days, told in ((200, False), (400, True)):
        history(
            portfolio, [(start, "1000", "1000"), (start + timedelta(days=days), "1100", "1000")]
        )
        page = web.get(reverse("portfolios:performance"), {"period": "all"}).content.decode()
        assert (" a year. After our fee" in page) is told


def test_the_deepest_fall_ignores_money_taken_out(web: Client, portfolio: Portfolio) -> None:
    start = date(2026, 3, 2)
    values = [("1000", "1000"), ("1100", "1000"), ("550", "450"), ("495", "450"), ("605", "450")]
    history(portfolio, [(start + timedelta(days=n), *v) for n, v in enumerate(values)])
    fall = web.get(reverse("portfolios:performance"), {"period": "all"}).context["fall"]
    assert fall.depth == pytest.approx(0.1)
    assert (fall.peak, fall.low) == (start + timedelta(days=2), start + timedelta(days=3))
    assert fall.back == start + timedelta(days=4)


growths = st.lists(st.floats(0.9, 1.1), min_size=2, max_size=12)


def grown(start: date, growth: Sequence[float], moves: Sequence[Decimal]) -> Days:
    """Closes of a portfolio of 1,000,000 that grows so, with so much moved on each day."""
    value, put_in = D(1_000_000), D(1_000_000)
    days = [(start, f"{value:.2f}", f"{put_in:.2f}")]
    for n, (factor, move) in enumerate(zip(growth, moves, strict=False), start=1):
        put_in += move
        value = (value + max(move, D(0))) * D(str(round(factor, 6))) + min(move, D(0))
        value = value.quantize(D("0.01"))
        days.append((start + timedelta(days=n), f"{value:.2f}", f"{put_in:.2f}"))
    return days


def points_of(days: Days) -> list[ValuePoint]:
    return [ValuePoint(d, D(v), D(p) if p is not None else None) for d, v, p in days]


@settings(max_examples=300, deadline=None)
@given(growth=growths, data=st.data())
def test_no_flow_changes_a_time_weighted_return(growth: list[float], data: st.DataObject) -> None:
    flow = st.integers(-40_000, 900_000).map(D)
    moves = data.draw(st.lists(flow, min_size=len(growth), max_size=len(growth)))
    start = date(2026, 3, 2)
    calm = returns_of.time_weighted(points_of(grown(start, growth, [D(0)] * len(growth))))
    busy = returns_of.time_weighted(points_of(grown(start, growth, moves)))
    assert calm.value is not None
    assert busy.value == pytest.approx(calm.value, abs=1e-6)
    way = returns_of.way(points_of(grown(start, growth, moves)), None)
    assert way is not None
    assert sum(p.amount for p in way.parts) == way.change


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(growth=growths, data=st.data())
def test_no_flow_changes_the_return_on_the_page(
    web: Client, portfolio: Portfolio, growth: list[float], data: st.DataObject
) -> None:
    flow = st.integers(-40_000, 900_000).map(D)
    moves = data.draw(st.lists(flow, min_size=len(growth), max_size=len(growth)))
    seen = []
    for tried in ([D(0)] * len(growth), moves):
        history(portfolio, grown(date(2026, 3, 2), growth, tried))
        page = web.get(reverse("portfolios:performance"), {"period": "all"})
        seen.append(page.context["time_weighted"].value)
    assert seen[1] == pytest.approx(seen[0], abs=1e-6)


def test_our_return_is_bluums_to_a_hundredth(
    web: Client, invested: Portfolio, account: Account, pass_time: Callable[[timedelta], None]
) -> None:
    pass_time(timedelta(days=40))
    refreshed(account)
    seen = web.get(reverse("portfolios:performance"), {"period": "all"}).context
    assert seen["time_weighted"].value == pytest.approx(
        float(seen["theirs"]["time_weighted"]), abs=2e-4
    )


def test_the_market_stands_beside_in_the_policys_mix(
    web: Client, policy: Policy, portfolio: Portfolio, account: Account
) -> None:
    """Eighty percent of 10 % and twenty of 5 % are 9 %."""
    history(portfolio, VECTOR)
    policy.content["target_allocation"] = {
        "equities": {"target_percent": "76.00"},
        "fixed_income": {"target_percent": "19.00"},
        "treasury": {"target_percent": "5.00"},
    }
    policy.save(update_fields=["content"])
    Report.objects.create(
        account=account, kind="benchmark", span="1y", first_day=date(2025, 1, 1),
        last_day=date(2026, 1, 1), title="Compared with the market", status="ready",
        data={
            "comparisons": [
                {"benchmark": "VTI", "return_": "10.00"}, {"benchmark": "BND", "return_": "5.00"},
            ]
        },
    )  # fmt: skip
    answer = web.get(reverse("portfolios:performance"), {"period": "1y"})
    found = answer.context["benchmark"]
    assert found["return"] == pytest.approx(D("0.09"))
    assert found["ahead"] == pytest.approx(D("-0.045"))
    assert "4.50% behind" in answer.content.decode()


def test_money_that_comes_after_the_close_counts_with_the_next() -> None:
    """Else that day would look like a fall, and the next like a rise."""
    noon = datetime(2026, 10, 12, 12, tzinfo=NEW_YORK)
    found = flows(
        Transaction(
            id=f"t{hour}", type="deposit", status="completed", amount=D(1), currency="USD",
            completed_at=noon.replace(hour=hour),
        )
        for hour in (12, 15, 16, 20)
    )  # fmt: skip
    assert [day.day for day, _ in found] == [12, 12, 13, 13]


def test_the_file_has_every_day_of_the_chart(web: Client, portfolio: Portfolio) -> None:
    history(portfolio, VECTOR)
    answer = web.get(reverse("portfolios:performance-csv"), {"period": "1y"})
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [r["day"] for r in rows] == [d.isoformat() for d, _, _ in VECTOR]
    assert float(rows[-1]["time_weighted_return"]) == pytest.approx(0.045)


def test_without_money_there_is_a_page_and_no_file(web: Client, account: Account) -> None:
    page = web.get(reverse("portfolios:performance"))
    assert "Nothing to measure yet" in page.content.decode()
    assert web.get(reverse("portfolios:performance-csv")).status_code == 404


@pytest.mark.parametrize("years", [2, 10])
def test_years_of_history_cost_the_same_few_queries(
    web: Client, portfolio: Portfolio, years: int
) -> None:
    start = date(2016, 1, 4)
    history(
        portfolio,
        [(start + timedelta(days=n), f"{1000 + n}", "1000") for n in range(365 * years)],
    )
    for n in range(50):
        Holding.objects.create(portfolio=portfolio, symbol=f"X{n}", quantity=1, value=1)
    web.get(reverse("portfolios:performance"))
    with CaptureQueriesContext(connection) as queries:
        answer = web.get(reverse("portfolios:performance"), {"period": "all"})
    assert len(queries) <= 6, [q["sql"][:120] for q in queries]
    assert len(answer.content) < 80_000
    row = Portfolio.objects.get(pk=portfolio.pk)
    assert len(value_points(row)) == 365 * years


def test_omar_sees_nothing_of_mayas_performance(
    client: Client, omar: Any, portfolio: Portfolio, apply_for: Callable[..., Account]
) -> None:
    history(portfolio, VECTOR)
    apply_for(omar, tax_id="536229999")
    client.force_login(omar)
    assert "152,000" not in client.get(reverse("portfolios:performance")).content.decode()


def test_a_first_deposit_in_the_evening_is_no_fall(
    account: Account, policy: Policy, money: Any, settle: Any, pass_time: Any
) -> None:
    """Looked at before its day's close has it: the value is there, so the deposit is, too."""
    pass_time(timedelta(hours=7))  # 19:00 in New York
    money(account, D(1000))
    services.request_investment(account=account, amount=D(1000), cause="deposit:1")
    settle()
    evening = refreshed(account)
    [newest] = Valuation.objects.filter(portfolio=evening)
    assert (newest.contributed, newest.contributed - newest.value < 5) == (D(1000), True)

    pass_time(timedelta(days=4))
    points = value_points(refreshed(account))
    way = returns_of.time_weighted(returns_of.of_period(points, "all"))
    assert way.value is not None
    assert abs(way.value) < 0.05
