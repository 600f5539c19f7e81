"""Keeps the state in a file while requests go on.

Writing a thousand accounts takes seconds. So the program forks, as Redis does: the child has the
state as it was at that moment, writes it and ends, while requests wait for the fork only. The file
is replaced whole or not at all, so a kill at any moment leaves the last one that was finished.
"""

import contextlib
import logging
import os
import time
from pathlib import Path

from sandbox.world import World

log = logging.getLogger("sandbox")

SPACING = 1.0
"""Seconds between two savings, at least; and never less than the last one took."""


class Keeper:
    """Saves a world to a file whenever it has changed."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.path = path
        self._child: int | None = None
        self._began = 0.0
        self._not_before = 0.0

    def look(self) -> None:
        """Save if something changed and it is time; called several times a second."""
        if self._child is not None and not self._ended(os.WNOHANG):
            return
        if self.world.changed and time.monotonic() >= self._not_before:
            self._began = time.monotonic()
            self._child = self._fork()

    def finish(self) -> None:
        """Save for the last time, and wait for it."""
        if self._child is not None:
            self._ended(0)
        self._save()

    def _fork(self) -> int | None:
        with self.world.lock:
            self.world.changed = False
            try:
                child = os.fork()
            except OSError:
                child = -1
            if child == 0:
                self._save_and_exit()
        if child > 0:
            return child
        self._save()
        return None

    def _save_and_exit(self) -> None:
        """What the child does. It lets go of sockets, or a killed parent's port stays taken."""
        code = 1
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(nothing, number)
            os.closerange(3, max(int(name) for name in os.listdir("/dev/fd")) + 1)
            with contextlib.suppress(OSError):
                os.nice(5)
            self.world.save(self.path)
            code = 0
        finally:
            os._exit(code)

    def _ended(self, options: int) -> bool:
        assert self._child is not None
        try:
            number, status = os.waitpid(self._child, options)
        except ChildProcessError:
            number, status = self._child, 1
        if number == 0:
            return False
        self._child = None
        took = time.monotonic() - self._began
        self._not_before = time.monotonic() + max(SPACING, took)
        if status:
            self._failed("a child ended badly")
        return True

    def _save(self) -> None:
        self.world.changed = False
        try:
            self.world.save(self.path)
        except OSError as error:
            self._failed(str(error))

    def _failed(self, why: str) -> None:
        self.world.changed = True
        log.error("The state can't be saved in %s: %s", self.path, why)
