"""Everything the sandbox knows, in one place.

`World` holds named tables: `world.table("accounts")` is a dict from id to row, a row is a plain
dict; `world.table("orders").of(account_id)` are one account's rows, found without a search. Values
are JSON values plus `Decimal`, `date` and aware `datetime`, which the state file tags and restores
and which answers write as strings (`codec.py`). Nothing else may be stored. Row keys are strings.

Things that happen later are jobs. A function registered with `@job("name")` is called as
`function(world, **args)` when its time has come; args are values as in rows. While it runs, the
clock shows the moment it was due. Jobs run in order of (time, sequence).

Requests are serialised by `world.lock`, so code that serves a request needs no locking of its own.
"""

import hashlib
import heapq
import logging
import os
import random
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from sandbox import codec
from sandbox.clock import Clock, parse
from sandbox.table import Row as Row
from sandbox.table import Table as Table

log = logging.getLogger("sandbox")

Listener = Callable[[Row], None]
JobFunction = TypeVar("JobFunction", bound=Callable[..., None])

KEPT_AT_NIGHT = ("webhooks", "keys")
NIGHT = "world.night"

JOBS: dict[str, Callable[..., None]] = {}


def job(name: str) -> Callable[[JobFunction], JobFunction]:
    """Register a function under the name that `world.schedule` uses."""

    def register(function: JobFunction) -> JobFunction:
        JOBS[name] = function
        return function

    return register


class World:
    """One sandbox: its state, its clock, its chance and what is going to happen.

    `pace` is "fast" (things settle within seconds) or "real" (within banking days).
    `market` is "xnys" (New York hours) or "always" (open day and night).
    `nightly_clear` forgets everything but webhooks at midnight UTC, as Bluum's sandbox does.
    `validate_responses` is for tests: answers are checked against the contract too, and a failing
    job raises instead of being logged.
    `auto_rebalance`: portfolios are rebalanced by band and by calendar without being asked.
    `advisory_fee` is percent a year (see `advice.py`).
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        at: datetime | None = None,
        frozen: bool = False,
        pace: str = "fast",
        market: str = "xnys",
        nightly_clear: bool = False,
        validate_responses: bool = False,
        auto_rebalance: bool = False,
        advisory_fee: Decimal = Decimal(0),
    ) -> None:
        self.seed = seed
        self.pace = pace
        self.market = market
        self.nightly_clear = nightly_clear
        self.validate_responses = validate_responses
        self.inside: object = None
        self.auto_rebalance = auto_rebalance
        self.advisory_fee = advisory_fee
        self.lock = threading.RLock()
        self.clock = Clock(at, frozen=frozen)
        self.clock.after_move = self._after_move
        self.outbox_ready = threading.Event()
        self.outbox: object = None
        self.changed = True
        self._quiet = 0
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._running = False
        self._fresh()

    def _fresh(self) -> None:
        self._tables: dict[str, Table] = {}
        self.outbox = None
        self._jobs: list[tuple[datetime, int, str, Row]] = []
        self._planned: set[int] = set()
        self._ids = 0
        self._sequence = 0

    # Tables and chance

    def table(self, name: str) -> Table:
        """Rows by id. Made empty when first asked for. Keeps the order of insertion."""
        found = self._tables.get(name)
        if found is None:
            found = self._tables[name] = Table()
        return found

    def new_id(self) -> str:
        """A UUID. The same seed gives the same ids in the same order."""
        self._ids += 1
        # Written out by hand: `uuid.UUID` takes three times as long, and a year makes many ids.
        text = hashlib.sha256(f"{self.seed}/id/{self._ids}".encode()).hexdigest()
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"

    def sequence(self) -> int:
        """The next number of a count that never repeats: orders rows made at one moment."""
        self._sequence += 1
        return self._sequence

    def rng(self, *keys: object) -> random.Random:
        """Chance that depends on the seed and the keys only."""
        text = "/".join([str(self.seed), *map(str, keys)])
        return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))

    # What happens later

    def schedule(self, at: datetime, job: str, **args: Any) -> int:
        """Call the job at a moment (at once, if that has passed). Returns a number to `cancel` it.

        The moment may lie in the past: inside `clock.pinned`, history is written this way.
        """
        sequence = self.sequence()
        heapq.heappush(self._jobs, (at, sequence, job, args))
        self._planned.add(sequence)
        return sequence

    def cancel(self, sequence: int) -> None:
        """Take back what `schedule` promised. Does nothing if it has run."""
        self._planned.discard(sequence)

    def drop_plans(self, **args: Any) -> int:
        """Take back every job with these arguments among its own. Returns how many there were."""
        found = [
            number
            for _, number, _, given in self._waiting()
            if all(given.get(key) == value for key, value in args.items())
        ]
        self._planned.difference_update(found)
        return len(found)

    def next_due(self) -> datetime | None:
        """When the next thing happens; None if nothing is planned."""
        return min((job[0] for job in self._jobs if job[1] in self._planned), default=None)

    def planned(self) -> int:
        """How many things are going to happen."""
        return len(self._planned)

    def run_due(self) -> int:
        """Run what is due by now, in order. Returns how many jobs ran."""
        return self.run_until(None)

    def run_until(self, moment: datetime | None) -> int:
        """Run what is due by a moment, each job at its own time. Jobs may schedule further ones.

        A job that raises is logged and dropped; with `validate_responses` it raises.
        """
        with self.lock:
            if self._running:
                return 0
            self._running = True
            count = 0
            try:
                until = moment or self.clock.now()
                while self._jobs and self._jobs[0][0] <= until:
                    at, sequence, name, args = heapq.heappop(self._jobs)
                    if sequence not in self._planned:
                        continue
                    self._planned.discard(sequence)
                    count += 1
                    self.changed = True
                    with self.clock.pinned(at):
                        try:
                            JOBS[name](self, **args)
                        except Exception:
                            if self.validate_responses:
                                raise
                            log.exception("job %s failed", name)
            finally:
                self._running = False
            return count

    def _after_move(self) -> None:
        with self.lock:
            self.run_due()
        self.outbox_ready.set()

    def soon(self, seconds: float) -> datetime:
        """So many seconds from now."""
        return self.clock.now() + timedelta(seconds=seconds)

    # What others hear

    def on(self, event: str, listener: Listener) -> None:
        """Call `listener(row)` when something happens inside: see `tell`.

        Events: account.created (account), account.approved (account), deposit.completed,
        deposit.failed, deposit.canceled, deposit.returned (deposit: money taken back after
        completion), withdrawal.completed (withdrawal), world.started ({}: a fresh state has begun,
        schedule what recurs).
        """
        self._listeners[event].append(listener)

    def tell(self, event: str, row: Row) -> None:
        """Call the listeners of an event, in the order they were registered."""
        for listener in self._listeners[event]:
            listener(row)

    def emit(self, event: str, account_id: str, data: Row) -> None:
        """Queue a signed webhook for everyone who subscribed. `data` needs an `id`."""
        if self._quiet:
            return
        from sandbox import deliveries

        deliveries.queue(self, event, {**data, "account_id": account_id})

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Send no webhooks for a while: for writing history that nobody was told of."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    # Keeping

    def begin(self) -> None:
        """Let a fresh state start to live. Does nothing to one that has begun."""
        with self.lock:
            meta = self.table("meta")
            if not meta:
                before = set(self._planned)
                meta["world"] = {"started_at": self.clock.now()}
                self.tell("world.started", {})
                self.plan_night()
                new = {name for _, number, name, _ in self._waiting() if number not in before}
                meta["world"]["recurring"] = sorted(new)

    def plan_night(self) -> None:
        """Plan the next clearing if there is to be one and none is planned."""
        if self.nightly_clear and not any(job[2] == NIGHT for job in self._waiting()):
            today = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
            self.schedule(today + timedelta(days=1), NIGHT)

    def rewind(self, moment: datetime) -> None:
        """Begin again at an earlier moment, for a sandbox that nobody lives in yet."""
        with self.lock:
            meta = self.table("meta")
            recurring = meta["world"].get("recurring", [])
            for _, number, name, _ in self._waiting():
                if name in recurring:
                    self.cancel(number)
            meta.clear()
            self.clock.restart_at(moment)
            self.begin()

    def reset(self, *, keep_webhooks: bool = True) -> None:
        """Forget everything, as Bluum's sandbox does at night. Webhook registrations stay.

        Ids and numbers go on, so that nothing new is ever called like something forgotten.
        """
        with self.lock:
            kept = {name: self.table(name) for name in KEPT_AT_NIGHT if keep_webhooks}
            ids, sequence = self._ids, self._sequence
            self._fresh()
            self._ids, self._sequence = ids, sequence
            self._tables.update({name: table for name, table in kept.items() if table})
            self.changed = True
            self.begin()

    def dump(self) -> str:
        """The whole state as text. The same seed and the same calls give the same text, as long as
        the clock stands still between them.
        """
        with self.lock:
            return codec.dump(self.snapshot())

    def snapshot(self) -> dict[str, Any]:
        """The state as values; not a copy, so hold `lock` while it is used."""
        clock, now = self.clock, self.clock.now()
        return {
            "seed": self.seed,
            "pace": self.pace,
            "now": now,
            "frozen": clock.frozen,
            "speed": clock.speed,
            "offset": None if clock.frozen else (now - _real_now()).total_seconds(),
            "ids": self._ids,
            "sequence": self._sequence,
            "jobs": sorted(self._waiting(), key=lambda entry: entry[:2]),
            "tables": self._tables,
        }

    def _waiting(self) -> list[tuple[datetime, int, str, Row]]:
        return [entry for entry in self._jobs if entry[1] in self._planned]

    def restore(self, text: str) -> None:
        """Take over a dumped state.

        A clock that followed real time goes on at its old distance from it, one with a speed of
        its own from where it was. Raises ValueError, KeyError or TypeError for anything but a
        dumped state.
        """
        state = codec.load(text)
        jobs = [(_moment(at), number, name, args) for at, number, name, args in state["jobs"]]
        tables = {name: Table(rows) for name, rows in state["tables"].items()}
        with self.lock:
            self.seed = state["seed"]
            self.pace = state.get("pace", self.pace)
            self._ids = state["ids"]
            self._sequence = state["sequence"]
            self._jobs, self._planned = jobs, {number for _, number, _, _ in jobs}
            heapq.heapify(self._jobs)
            self._tables = tables
            self.outbox = None
            self.clock.frozen = state.get("frozen", self.clock.frozen)
            self.clock.speed = state.get("speed", 1.0)
            if self.clock.frozen or self.clock.speed != 1 or state["offset"] is None:
                self.clock.restart_at(state["now"])
            else:
                self.clock.restart_at(_real_now() + timedelta(seconds=state["offset"]))

    def save(self, path: Path) -> None:
        """Write the state to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(self.dump())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


@job(NIGHT)
def night(world: World) -> None:
    """Midnight UTC: accounts, orders, deposits go, webhook registrations stay."""
    if world.nightly_clear:
        world.reset()


def _moment(value: Any) -> datetime:
    return parse(value) if isinstance(value, str) else value


def _real_now() -> datetime:
    return Clock().now()
