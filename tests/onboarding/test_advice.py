"""Every piece of advice keeps what it came from, and comes out again."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from onboarding.models import Advice
from portfolios.planning import risk
from tests.portfolios.conftest import assess


@pytest.fixture
def assessed(maya, open_account):
    return assess(open_account(maya))


def replayed(*arguments):
    out = StringIO()
    call_command("replay_advice", *arguments, stdout=out)
    return out.getvalue()


def test_a_risk_level_is_kept_with_its_answers_and_versions(assessed):
    advice = Advice.objects.get(kind="risk")
    assert advice.about == f"assessment:{assessed.pk}"
    assert advice.inputs["answers"] == assessed.answers
    assert (advice.engine, advice.assumptions) == (risk.ENGINE_VERSION, "2026")
    assert advice.outputs["level"] == assessed.level


def test_replaying_advice_says_that_it_is_the_same(assessed):
    advice = Advice.objects.get(kind="risk")
    assert "the same" in replayed(str(advice.pk))
    assert "the same" in replayed("--all")


def test_replaying_says_what_comes_out_otherwise(assessed, monkeypatch):
    monkeypatch.setattr(risk, "LOWER_WEIGHT", 0.5)
    out = StringIO()
    with pytest.raises(CommandError, match="otherwise"):
        call_command("replay_advice", "--all", stdout=out)
    assert "score: was" in out.getvalue()


def test_advice_can_be_neither_changed_nor_deleted(assessed):
    advice = Advice.objects.get(kind="risk")
    for attempt in (
        lambda: Advice.objects.filter(pk=advice.pk).update(outputs={}),
        lambda: Advice.objects.filter(pk=advice.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_advice_holds_no_name_and_no_address(assessed, maya):
    kept = json.dumps([[a.inputs, a.outputs] for a in Advice.objects.all()])
    for secret in (maya.email, *assessed.account.name.split()):
        assert secret not in kept


def test_an_unknown_advice_is_said_to_be_unknown(db):
    with pytest.raises(CommandError, match="no advice 7"):
        replayed("7")
