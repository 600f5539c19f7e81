"""What every API request passes: id, faults, rate limit, credentials, contract, idempotency."""

import time
import uuid
from collections import deque
from collections.abc import Callable

from flask import Flask, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.wrappers import Response

from sandbox import auth, contract, idempotency, mishaps
from sandbox.clock import iso
from sandbox.errors import ApiError, invalid
from sandbox.ratelimit import RateLimit
from sandbox.world import Row, World

LOG_LENGTH = 1000
API = "/v1"


class Gateway:
    """Stands between the HTTP server and the endpoints."""

    def __init__(self, app: Flask, world: World, *, key: str, secret: str, rate: float) -> None:
        self.app = app
        self.world = world
        self.key = key
        self.secret = secret
        self.limit = RateLimit(rate)
        self.log: deque[Row] = deque(maxlen=LOG_LENGTH)

    def serve(self, endpoint: Callable[[], Response]) -> Response:
        """Answer the current request."""
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            self.world.changed = True
        if request.path != API and not request.path.startswith(API + "/"):
            with self.world.lock:
                self.world.run_due()
                return endpoint()
        entry: Row = {
            "id": request.headers.get("X-Request-Id") or str(uuid.uuid4()),
            "at": iso(self.world.clock.now()),
            "method": request.method,
            "path": request.path,
            "query": request.query_string.decode("latin-1"),
            "idempotency_key": request.headers.get("Idempotency-Key"),
            "status": None,
            "fault": None,
        }
        self.log.append(entry)
        response = mishaps.befall(
            self.world,
            entry,
            lambda: self._answer(endpoint),
            self._error,
            over_a_wire="werkzeug.socket" in request.environ,
        )
        entry["status"] = response.status_code
        response.headers["X-Request-Id"] = entry["id"]
        return response

    def _answer(self, endpoint: Callable[[], Response]) -> Response:
        allowed, left, wait = self.limit.take(self.key)
        if not allowed:
            response = self._error(ApiError(429, "BLUM-429-001"))
            response.headers["Retry-After"] = str(max(1, round(wait)))
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
        operation = None
        remembers = idempotency.applies(request)
        try:
            owner = auth.check(request, self.key, self.secret)
            if request.url_rule is None:
                raise ApiError(404, "BLUM-404-002")
            operation = contract.load().find(
                request.method, request.url_rule.rule.removeprefix(API)
            )
            if remembers:
                replay = idempotency.recall(self.world, request, owner)
                if replay is not None:
                    return replay
            if operation is not None:
                _check_request(operation)
            response = endpoint()
        except ApiError as error:
            response = self._error(error)
        except RequestEntityTooLarge:
            response = self._error(ApiError(400, "BLUM-400-008"))
        except (NotFound, MethodNotAllowed):
            response = self._error(ApiError(404, "BLUM-404-002"))
        except OverflowError:
            response = self._error(ApiError(400, "BLUM-400-007"))
        except HTTPException:
            response = self._error(ApiError(400, "BLUM-400-001"))
        except Exception:
            if self.world.validate_responses:
                raise
            self.app.logger.exception("request failed")
            response = self._error(ApiError(500, "BLUM-500-001"))
        if self.world.validate_responses and operation is not None:
            operation.check_answer(response.status_code, response.get_json(silent=True))
        if remembers and response.status_code != 401:
            idempotency.remember(self.world, request, self.key, response)
        return response

    def _error(self, error: ApiError) -> Response:
        body = error.body()
        if "/funding-sources" in request.path:
            body["status"] = "error"
        response = self.app.make_response(self.app.json.response(body))
        response.status_code = error.status
        return response


def _check_request(operation: contract.Operation) -> None:
    operation.check_parameters(request.view_args or {}, request.args, dict(request.headers))
    if operation.form is not None:
        fields: Row = dict(request.form)
        fields.update({name: file.filename for name, file in request.files.items()})
        operation.check_form(fields)
    elif operation.body is not None:
        if not request.get_data(cache=True):
            if operation.body_required:
                raise invalid("body", "required", "BLUM-400-002")
            return
        value = request.get_json(force=True, silent=True)
        if value is None:
            raise invalid("body", "must be JSON", "BLUM-400-003")
        operation.check_body(value)
