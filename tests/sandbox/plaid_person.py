"""Someone who integrates with Plaid: the official client, a browser's hands, a webhook receiver."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import plaid
import pytest
from plaid.api import plaid_api
from plaid.model.country_code import CountryCode
from plaid.model.item_public_token_exchange_request import ItemPublicTokenExchangeRequest
from plaid.model.link_token_create_hosted_link import LinkTokenCreateHostedLink
from plaid.model.link_token_create_request import LinkTokenCreateRequest
from plaid.model.link_token_create_request_user import LinkTokenCreateRequestUser
from plaid.model.products import Products
from plaid.model.sandbox_public_token_create_request import SandboxPublicTokenCreateRequest
from plaid.model.sandbox_public_token_create_request_options import (
    SandboxPublicTokenCreateRequestOptions,
)

from sandbox.app import create_app
from sandbox.server import Handler, Server
from sandbox.world import World
from tests.sandbox.person import START

PLATYPUS = "ins_109508"
EVERYTHING = ["auth", "identity", "investments", "liabilities"]


class Receiver:
    """Takes webhooks on a port of its own."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.arrived = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.headers["Plaid-Verification"], body))
                self.send_response(200)
                self.end_headers()
                outer.arrived.set()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/plaid"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def events(self) -> list[str]:
        bodies = [json.loads(body) for _, body in self.got]
        return [f"{body['webhook_type']} {body['webhook_code']}" for body in bodies]


class PlaidClient:
    """The official client, pointed at one sandbox."""

    def __init__(self, home: str, *, secret: str = "sandbox-secret") -> None:
        self.home = home
        settings = plaid.Configuration(
            host=f"{home}/plaid", api_key={"clientId": "sandbox-key", "secret": secret}
        )
        self.http = plaid.ApiClient(settings)
        self.api = plaid_api.PlaidApi(self.http)
        self.browser = httpx.Client(base_url=home)

    def close(self) -> None:
        self.http.close()
        self.http.rest_client.pool_manager.clear()
        self.browser.close()

    def public_token(
        self, *, bank: str = PLATYPUS, products: list[str] | None = None, **options: Any
    ) -> str:
        request = SandboxPublicTokenCreateRequest(
            institution_id=bank,
            initial_products=[Products(name) for name in products or EVERYTHING],
            options=SandboxPublicTokenCreateRequestOptions(**options),
        )
        return str(self.api.sandbox_public_token_create(request).public_token)

    def exchange(self, public_token: str) -> Any:
        request = ItemPublicTokenExchangeRequest(public_token=public_token)
        return self.api.item_public_token_exchange(request)

    def access_token(self, **options: Any) -> str:
        return str(self.exchange(self.public_token(**options)).access_token)

    def link(self, *, products: list[str] | None = None, hosted: bool = True, **more: Any) -> Any:
        if hosted:
            more["hosted_link"] = LinkTokenCreateHostedLink(**more.pop("hosted_options", {}))
        if "access_token" not in more:
            more["products"] = [Products(name) for name in products or EVERYTHING]
        request = LinkTokenCreateRequest(
            client_name="Fernwood Savings",
            language="en",
            country_codes=[CountryCode("US")],
            user=LinkTokenCreateRequestUser(client_user_id="maya", legal_name="Maya Okafor"),
            **more,
        )
        return self.api.link_token_create(request)

    def sign_in(
        self,
        page: str,
        *,
        bank: str = PLATYPUS,
        user: str = "user_good",
        password: str = "pass_good",
    ) -> httpx.Response:
        """Up to the answer of the sign-in form."""
        self.browser.get(page)
        self.browser.post(page)
        return self.browser.post(f"{page}/bank/{bank}", data={"user": user, "password": password})


class Sandbox:
    """A running sandbox whose clock and outbox the test holds in its hands."""

    def __init__(self, home: str, world: World) -> None:
        self.home = home
        self.world = world


@contextmanager
def running() -> Iterator[Sandbox]:
    world = World(at=START, frozen=True, market="always", validate_responses=True)
    server = Server("127.0.0.1", 0, create_app(world, rate=0), handler=Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Sandbox(f"http://127.0.0.1:{server.server_port}", world)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refused(call: Any, *args: Any) -> dict[str, Any]:
    """The body of the error that the call ends with."""
    with pytest.raises(plaid.ApiException) as caught:
        call(*args)
    body: dict[str, Any] = json.loads(caught.value.body)
    assert {"error_type", "error_message", "display_message", "request_id"} <= body.keys()
    return {**body, "status": caught.value.status}
