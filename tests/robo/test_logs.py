"""Logs hold identifiers, never what a person typed or a token in an address."""

import logging
from typing import Any

import pytest
from django.test import Client


@pytest.mark.django_db
def test_an_addresss_query_stays_out_of_the_logs(client: Client, caplog: Any) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/?public_token=public-sandbox-123")
    said = " ".join(str(record.msg) for record in caplog.records)
    assert "GET /" in said
    assert "public-sandbox-123" not in said


def test_an_exceptions_own_words_stay_out_of_the_logs() -> None:
    from robo.logs import formatter

    try:
        raise ValueError("tax id 536-22-1234")
    except ValueError:
        import sys

        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it broke", (), sys.exc_info())
    line = formatter().format(record)
    assert "ValueError" in line
    assert "536-22" not in line
