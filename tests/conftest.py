"""What every test may ask for. Bluum is our sandbox, mounted in process; everything else is real.

Maya invests, Omar must never see what is hers, Iris is her advisor. Time passes by `pass_time`:
our due dates move back and the sandbox's clock forward.
"""

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from robo import clients, partner, work
from sandbox.app import create_app
from sandbox.world import World
from tests import template

# A Tuesday noon in New York: markets and banks are open.
START = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)


def pytest_configure() -> None:
    """Passwords are hashed for the tests' speed, not against thieves."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_finish() -> None:
    """What has been imported stays: the garbage collector needn't look at it ever again, and at
    the rest less often than where memory is dear."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Each worker's database is a copy of one on which the migrations have run."""
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template.ensure()


@pytest.fixture
def sandbox() -> Iterator[World]:
    """Bluum's other side: a fresh sandbox that answers whatever the product sends."""
    world = World(seed=7, frozen=True, at=START, market="always", validate_responses=True)
    app = create_app(
        world, key=settings.BLUUM_API_KEY, secret=settings.BLUUM_API_SECRET, rate=0,
        public_url="http://bluum.test",
    )  # fmt: skip
    world.app = app  # type: ignore[attr-defined]
    transport = httpx.WSGITransport(app=app, remote_addr="127.0.0.1")
    clients.mount(transport, sleep=lambda seconds: None)
    yield world
    clients.mount(None)


@pytest.fixture
def pass_time(db: None, sandbox: World) -> Callable[[timedelta], None]:
    """Let time pass: what is due later comes nearer, and Bluum lives on meanwhile."""

    def pass_(delta: timedelta) -> None:
        seconds = delta.total_seconds()
        with connection.cursor() as cursor:
            cursor.execute(
                ";".join(
                    f"UPDATE {model._meta.db_table}"
                    f" SET due_at = due_at - interval '{seconds} seconds',"
                    f" held_until = held_until - interval '{seconds} seconds'"
                    " WHERE due_at IS NOT NULL OR held_until IS NOT NULL"
                    for model in work.kinds()
                )
            )
        sandbox.clock.advance(delta)

    return pass_


@pytest.fixture
def settle(pass_time: Callable[[timedelta], None]) -> Callable[..., int]:
    """Run the loop until nothing is due within the next `horizon` (a minute)."""

    def run(rounds: int = 60, horizon: timedelta = timedelta(minutes=1)) -> int:
        for count in range(rounds):
            work.run_due()
            soon = timezone.now() + horizon
            if all(model.work_background for model in work.kinds_due(soon)):
                return count
            pass_time(timedelta(seconds=5))
        raise AssertionError("still in motion: " + ", ".join(in_motion()))

    return run


def in_motion() -> list[str]:
    return [
        f"{row._meta.label} {row.pk} {row.error}"
        for model in work.kinds()
        for row in model._base_manager.filter(due_at__isnull=False)
    ]


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Make someone who can sign in."""

    def make(email: str, **fields: Any) -> Any:
        from allauth.account.models import EmailAddress

        from accounts.models import User

        user = User.objects.create_user(email, "correct horse battery", **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    return make


@pytest.fixture
def maya(person: Callable[..., Any]) -> Any:
    return person("maya@example.com", first_name="Maya")


@pytest.fixture
def omar(person: Callable[..., Any]) -> Any:
    return person("omar@example.com", first_name="Omar")


@pytest.fixture
def iris(person: Callable[..., Any], maya: Any) -> Any:
    """Maya's advisor, with a second factor."""
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth.models import Group

    from accounts import services

    user = person("iris@example.com", first_name="Iris", is_staff=True)
    user.groups.add(Group.objects.get(name="advisor"))
    TOTP.activate(user, generate_totp_secret())
    account = services.account_of(maya)
    account.advisor = user
    account.save(update_fields=["advisor"])
    return user


IDENTITY: dict[str, Any] = {
    "first_name": "Maya",
    "last_name": "Chen",
    "date_of_birth": date(1990, 4, 2).isoformat(),
    "street_address": ["12 Elm Street"],
    "city": "Portland",
    "state": "OR",
    "postal_code": "97201",
    "country": "US",
    "phone_number": "+15035550123",
    "country_of_citizenship": "US",
    "country_of_birth": "US",
    "country_of_tax_residence": "US",
    "tax_id_type": "SSN",
    "tax_id": "536221234",
    "funding_source": ["employment_income"],
    "is_control_person": False,
    "is_affiliated_exchange_or_finra": False,
    "is_politically_exposed": False,
    "immediate_family_exposed": False,
}


@pytest.fixture
def apply_for(sandbox: World) -> Callable[..., Any]:
    """Answer everything, sign everything, submit. The loop has not run yet."""

    def submit(user: Any, **identity: Any) -> Any:
        from accounts import services

        account = services.account_of(user)
        services.save_identity(
            account, **{**IDENTITY, "first_name": user.first_name or "Maya", **identity}
        )
        for agreement in partner.current().to_sign:
            services.sign(
                account=account,
                slug=agreement.slug,
                version=agreement.version,
                title=agreement.title,
                body=agreement.text,
                kind=agreement.kind,
                statement="I agree",
                ip="203.0.113.7",
                user_agent="test",
            )
        services.submit(account)
        account.refresh_from_db()
        return account

    return submit


@pytest.fixture
def open_account(
    apply_for: Callable[..., Any],
    settle: Callable[..., int],
    django_capture_on_commit_callbacks: Any,
) -> Callable[..., Any]:
    """An account that Bluum has opened and approved."""

    def open_(user: Any, **identity: Any) -> Any:
        account = apply_for(user, **identity)
        settle()
        account.refresh_from_db()
        assert account.status == "ACTIVE", account.error
        return account

    return open_
