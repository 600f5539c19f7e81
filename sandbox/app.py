"""The web application: `create_app(world)` mounts the API under `/v1` and the pages beside it."""

import importlib
from typing import Any, ClassVar

import httpx
from flask import Blueprint, Flask, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.routing import Map
from werkzeug.wrappers import Response

from sandbox import codec, contract, inside, web
from sandbox.gateway import Gateway
from sandbox.mishaps import AnswerCutOff, ConnectionLost, NoAnswer
from sandbox.world import World

API_MODULES = [
    "sandbox.api.accounts",
    "sandbox.api.compliance",
    "sandbox.api.documents",
    "sandbox.api.funding",
    "sandbox.api.transfers",
    "sandbox.api.webhooks",
    "sandbox.api.assets",
    "sandbox.api.trading",
    "sandbox.api.wealth_profile",
    "sandbox.api.wealth_goals",
    "sandbox.api.wealth_policy",
    "sandbox.api.wealth_portfolios",
    "sandbox.api.wealth_autoinvest",
    "sandbox.api.wealth_reports",
]
"""Each has `routes(api, world)` and registers on the blueprint of `/v1`, with the contract's paths
in Flask's spelling: `@api.get("/accounts/<account_id>")`."""

PAGE_MODULES = [
    "sandbox.plaid.link",
    "sandbox.verify",
    "sandbox.mail",
    "sandbox.control",
    "sandbox.control_market",
    "sandbox.keys",
    "sandbox.console",
]
"""Each has `routes(app, world)` and registers outside `/v1`."""

LARGEST_BODY = 12 * 1024 * 1024


class JSON(DefaultJSONProvider):
    """Writes decimals and instants as strings, keys in the order given."""

    sort_keys = False
    default = staticmethod(codec.plain)

    def loads(self, s: str | bytes, **options: Any) -> Any:
        """Raises ValueError for anything but JSON, and for JSON nested too deep to read."""
        try:
            return super().loads(s, **options)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


class Sandbox(Flask):
    """Flask, with the gateway in front of everything under `/v1`."""

    json_provider_class = JSON
    gateway: Gateway
    world: World
    addresses: ClassVar[Map | None] = None
    """The routes, as compiled for the first sandbox of this process. All have the same ones, and
    compiling them takes longer than everything else that a new sandbox does."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self.url_map = self.addresses or self.url_map

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        if self.addresses is None:
            super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
        elif view_func:
            self.view_functions[endpoint or view_func.__name__] = view_func

    def dispatch_request(self) -> Response:
        """Serve one request at a time; let due jobs run first."""
        if inside.MARK in request.environ:
            with self.world.lock:
                return self.make_response(super().dispatch_request())
        try:
            return self.gateway.serve(
                lambda: self.make_response(super(Sandbox, self).dispatch_request())
            )
        finally:
            # Said again after the work: a saving that began meanwhile has not seen it.
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                self.world.changed = True

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        """Hang up when a fault says so. In process nothing can be hung up: the client's own error
        for it is raised.
        """
        try:
            return super().wsgi_app(environ, start_response)
        except ConnectionLost as lost:
            if "werkzeug.socket" in environ:
                raise
            if isinstance(lost, AnswerCutOff):
                raise httpx.RemoteProtocolError("The answer was cut off.") from None
            if isinstance(lost, NoAnswer):
                raise httpx.ReadTimeout("The sandbox did not answer.") from None
            raise httpx.ReadError("The sandbox hung up.") from None


def create_app(
    world: World,
    *,
    key: str = "sandbox-key",
    secret: str = "sandbox-secret",  # noqa: S107
    rate: float = 10,
    public_url: str = "",
) -> Sandbox:
    """The sandbox as a WSGI application.

    `rate` is requests a second per key pair (0: no limit). `public_url` is where browsers find this
    program; empty means the address of the request.
    """
    app = Sandbox("sandbox", static_url_path="/_static")
    app.world = world
    world.inside = inside.Inside(app)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["PROPAGATE_EXCEPTIONS"] = world.validate_responses
    app.config["PUBLIC_URL"] = public_url.rstrip("/")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.gateway = Gateway(app, world, key=key, secret=secret, rate=rate)
    api = Blueprint("api", __name__, url_prefix="/v1")
    for name in API_MODULES:
        importlib.import_module(name).routes(api, world)
    app.register_blueprint(api)

    @app.get("/openapi.json")
    def document() -> ResponseReturnValue:
        here = {"url": f"{web.home()}/v1", "description": "This sandbox"}
        return {**contract.load().document, "servers": [here]}

    for name in PAGE_MODULES:
        importlib.import_module(name).routes(app, world)
    Sandbox.addresses = app.url_map
    world.begin()
    return app
