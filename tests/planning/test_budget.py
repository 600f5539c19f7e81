"""Several goals, one monthly budget."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.planning.budget import Claim, share

D = Decimal


def test_the_first_goal_is_served_first():
    claims = [Claim("home", 2, D(400)), Claim("emergency", 1, D(250))]
    assert share(D(300), claims) == {"home": D("50.00"), "emergency": D("250.00")}


def test_goals_of_one_rank_share_in_proportion_to_need():
    claims = [Claim("a", 1, D(300)), Claim("b", 1, D(100))]
    assert share(D(200), claims) == {"a": D("150.00"), "b": D("50.00")}


def test_a_goal_that_no_amount_saves_does_not_starve_the_others():
    claims = [Claim("dream", 1, None), Claim("home", 2, D(400))]
    assert share(D(400), claims)["home"] == D("400.00")


claims_of = st.lists(
    st.tuples(st.integers(1, 4), st.none() | st.decimals(0, 3000, places=2)),
    min_size=1,
    max_size=6,
).map(lambda rows: [Claim(str(i), p, n) for i, (p, n) in enumerate(rows)])


@given(budget=st.decimals(0, 5000, places=2), claims=claims_of)
def test_every_cent_of_the_budget_is_given_once(budget, claims):
    given_out = share(budget, claims)
    assert sum(given_out.values()) == budget
    assert all(amount >= 0 for amount in given_out.values())


@given(budget=st.decimals(1, 5000, places=2), claims=claims_of, more=st.integers(1, 2000))
def test_a_goal_that_grows_takes_from_those_behind_it_never_from_those_before(budget, claims, more):
    first = share(budget, claims)
    grown = claims[0]
    rest = [
        Claim(c.key, c.priority, (c.needed or D(0)) + more) if c is grown else c for c in claims
    ]
    after = share(budget, rest)
    needed = {c.key: c.needed or D(0) for c in claims}
    for claim in claims:
        if claim.priority < grown.priority:
            # only what was left over beyond its need may shrink
            assert after[claim.key] >= min(first[claim.key], needed[claim.key]) - D("0.05")
    assert after[grown.key] >= first[grown.key] - D("0.05")


def test_a_negative_budget_is_refused():
    with pytest.raises(ValueError, match="negative"):
        share(D(-1), [])
