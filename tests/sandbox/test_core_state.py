"""State: the same from the same, kept across a kill, cleared at night."""

import json
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sandbox import deliveries
from sandbox.keeper import Keeper
from tests.sandbox.investor import Investor
from tests.sandbox.person import Integrator
from tests.sandbox.test_core_program import Program, free_port, start, until

__all__ = ["start"]  # a fixture


def a_life(seed: int) -> Integrator:
    """A few weeks of someone's life, webhooks and faults among it."""
    maya = Investor(seed=seed)
    maya.subscribe("*")
    maya.home.post("/_sandbox/faults/preset/lying_webhooks")
    maya.accept_policy()
    maya.pay_in("2500.00")
    key = {"Idempotency-Key": "a wish"}
    maya.api.post(f"{maya.wealth}{maya.portfolio}/rebalancing", json={}, headers=key)
    maya.schedule()
    maya.home.post("/_sandbox/scenarios/crash")
    maya.wait(days=40)
    return maya


def test_the_same_seed_and_the_same_calls_give_the_same_state_byte_for_byte():
    first = a_life(seed=7).world.dump()
    assert a_life(seed=7).world.dump() == first
    assert a_life(seed=8).world.dump() != first


def test_a_state_that_was_read_back_is_the_same_and_goes_on_the_same():
    one = a_life(seed=7)
    other = Integrator(market="xnys", seed=99)
    other.world.restore(one.world.dump())
    assert other.world.dump() == one.world.dump()
    for each in (one, other):
        each.home.post("/_sandbox/clock/advance", json={"months": 1})
    assert other.world.dump() == one.world.dump()


def test_a_frozen_clock_and_a_pace_are_remembered():
    us = Integrator(frozen=False)
    us.home.post("/_sandbox/clock/freeze")
    us.home.post("/_sandbox/clock/pace", json={"pace": "real"})
    told = us.home.get("/_sandbox/clock").json()
    again = Integrator(frozen=False)
    again.world.restore(us.world.dump())
    assert again.home.get("/_sandbox/clock").json() == told


def test_a_kill_loses_at_most_what_has_just_happened(start, tmp_path):
    state = tmp_path / "state.json"
    first = start("--state", str(state), "--frozen", "--rate", "0", "--scenario", "two_years")
    home = httpx.Client(base_url=first.url)
    until(lambda: home.post("/_sandbox/scenarios/one_investor").status_code == 200)
    accounts = {row["id"] for row in home.get("/_sandbox/accounts").json()["accounts"]}
    until(lambda: state.exists() and all(each in state.read_text() for each in accounts))
    for _ in range(3):
        # Whatever it is writing just now must not matter.
        home.post("/_sandbox/clock/advance", json={"days": 1})
    home.close()
    first.stop(signal.SIGKILL)
    again = start("--state", str(state))
    rows = httpx.get(f"{again.url}/_sandbox/accounts").json()["accounts"]
    assert {row["id"] for row in rows} == accounts


def test_what_is_saved_aside_is_what_was_when_it_was_begun(tmp_path):
    us = Integrator()
    us.open_account()
    keeper = Keeper(us.world, tmp_path / "state.json")
    us.world.changed = True
    before = us.world.dump()
    keeper.look()
    us.open_account(email="later@mail.test")
    until(lambda: (tmp_path / "state.json").exists())
    assert (tmp_path / "state.json").read_text() == before
    keeper.finish()
    assert (tmp_path / "state.json").read_text() == us.world.dump()
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_what_happens_just_after_a_saving_began_is_saved_by_the_next():
    us = Integrator()
    with us.world.lock:
        us.world.changed = False
        request = threading.Thread(target=us.open_account)
        request.start()
        until(lambda: us.world.changed)  # it has come in and waits for the lock
        us.world.changed = False  # and now the saving begins
    request.join()
    assert us.world.changed


def test_nothing_is_written_while_nothing_happens(tmp_path):
    us = Integrator()
    us.world.changed = False
    keeper = Keeper(us.world, tmp_path / "state.json")
    keeper.look()
    us.home.get("/_sandbox/clock")
    us.api.get("/accounts")
    keeper.look()
    assert list(tmp_path.iterdir()) == []


def test_at_midnight_utc_people_go_and_webhooks_stay():
    us = Integrator(nightly_clear=True, at=datetime(2026, 3, 10, 23, 59, tzinfo=UTC))
    us.subscribe("account.*")
    account, bank = us.account_with_bank()
    us.deposit(account, "10.00", bank)
    us.wait(seconds=40)
    assert len(us.api.get("/accounts").json()) == 1
    us.wait(seconds=60)
    assert us.api.get("/accounts").json() == []
    assert us.api.get(f"/accounts/{account}/deposits").status_code == 404
    assert len(us.api.get("/webhooks").json()["data"]["webhooks"]) == 1
    us.open_account(email="next.day@mail.test")
    us.wait(days=1)
    assert us.api.get("/accounts").json() == []


def test_without_being_asked_nothing_goes_at_midnight():
    us = Integrator(at=datetime(2026, 3, 10, 23, 59, tzinfo=UTC))
    us.open_account()
    us.wait(days=2)
    assert len(us.api.get("/accounts").json()) == 1


def test_a_reset_forgets_webhooks_too_if_asked_and_reuses_no_id():
    us = Integrator()
    us.subscribe("account.*")
    before = us.open_account()
    us.home.post("/_sandbox/reset", json={"keep_webhooks": False})
    assert us.api.get("/webhooks").json()["data"]["webhooks"] == []
    assert us.open_account() != before


# Many webhooks


def test_after_a_busy_year_webhooks_arrive_in_order_and_old_ones_are_forgotten(monkeypatch):
    monkeypatch.setattr(deliveries, "KEPT", 50)
    monkeypatch.setattr(deliveries, "SLACK", 10)
    us = Integrator()
    us.subscribe("account.created")
    made = []
    for number in range(150):
        made.append(us.open_account(email=f"{number}@mail.test"))
        us.wait(minutes=1)
    us.deliver()
    assert [event["data"]["id"] for event, _, _ in us.received] == made
    us.open_account(email="last@mail.test")
    us.deliver()
    kept = us.home.get("/_sandbox/deliveries").json()["deliveries"]
    assert 50 <= len(kept) <= 75


def test_when_too_many_wait_the_oldest_are_given_up_and_said_to_be(monkeypatch):
    monkeypatch.setattr(deliveries, "WAITING", 60)
    monkeypatch.setattr(deliveries, "SLACK", 10)
    us = Integrator()
    us.subscribe("account.created")
    for number in range(100):
        us.open_account(email=f"{number}@mail.test")
    rows = us.home.get("/_sandbox/deliveries", params={"status": "dropped"}).json()["deliveries"]
    assert 30 <= len(rows) <= 40
    told = us.deliver()
    assert len(told) == 100 - len(rows)
    us.home.post("/_sandbox/deliveries/replay", json={"event": "account.*"})
    assert len(us.deliver()) == len(rows)


def test_one_silent_receiver_keeps_no_other_waiting():
    us = Integrator()
    us.subscribe("account.created")
    silent, loud = us.subscribe("account.created"), us.api.get("/webhooks").json()["data"]
    assert silent
    assert loud
    us.open_account()
    first, second = deliveries.due_webhooks(us.world)
    heard: list[str] = []

    def receive(url: str, body: bytes, headers: dict[str, str]) -> int:
        if not heard:
            # While this receiver makes us wait, the other one gets its own.
            heard.append("first")
            assert deliveries.send_due(us.world, receive, second) == 1
            return 500
        heard.append("second")
        return 200

    assert deliveries.send_due(us.world, receive, first) == 1
    assert heard == ["first", "second"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--scenario", "gremlins"), "No scenario gremlins"),
        (("--at", "1999-01-01T00:00:00Z"), "must be from 2015"),
        (("--at", "tomorrow"), "--at"),
    ],
)
def test_an_impossible_start_is_refused_in_words(options, words):
    program = Program(free_port(), *options)
    _, told = program.process.communicate(timeout=30)
    program.api.close()
    assert program.process.returncode != 0
    assert words in told
    assert "Traceback" not in told


def test_a_program_starts_with_scenarios_and_a_token(start):
    program = start("--scenario", "one_investor,pending_decisions", "--control-token", "sesame")
    assert httpx.get(f"{program.url}/_sandbox/accounts").status_code == 401
    found = httpx.get(f"{program.url}/_sandbox/accounts", auth=("", "sesame")).json()["accounts"]
    assert len(found) == 5
    now = httpx.get(f"{program.url}/_sandbox/health").json()["now"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(now)) < timedelta(minutes=10)


def test_requests_at_once_are_all_answered(start):
    """Forty connections, each asking for something else."""
    program = start("--rate", "0", "--scenario", "one_investor")
    with httpx.Client(base_url=program.url, auth=("sandbox-key", "sandbox-secret")) as client:
        account = client.get("/v1/accounts").json()[0]["id"]
    ask_many = f"""
import asyncio, httpx, json
async def main():
    auth = ("sandbox-key", "sandbox-secret")
    limits = httpx.Limits(max_connections=40)
    async with httpx.AsyncClient(base_url="{program.url}/v1", auth=auth, limits=limits) as client:
        asked = [client.get("/accounts/{account}/wallets", timeout=30) for _ in range(120)]
        print(json.dumps([each.status_code for each in await asyncio.gather(*asked)]))
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", ask_many], capture_output=True, text=True)
    assert json.loads(done.stdout) == [200] * 120, done.stderr


def test_a_state_file_can_be_a_new_folder(tmp_path):
    us = Integrator()
    path = Path(tmp_path) / "new" / "state.json"
    us.world.save(path)
    assert json.loads(path.read_text())["seed"] == 1
