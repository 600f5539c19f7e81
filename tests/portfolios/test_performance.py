"""Performance: figures that hang together, flows that are never returns, honest gaps."""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import cos, prod, sin
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from portfolios import returns_of, services
from portfolios.models import Holding, MarketLevel, Policy, Portfolio, Report, Valuation
from portfolios.planning import markets
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
    assert "points less than the strategy" in page


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
        assert (" a year: what a dollar" in page) is told


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


def levels(symbol: str, days: Sequence[date], growths: Sequence[float]) -> dict[date, float]:
    """A fund's closes: 100, then grown so from day to day."""
    level, found = 100.0, {days[0]: 100.0}
    for day, growth in zip(days[1:], growths, strict=True):
        level *= growth
        found[day] = level
    MarketLevel.objects.bulk_create(
        MarketLevel(symbol=symbol, day=day, level=D(f"{level:.6f}")) for day, level in found.items()
    )
    return found


def signed(policy: Policy, equities: int, bonds: int) -> None:
    policy.content["target_allocation"] = {
        "equities": {"target_percent": str(equities)},
        "fixed_income": {"target_percent": str(bonds)},
    }
    policy.accepted_at = datetime(2025, 1, 1, tzinfo=NEW_YORK)
    policy.status = Policy.Status.ACTIVE
    policy.save(update_fields=["content", "accepted_at", "status"])


def test_a_portfolio_that_is_the_market_is_level_with_it(
    web: Client, policy: Policy, portfolio: Portfolio
) -> None:
    """Sixty in stocks, forty in bonds, day by day, less a fee and with deposits: no difference."""
    signed(policy, 60, 40)
    days = [date(2025, 3, 3) + timedelta(days=n) for n in range(120)]
    stocks = [1 + 0.011 * sin(n) + 0.0004 for n in range(119)]
    bonds = [1 + 0.003 * cos(n) for n in range(119)]
    levels("VTI", days, stocks)
    levels("BND", days, bonds)
    value, put_in, fees = 100_000.0, 100_000, 0.0
    kept: list[tuple[date, str, str | None]] = [(days[0], "100000", "100000")]
    for n, (day, s, b) in enumerate(zip(days[1:], stocks, bonds, strict=True)):
        came = 5_000 if n % 30 == 7 else 0
        put_in += came
        grown = (value + came) * (0.6 * s + 0.4 * b)
        value = grown * (1 - 0.0025 / 365)
        fees += grown - value
        kept.append((day, f"{value:.2f}", str(put_in)))
    history(portfolio, kept, {"dividends_received": "0", "fees_paid": f"{fees:.2f}"})
    answer = web.get(reverse("portfolios:performance"), {"period": "1y"})
    found = answer.context["benchmark"]
    assert abs(found.ahead) < 0.0001
    assert found.before_fee - found.made == pytest.approx(0.0025 * 119 / 365, rel=0.1)
    assert (found.since, found.until) == (days[0], days[-1])
    gross = answer.context["before_fees"]
    assert gross == pytest.approx(found.before_fee, abs=0.0001)
    assert "60% in US stocks (VTI) and 40% in US bonds (BND)" in answer.content.decode()


def test_the_mix_is_the_one_in_force_on_each_day() -> None:
    """All in stocks, then all in bonds, as a plan nears its day."""
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(4)]
    up = {day: 100 * 1.1**n for n, day in enumerate(days)}
    flat = dict.fromkeys(days, 50.0)
    mixes = [(days[0], {"VTI": D(1)}), (days[2], {"BND": D(1)})]
    line = markets.mix_line(days, mixes, {"VTI": up, "BND": flat})
    assert [round(made, 6) for _, made in line] == [0, 0.1, 0.21, 0.21]


def test_the_comparison_ends_where_closes_do() -> None:
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(30)]
    known = dict.fromkeys([*days[3:10], *days[20:]], 100.0)
    line = markets.mix_line(days, [(days[0], {"VTI": D(1)})], {"VTI": known})
    assert (line[0][0], line[-1][0]) == (days[3], days[9 + 5])
    assert markets.mix_line(days, [(days[0], {"VTI": D(1)})], {}) == []


def test_reports_of_other_lengths_join_into_one_line() -> None:
    """Each begins with 100; what they share sets the scale, and rounding corrects nothing."""
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(6)]
    kept = markets.joined({}, list(zip(days[:4], map(D, (100, 110, 121, 133.1)), strict=True)))
    told = list(zip(days[2:], map(D, ("100", "110.01", "121", "60.5")), strict=True))
    assert markets.joined(kept, told) == {days[4]: D("146.41"), days[5]: D("73.205")}
    assert markets.joined(kept, [(date(2027, 1, 1), D(100))]) == {}


def test_the_markets_closes_are_kept_from_bluums_reports(
    web: Client, invested: Portfolio, account: Account, pass_time: Callable[[timedelta], None],
    settle: Callable[..., int],
) -> None:  # fmt: skip
    """A day is kept once its close is past, and the page compares closes with closes."""
    pass_time(timedelta(days=12))
    refreshed(account)
    Report.objects.filter(account=account, kind="benchmark").update(due_at=timezone.now())
    settle()
    kept = MarketLevel.objects.filter(symbol="VTI")
    today = timezone.now().astimezone(NEW_YORK)
    assert kept.count() > 5
    assert kept.last().day <= today.date() - timedelta(days=today.hour < 16)
    found = web.get(reverse("portfolios:performance"), {"period": "1m"}).context["benchmark"]
    assert found.until == kept.last().day


def test_without_the_markets_closes_the_page_says_so(
    web: Client, policy: Policy, portfolio: Portfolio
) -> None:
    signed(policy, 60, 40)
    history(portfolio, VECTOR)
    page = web.get(reverse("portfolios:performance"), {"period": "1y"}).content.decode()
    assert "hasn’t told what the market did" in page


def test_days_of_ones_own_and_their_file(web: Client, portfolio: Portfolio) -> None:
    history(portfolio, VECTOR)
    asked = {"period": "custom", "from": "2025-01-01", "to": "2025-07-01"}
    answer = web.get(reverse("portfolios:performance"), asked)
    assert answer.context["time_weighted"].value == pytest.approx(0.1)
    rows = web.get(answer.context["csv_url"]).content.decode().splitlines()
    assert (rows[1][:10], rows[-1][:10]) == ("2025-01-01", "2025-07-01")
    for wrong in ({"from": "x"}, {"from": "2025-08-01"}, {"from": "2025-07-01"}):
        page = web.get(reverse("portfolios:performance"), asked | wrong)
        assert page.context["problem"]
        assert page.context["period"] == "all"


def test_only_periods_shorter_than_all_there_is_are_offered(
    web: Client, portfolio: Portfolio
) -> None:
    history(portfolio, VECTOR)
    offered = web.get(reverse("portfolios:performance")).context["periods"]
    assert [key for key, _ in offered] == ["1m", "3m", "ytd", "all"]


def test_the_years_and_months_multiply_to_the_whole() -> None:
    days = points_of(
        grown(date(2024, 11, 20), [1 + 0.02 * sin(n) for n in range(800)], [D(0)] * 800)
    )
    line = returns_of.index(days)
    years = returns_of.calendar(line)
    assert [y.year for y in years] == [2027, 2026, 2025, 2024]
    whole = prod(1 + y.made for y in years)
    months = prod(1 + m for y in years for m in y.months if m is not None)
    assert whole == pytest.approx(1 + line[-1][1], rel=1e-9)
    assert months == pytest.approx(1 + line[-1][1], rel=1e-9)
    assert (years[-1].since, years[0].is_over) == (date(2024, 11, 20), False)


def test_the_factors_that_are_shown_multiply_to_the_return(
    web: Client, portfolio: Portfolio
) -> None:
    moves = [D(700) if n % 3 == 0 else D(0) for n in range(60)]
    history(portfolio, grown(date(2026, 3, 2), [1 + 0.01 * cos(n) for n in range(60)], moves))
    seen = web.get(reverse("portfolios:performance"), {"period": "all"}).context
    told = seen["stretches"]
    factors = [s.made + 1 for s in (*told["first"], *told["last"])]
    assert len(factors) == 8
    assert prod(factors) * float(told["between"]) - 1 == pytest.approx(
        seen["time_weighted"].value, abs=1e-5
    )


def test_what_the_timing_of_deposits_made_is_told_in_dollars(
    web: Client, portfolio: Portfolio
) -> None:
    """Half came after the rise: at the strategy's pace, 4.5 % a year, there would be more."""
    history(portfolio, VECTOR)
    answer = web.get(reverse("portfolios:performance"), {"period": "1y"})
    timing = answer.context["timing"]
    assert timing.evenly == pytest.approx(
        D("104500") + 50_000 * D(str(1.045 ** (184 / 365))), abs=1
    )
    assert f"−${-timing.effect:,.2f}" in answer.content.decode()


def test_bluums_own_figure_is_checked_and_a_difference_explained(
    web: Client, portfolio: Portfolio
) -> None:
    history(portfolio, VECTOR)
    for told, said in (("4.50", "they agree"), ("4.71", "0.21 points from ours")):
        Portfolio.objects.filter(pk=portfolio.pk).update(
            performance={
                "1y": {
                    "returns": {"time_weighted_return": told},
                    "period": {"start_date": "2025-01-01"},
                }
            }
        )
        page = web.get(reverse("portfolios:performance"), {"period": "1y"}).content.decode()
        assert said in page


def test_dividends_of_other_days_are_not_put_into_these(web: Client, portfolio: Portfolio) -> None:
    """Bluum's year may begin elsewhere: then its dividends and fees say nothing about ours."""
    history(portfolio, VECTOR, {"dividends_received": "12.00", "fees_paid": "3.00"})
    row = Portfolio.objects.get(pk=portfolio.pk)
    row.performance["1y"]["period"] = {"start_date": "2025-03-01"}
    row.save(update_fields=["performance"])
    seen = web.get(reverse("portfolios:performance"), {"period": "1y"}).context
    assert [p.kind for p in seen["way"].parts] == ["put_in", "markets"]
    assert seen["before_fees"] is None


@settings(max_examples=200, deadline=None)
@given(growth=st.lists(st.floats(0.9, 1.1), min_size=4, max_size=14), data=st.data())
def test_periods_chain_and_every_way_sums(growth: list[float], data: st.DataObject) -> None:
    """Whatever moves and wherever the days are cut: the parts' returns multiply to the whole's."""
    flow = st.integers(-400_000, 900_000).map(D)
    moves = data.draw(st.lists(flow, min_size=len(growth), max_size=len(growth)))
    days = points_of(grown(date(2026, 3, 2), growth, moves))
    cut = data.draw(st.integers(1, len(days) - 2))
    parts = [returns_of.time_weighted(part) for part in (days[: cut + 1], days[cut:])]
    whole = returns_of.time_weighted(days)
    if whole.value is not None:
        assert prod(1 + p.value for p in parts if p.value is not None) - 1 == pytest.approx(
            whole.value, rel=1e-9, abs=1e-9
        )
    else:  # nothing was invested for a while: one of the parts says so, too
        assert any(p.value is None and p.reason for p in parts)
    money = returns_of.money_weighted(days)
    assert (money.value is None) == bool(money.reason)
    way = returns_of.way(days, {"dividends_received": "5.01", "fees_paid": "1.07"})
    assert way is not None
    assert sum(p.amount for p in way.parts) == way.change


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
    assert len(queries) <= 9, [q["sql"][:120] for q in queries]
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


def test_three_pages_tell_the_same_period_alike(
    web: Client, invested: Portfolio, account: Account, pass_time: Callable[[timedelta], None]
) -> None:
    """Bluum says where its month starts; home, the portfolio and its performance start there."""
    pass_time(timedelta(days=45))
    row = refreshed(account)
    start = date.fromisoformat(row.performance["1m"]["period"]["start_date"])
    at = {"period": "1m"}
    home = web.get(reverse("home"), at).context["period_gain"]
    there = web.get(reverse("portfolios:portfolio"), at).context["returns"]
    here = web.get(reverse("portfolios:performance"), at).context
    assert home.since == here["since"] == start
    assert home.total == here["way"].change
    assert there.time_weighted == here["time_weighted"]
    assert here["theirs"]["agrees"]
