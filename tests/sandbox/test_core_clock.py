"""The sandbox's time, moved from outside: what falls due happens in order, at its own time."""

from datetime import datetime, timedelta

import pytest

from tests.sandbox.investor import Investor
from tests.sandbox.person import Integrator


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def now(us: Integrator) -> datetime:
    return datetime.fromisoformat(us.home.get("/_sandbox/clock").json()["now"])


def advance(us: Integrator, **by: object) -> str:
    answer = us.home.post("/_sandbox/clock/advance", json=by)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["now"])


def test_time_passes_by_days_months_and_years_of_the_calendar(us):
    us.home.post("/_sandbox/clock/set", json={"now": "2027-01-31T12:00:00Z"})
    assert advance(us, months=1).startswith("2027-02-28T12:00")
    assert advance(us, years=1).startswith("2028-02-28T12:00")
    assert advance(us, days=1, hours=2, minutes=30).startswith("2028-02-29T14:30")
    assert advance(us, years=1, weeks=1).startswith("2029-03-07T14:30")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("set", {"now": "2020-01-01T00:00:00Z"}, "can't go back"),
        ("set", {"now": "soon"}, "must be an instant"),
        ("set", {}, "must be an instant"),
        ("set", {"now": "9999-12-31T23:59:59Z"}, "time ends on"),
        ("advance", {"days": -1}, "can't go back"),
        ("advance", {"days": "x"}, "must be a time to come"),
        ("advance", {"days": "NaN"}, "must be a time to come"),
        ("advance", {"days": 1e300}, "must be a time to come"),
        ("advance", {"months": 1.5}, "must be a time to come"),
        ("advance", {"years": 40}, "time ends on"),
        ("advance", {"years": 10**9}, "must be a time to come"),
        ("advance", {"months": None}, "must be a time to come"),
        ("advance", {"fortnights": 1}, "is not one of"),
        ("advance", [1], "must be a JSON object"),
        ("follow", {"speed": 0}, "must be above 0"),
        ("follow", {"speed": "fast"}, "must be above 0"),
        ("follow", {"speed": 1e12}, "must be above 0"),
        ("follow", {"to": "yesterday"}, 'must be "now"'),
        ("pace", {"pace": "brisk"}, "fast or real"),
    ],
)
def test_an_impossible_time_is_refused_in_words_and_nothing_moves(us, path, body, words):
    before = now(us)
    answer = us.home.post(f"/_sandbox/clock/{path}", json=body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]
    assert now(us) == before


def test_a_clock_follows_real_time_hurries_and_stands_still(us):
    told = us.home.post("/_sandbox/clock/follow", json={"speed": 86400}).json()
    assert (told["frozen"], told["speed"]) == (False, 86400)
    first = now(us)
    while now(us) <= first + timedelta(minutes=1):
        pass
    assert us.home.post("/_sandbox/clock/freeze").json()["frozen"]
    assert now(us) == now(us)


def test_a_clock_that_is_behind_lives_on_to_real_now(us):
    us.home.post("/_sandbox/clock/follow", json={"to": "now"})
    told = us.home.get("/_sandbox/clock").json()
    assert (told["frozen"], told["speed"]) == (False, 1)
    advance(us, years=1)
    refused = us.home.post("/_sandbox/clock/follow", json={"to": "now"})
    assert refused.status_code == 400
    assert "ahead of real time" in refused.json()["message"]


def test_banks_take_days_at_real_pace_and_seconds_at_the_fast_one(us):
    account, bank = us.account_with_bank()
    assert us.home.post("/_sandbox/clock/pace", json={"pace": "real"}).json()["pace"] == "real"
    slow = us.deposit(account, "100.00", bank).json()["deposit_id"]
    advance(us, hours=20)
    assert us.status(account, "deposit", slow) != "completed"
    advance(us, days=6)
    assert us.status(account, "deposit", slow) == "completed"
    us.home.post("/_sandbox/clock/pace", json={"pace": "fast"})
    quick = us.deposit(account, "100.00", bank).json()["deposit_id"]
    advance(us, seconds=10)
    assert us.status(account, "deposit", quick) == "completed"


def test_a_year_that_passes_at_once_is_told_in_order_each_at_its_own_time():
    maya = Investor()
    maya.accept_policy()
    maya.subscribe("*")
    monthly = {"day_of_month": 10, "time": "15:30"}
    assert maya.schedule(schedule=monthly).status_code == 201
    start = now(maya)
    advance(maya, years=1)
    maya.deliver()
    times = [datetime.fromisoformat(event["timestamp"]) for event, _, _ in maya.received]
    assert times == sorted(times)
    deposits = [
        at
        for at, (event, _, _) in zip(times, maya.received, strict=True)
        if event["event"] == "transfer.deposit.completed"
    ]
    assert len(deposits) == 12
    assert len({(at.year, at.month) for at in deposits}) == 12
    assert start < times[0]
    assert times[-1] < now(maya)


def test_what_is_due_next_is_told(us):
    account, bank = us.account_with_bank()
    us.deposit(account, "100.00", bank)
    told = us.home.get("/_sandbox/clock").json()
    assert told["planned"] >= 1
    assert timedelta(0) < datetime.fromisoformat(told["next_due"]) - now(us) < timedelta(seconds=10)
