"""The sandbox as a program of its own, over a real line, with every fault it knows."""

import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest

from robo.bluum import Bluum, Unavailable
from sandbox.faults import REQUEST_KINDS
from tests.bluum.conftest import open_account
from tests.sandbox.test_core_program import free_port


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    port, mail = free_port(), free_port()
    program = [sys.executable, "-m", "sandbox", "--port", str(port), "--smtp-port", str(mail)]
    with subprocess.Popen(
        [*program, "--market", "always"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def test_under_every_fault_a_wish_comes_true_exactly_once(sandbox: str) -> None:
    control = httpx.Client(base_url=sandbox, trust_env=False)
    bluum = Bluum(f"{sandbox}/v1", "sandbox-key", "sandbox-secret", timeout=1, budget=8)
    with control, bluum:
        account_id = open_account(bluum).id
        control.post("/_sandbox/clock/advance", json={"days": 1}).raise_for_status()
        for number, kind in enumerate(REQUEST_KINDS, start=1):
            fault = {
                "kind": kind,
                "route": "/v1/accounts/*/deposits",
                "method": "POST",
                "count": 1,
                **({"seconds": 2} if kind.startswith("timeout") else {}),
                **({"status": 503, "retry_after": 1} if kind == "status" else {}),
            }
            control.post("/_sandbox/faults", json=fault).raise_for_status()
            wish = uuid4()
            for _ in range(20):  # the first request may still be at work under this key
                try:
                    made = bluum.deposits.create_manual(
                        account_id, amount=Decimal("20"), idempotency_key=wish
                    )
                    break
                except Unavailable as error:
                    assert error.outcome_unknown, kind  # noqa: PT017
                    time.sleep(0.5)
            else:
                pytest.fail(f"{kind}: no answer")
            assert made.status == "pending", kind
            assert bluum.deposits.list(account_id).total == number, kind
