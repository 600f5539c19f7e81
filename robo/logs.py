"""Logs: one JSON line per event, with request and task ids. Never a body, a name or an amount."""

import logging
from typing import Any

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware as LoggingMiddleware
from structlog.typing import EventDict

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


class RequestMiddleware(LoggingMiddleware):
    """Logs each request by method and path. A query may hold a token or a name, so it stays out."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


def without_messages(_: Any, __: str, event: EventDict) -> EventDict:
    """An exception's text may quote what a person typed: keep its name and the places only."""
    info = event.pop("exc_info", None)
    if info is True:
        import sys

        info = sys.exc_info()
    problem = info[1] if isinstance(info, tuple) else info
    if isinstance(problem, BaseException):
        places, frame = [], problem.__traceback__
        while frame:
            code = frame.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{frame.tb_lineno} {code.co_name}")
            frame = frame.tb_next
        event["exception"] = type(problem).__name__
        event["at"] = places[-6:]
    return event


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            without_messages,
            structlog.processors.JSONRenderer(),
        ],
    )


def configure() -> None:
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
