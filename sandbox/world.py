"""Everything the sandbox knows, in one place.

`World` holds named tables: `world.table("accounts")` is a dict from id to row, a row is a plain
dict. Values are JSON values plus `Decimal`, `date` and aware `datetime`, which the state file tags
and restores and which answers write as strings (`codec.py`). Nothing else may be stored. Row keys
are strings.

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
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sandbox import codec
from sandbox.clock import Clock, iso, parse

log = logging.getLogger("sandbox")

Row = dict[str, Any]
Table = dict[str, Row]
Listener = Callable[[Row], None]
JobFunction = TypeVar("JobFunction", bound=Callable[..., None])

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
    `validate_responses` is for tests: answers are checked against the contract too, and a failing
    job raises instead of being logged.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        at: datetime | None = None,
        frozen: bool = False,
        pace: str = "fast",
        market: str = "xnys",
        validate_responses: bool = False,
    ) -> None:
        self.seed = seed
        self.pace = pace
        self.market = market
        self.validate_responses = validate_responses
        self.lock = threading.RLock()
        self.clock = Clock(at, frozen=frozen)
        self.clock.after_move = self._after_move
        self.outbox_ready = threading.Event()
        self.changed = True
        self._quiet = 0
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._running = False
        self._fresh()

    def _fresh(self) -> None:
        self._tables: dict[str, Table] = {}
        self._jobs: list[tuple[str, int, str, Row]] = []
        self._ids = 0
        self._sequence = 0

    # Tables and chance

    def table(self, name: str) -> Table:
        """Rows by id. Made empty when first asked for. Keeps the order of insertion."""
        return self._tables.setdefault(name, {})

    def new_id(self) -> str:
        """A UUID. The same seed gives the same ids in the same order."""
        self._ids += 1
        digest = hashlib.sha256(f"{self.seed}/id/{self._ids}".encode()).digest()
        return str(uuid.UUID(bytes=digest[:16], version=4))

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
        heapq.heappush(self._jobs, (iso(at), sequence, job, args))
        return sequence

    def cancel(self, sequence: int) -> None:
        """Take back what `schedule` promised. Does nothing if it has run."""
        self._jobs = [entry for entry in self._jobs if entry[1] != sequence]
        heapq.heapify(self._jobs)

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
                while self._jobs and self._jobs[0][0] <= iso(moment or self.clock.now()):
                    at, _, name, args = heapq.heappop(self._jobs)
                    count += 1
                    self.changed = True
                    with self.clock.pinned(parse(at)):
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
                meta["world"] = {"started_at": self.clock.now()}
                self.tell("world.started", {})

    def reset(self, *, keep_webhooks: bool = True) -> None:
        """Forget everything, as Bluum's sandbox does at night. Webhook registrations stay."""
        with self.lock:
            webhooks = self._tables.get("webhooks", {}) if keep_webhooks else {}
            ids, sequence = self._ids, self._sequence
            self._fresh()
            self._ids, self._sequence = ids, sequence
            if webhooks:
                self._tables["webhooks"] = webhooks
            self.begin()

    def dump(self) -> str:
        """The whole state as text."""
        with self.lock:
            return codec.dump(
                {
                    "seed": self.seed,
                    "now": self.clock.now(),
                    "offset": (self.clock.now() - _real_now()).total_seconds(),
                    "ids": self._ids,
                    "sequence": self._sequence,
                    "jobs": self._jobs,
                    "tables": self._tables,
                }
            )

    def restore(self, text: str) -> None:
        """Take over a dumped state. The clock goes on at its old distance from real time."""
        state = codec.load(text)
        with self.lock:
            self.seed = state["seed"]
            self._ids = state["ids"]
            self._sequence = state["sequence"]
            self._jobs = [(at, number, name, args) for at, number, name, args in state["jobs"]]
            heapq.heapify(self._jobs)
            self._tables = state["tables"]
            if self.clock.frozen:
                self.clock.restart_at(state["now"])
            else:
                self.clock.restart_at(_real_now() + timedelta(seconds=state["offset"]))

    def save(self, path: Path) -> None:
        """Write the state to a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(self.dump())
        os.replace(temporary, path)


def _real_now() -> datetime:
    return Clock().now()
