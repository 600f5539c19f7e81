"""Who integrates with Plaid, for the tests of its API: `sandbox` is their file's own, running."""

from collections.abc import Iterator

import pytest

from tests.sandbox.plaid_person import PlaidClient, Receiver, Sandbox


@pytest.fixture
def us(sandbox: Sandbox) -> Iterator[PlaidClient]:
    client = PlaidClient(sandbox.home)
    yield client
    client.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()
