"""What every API request passes: id, faults, rate limit, credentials, idempotency, contract."""

import math
import re
import time
import uuid
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from flask import Flask, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response

from sandbox import auth, books, codec, contract, idempotency, masking, mishaps
from sandbox.clock import iso
from sandbox.errors import ApiError, invalid
from sandbox.ratelimit import RateLimit
from sandbox.world import Row, World

LOG_LENGTH = 1000
REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
API = "/v1"


class Gateway:
    """Stands between the HTTP server and the endpoints."""

    def __init__(self, app: Flask, world: World, *, key: str, secret: str, rate: float) -> None:
        self.app = app
        self.world = world
        self.key = key
        self.secret = secret
        self.limit = RateLimit(rate)
        self.running = idempotency.Running()
        self.log: deque[Row] = deque(maxlen=LOG_LENGTH)

    def serve(self, endpoint: Callable[[], Response]) -> Response:
        """Answer the current request."""
        with suppress(HTTPException, OSError):
            # Nobody waits for a slow body: the lock comes after it, and so does what is wrong.
            request.get_data(cache=True)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            self.world.changed = True
        if request.path != API and not request.path.startswith(API + "/"):
            return self._beside(endpoint)
        given_id = request.headers.get("X-Request-Id", "")
        entry: Row = {
            "id": given_id if REQUEST_ID.fullmatch(given_id) else str(uuid.uuid4()),
            "at": iso(self.world.clock.now()),
            "method": request.method,
            "path": request.path,
            "query": request.query_string.decode("latin-1"),
            "idempotency_key": request.headers.get("Idempotency-Key"),
            "body": masking.body(request),
            "status": None,
            "milliseconds": None,
            "fault": None,
        }
        self.log.append(entry)
        begun = time.perf_counter()
        caller = auth.named(request)
        scope = idempotency.scope(request, caller)
        with self.running.only(scope) as alone:
            response = mishaps.befall(
                self.world,
                entry,
                lambda: self._answer(endpoint, caller, alone),
                self._error,
                over_a_wire="werkzeug.socket" in request.environ,
            )
        entry["status"] = response.status_code
        entry["milliseconds"] = round((time.perf_counter() - begun) * 1000, 1)
        response.headers["X-Request-Id"] = entry["id"]
        return response

    def _beside(self, endpoint: Callable[[], Response]) -> Response:
        """Plaid's API, where faults may strike, and the pages, where they may not."""

        def work() -> Response:
            with self.world.lock:
                self.world.run_due()
                return endpoint()

        if not (request.endpoint or "").startswith("plaid."):
            return work()
        entry: Row = {"method": request.method, "path": request.path}
        over_a_wire = "werkzeug.socket" in request.environ
        return mishaps.befall(self.world, entry, work, self._error, over_a_wire=over_a_wire)

    def _answer(self, endpoint: Callable[[], Response], caller: str, alone: bool) -> Response:
        known = caller == self.key or caller in self.world.table(auth.TABLE)
        allowed, left, wait = self.limit.take(caller if known else "")
        if not allowed:
            response = self._error(ApiError(429, "BLUM-429-001"))
            response.headers["Retry-After"] = str(max(1, math.ceil(wait)))
        elif not alone:
            response = self._error(ApiError(409, "BLUM-409-002", "The first request is running."))
        else:
            with self.world.lock:
                self.world.run_due()
                response = self._checked(endpoint)
        if self.limit.rate > 0:
            response.headers["X-RateLimit-Limit"] = f"{self.limit.rate:g}"
            response.headers["X-RateLimit-Remaining"] = str(left)
            response.headers["X-RateLimit-Reset"] = str(int(time.time() + wait) + 1)
        return response

    def _checked(self, endpoint: Callable[[], Response]) -> Response:
        """Credentials, then the endpoint's existence, then what is remembered of its key."""
        try:
            owner = auth.check(request, self.world, self.key, self.secret)
            methods = contract.load().methods(request.path.removeprefix(API))
            if not methods:
                raise ApiError(404, "BLUM-404-002")
            if request.method == "OPTIONS":
                return Response(headers={"Allow": _allow(methods)})
            if request.method.replace("HEAD", "GET") not in methods:
                raise ApiError(405, "BLUM-405-001")
            scope = idempotency.scope(request, owner)
            body = idempotency.fingerprint(request) if scope else ""
            replay = idempotency.recall(self.world, scope, body) if scope else None
            if replay is not None:
                return replay
        except (ApiError, HTTPException, OSError) as error:
            response = self._error(_in_words(error))
            if response.status_code == 405:
                response.headers["Allow"] = _allow(methods)
            return response
        response = self._done(endpoint)
        if scope:
            idempotency.remember(self.world, scope, body, response)
        return response

    def _done(self, endpoint: Callable[[], Response]) -> Response:
        """The endpoint's answer, or the error that ended it."""
        operation = None
        try:
            if request.url_rule is None:
                raise ApiError(404, "BLUM-404-001")
            operation = contract.load().find(
                request.method.replace("HEAD", "GET"), request.url_rule.rule.removeprefix(API)
            )
            if operation is not None:
                _check_request(operation)
            response = endpoint()
        except (ApiError, HTTPException, ArithmeticError, OSError) as error:
            response = self._error(_in_words(error))
        except Exception:
            if self.world.validate_responses:
                raise
            self.app.logger.exception("request failed")
            response = self._error(ApiError(500, "BLUM-500-001"))
        if self.world.validate_responses and operation is not None and request.method != "HEAD":
            json = response.is_json
            said = response.get_json() if json else response.get_data()
            operation.check_answer(response.status_code, said, response.mimetype or "")
        if self.world.validate_responses:
            books.check_of(self.world, (request.view_args or {}).get("account_id"))
        return response

    def _error(self, error: ApiError) -> Response:
        body = error.body()
        if "/funding-sources" in request.path:
            body["status"] = "error"
        response = self.app.make_response(self.app.json.response(body))
        response.status_code = error.status
        return response


def _in_words(error: Exception) -> ApiError:
    """The API's error for what the web server or arithmetic raised."""
    match error:
        case ApiError():
            return error
        case RequestEntityTooLarge():
            return ApiError(400, "BLUM-400-008")
        case NotFound() | MethodNotAllowed():
            return ApiError(404, "BLUM-404-002")
        case OverflowError():
            return ApiError(400, "BLUM-400-007")
        case ArithmeticError():
            return ApiError(400, "BLUM-400-005")
        case _:
            return ApiError(400, "BLUM-400-001")


def _allow(methods: list[str]) -> str:
    implied = ["HEAD", "OPTIONS"] if "GET" in methods else ["OPTIONS"]
    return ", ".join([*methods, *implied])


def _check_request(operation: contract.Operation) -> None:
    operation.check_parameters(request.view_args or {}, request.args, request.environ)
    if operation.form is not None:
        fields: Row = dict(request.form)
        fields.update({name: file.filename for name, file in request.files.items()})
        operation.check_form(fields)
    elif operation.body is not None:
        text = request.get_data(cache=True)
        if not text:
            if operation.body_required:
                raise invalid("body", "required", "BLUM-400-002")
            return
        try:
            value = codec.read(text)
        except ValueError as error:
            raise invalid("body", "must be JSON", "BLUM-400-003") from error
        operation.check_body(value)
