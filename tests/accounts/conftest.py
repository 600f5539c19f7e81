from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from robo import work


@pytest.fixture(autouse=True)
def outbox(settings: Any) -> None:
    """Mail goes the way it goes in life: into our sealed rows."""
    settings.EMAIL_BACKEND = "accounts.mail.OutboxBackend"


@pytest.fixture
def a_minute_later(pass_time: Callable[[timedelta], None]) -> Callable[[], None]:
    """Let a minute pass, the loop awake; what waits for a person goes on waiting."""

    def run() -> None:
        for _ in range(12):
            work.run_due()
            pass_time(timedelta(seconds=5))
        work.run_due()

    return run
