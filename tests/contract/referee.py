"""`bin/contract`: Schemathesis against a sandbox of its own, all checks, sequences of calls too.

The sandbox has an account with two years behind it, so most questions are about something that
exists. `bin/contract` asks 100 examples of each operation; `bin/contract --quick` asks few, the
same ones each time. Further options are Schemathesis's own.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.contract import lived_in

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "schemathesis.toml"
CONTRACT = ROOT / "sandbox/contract/openapi.yaml"
QUICK = ["--max-examples", "5", "--generation-deterministic"]
FULL = ["--generation-database", "none"]
CLOCK = "2026-03-10T15:00:00Z"
"""A Tuesday, 11:00 in New York."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_sandbox(port: int) -> subprocess.Popen[bytes]:
    """A sandbox without limits. Raises TimeoutError if it doesn't answer."""
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--smtp-port"]
    options = [str(free_port()), "--rate", "0", "--at", CLOCK]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL)
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/_sandbox/health")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return process
    process.kill()
    raise TimeoutError("The sandbox did not start.")


def main() -> int:
    quick = "--quick" in sys.argv
    options = [option for option in sys.argv[1:] if option != "--quick"]
    port = free_port()
    sandbox = start_sandbox(port)
    try:
        address = f"http://127.0.0.1:{port}"
        names = lived_in.settings(lived_in.live(address))
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder, "schemathesis.toml")
            settings.write_text(SETTINGS.read_text(encoding="utf-8") + names, encoding="utf-8")
            return subprocess.call(
                [
                    *(sys.executable, "-m", "schemathesis.cli"),
                    *("--config-file", str(settings), "run", str(CONTRACT)),
                    *("--url", f"{address}/v1"),
                    *(QUICK if quick else FULL),
                    *options,
                ],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
    finally:
        sandbox.terminate()
        sandbox.wait(10)


if __name__ == "__main__":
    sys.exit(main())
