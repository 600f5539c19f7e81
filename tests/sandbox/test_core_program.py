"""The program as it is started: port, mail, state file, signals."""

import contextlib
import json
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from tests.sandbox.person import APPLICATION, signature_holds

ROOT = Path(__file__).resolve().parents[2]
AUTH = ("sandbox-key", "sandbox-secret")


def free_port() -> int:
    """A port whose neighbour is free too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                two.bind(("127.0.0.1", port + 1))
                return int(port)


class Program:
    """A running sandbox."""

    def __init__(self, port: int, *options: str) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", str(port), *options]
        self.port = port
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.url = f"http://127.0.0.1:{port}"
        self.api = httpx.Client(base_url=f"{self.url}/v1", auth=AUTH)

    def ready(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.api.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=15)
        return self.process.returncode


@pytest.fixture
def start() -> Iterator[Callable[..., Program]]:
    running: list[Program] = []

    def begin(*options: str) -> Program:
        program = Program(free_port(), *options)
        running.append(program)
        assert program.ready().startswith(f"Sandbox: {program.url}/ ")
        return program

    yield begin
    for program in running:
        program.stop()


def until(question: Callable[[], object]) -> object:
    """Ask until the answer is yes; a generous while."""
    for _ in range(300):
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("it never happened")


def test_a_person_is_verified_told_and_remembered_across_a_restart(start, tmp_path):
    heard: list[tuple[dict, httpx.Headers, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((json.loads(body), httpx.Headers(dict(self.headers)), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *values: object) -> None:
            pass

    receiver = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    try:
        state = tmp_path / "a folder" / "state.json"
        first = start("--state", str(state), "--at", "2027-05-04T14:00:00Z")
        hook = {
            "name": "Us",
            "url": f"http://127.0.0.1:{receiver.server_port}/hook",
            "eventTypeNames": ["account.*"],
        }
        made = first.api.post("/webhooks", json=hook).json()["data"]["webhook"]
        account = first.api.post("/accounts", json=APPLICATION).json()["id"]
        until(lambda: any(body["data"]["status"] == "ACTIVE" for body, _, _ in heard))
        assert all(signature_holds(made["secret"], headers, body) for _, headers, body in heard)
        assert first.api.get(f"/accounts/{account}").json()["created_at"].startswith("2027-05-04")
        assert first.stop() == 0

        second = start("--state", str(state))
        assert second.api.get(f"/accounts/{account}").json()["status"] == "ACTIVE"
        now = httpx.get(f"{second.url}/_sandbox/clock").json()["now"]
        assert now.startswith("2027-05-04")
    finally:
        receiver.shutdown()
        thread.join()
        receiver.server_close()


def test_a_mail_sent_to_the_port_beside_is_read_on_the_page(start):
    program = start()
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@mail.test", "maya@mail.test", "Code"
    message.set_content("This is it:\n\n482913\n")
    with smtplib.SMTP("127.0.0.1", program.port + 1) as server:
        server.send_message(message)
    [found] = httpx.get(f"{program.url}/_sandbox/mail?to=maya@mail.test").json()["mails"]
    assert found["code"] == "482913"
    assert "482913" in httpx.get(f"{program.url}/mail/{found['id']}").text


def test_a_taken_port_is_said_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = Program(port)
        out, err = program.process.communicate(timeout=20)
    program.api.close()
    assert program.process.returncode == 1
    assert (out, err) == ("", f"Port {port} is taken; choose another one.\n")


def test_a_damaged_state_file_is_said_in_one_sentence(tmp_path):
    state = tmp_path / "state.json"
    state.write_text("{")
    program = Program(free_port(), "--state", str(state))
    out, err = program.process.communicate(timeout=20)
    program.api.close()
    assert program.process.returncode == 1
    assert out == ""
    assert err.count("\n") == 1
    assert "can't be read" in err


def test_ctrl_c_stops_quietly(start):
    program = start()
    assert program.stop(signal.SIGINT) == 0


def test_a_cut_connection_leaves_the_work_done_and_the_key_remembered(start):
    program = start()
    fault = {"kind": "timeout_after", "seconds": 0, "count": 1, "method": "POST"}
    httpx.post(f"{program.url}/_sandbox/faults", json=fault)
    key = {"Idempotency-Key": "wish"}
    with pytest.raises(httpx.TransportError):
        program.api.post("/accounts", json=APPLICATION, headers=key)
    again = program.api.post("/accounts", json=APPLICATION, headers=key)
    assert again.status_code == 201
    assert len(program.api.get("/accounts").json()) == 1
