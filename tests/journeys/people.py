"""Make a deployment ready and, for journeys that begin half-way, people who have come that far.

Runs as a program of its own, over the product's services and steps: `python -m
tests.journeys.people --people` prints who was made as JSON.
"""

import json
import sys
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django

PASSWORD = "a quiet harbor 71"


def main() -> None:
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("webhook", "register", verbosity=0)
    print(json.dumps(make() if "--people" in sys.argv else {}))


def make() -> dict[str, dict[str, Any]]:
    """Hanna has only signed up; Greta and Wanda have a policy and a bank; Rosa has lived with hers
    for years, Owen trades; staff have TOTP."""
    from accounts import roles
    from tests import addresses, lived_in

    hanna, greta, wanda = investor("Hanna"), investor("Greta"), investor("Wanda")
    open_with_policy_and_bank(greta)
    open_with_policy_and_bank(wanda)
    rosa, owen = lived_in.account(investor("Rosa")), lived_in.trader(investor("Owen"))
    return {
        "greta": {"email": greta.email},
        "hanna": {"email": hanna.email},
        "owen": {"email": owen.user.email, "addresses": addresses.examples(owen)},
        "rosa": {"email": rosa.user.email, "addresses": addresses.examples(rosa)},
        "wanda": {"email": wanda.email},
        "iris": staff("Iris", "Novak", roles.ADVISOR),
        "samuel": staff("Samuel", "Okafor", roles.SUPERVISOR),
    }


def investor(first: str, last: str = "Lind", **fields: Any) -> Any:
    from allauth.account.models import EmailAddress

    from accounts.models import User

    email = f"{first.lower()}@example.com"
    user = User.objects.create_user(email, PASSWORD, first_name=first, last_name=last, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def staff(first: str, last: str, role: str) -> dict[str, str]:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth.models import Group

    user = investor(first, last, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return {"email": user.email, "name": f"{first} {last}", "totp": secret}


def answer_everything(user: Any) -> Any:
    """Up to the last screen of the application."""
    import onboarding.services
    from accounts import services
    from robo import partner
    from tests.conftest import IDENTITY

    account = services.account_of(user)
    named = {"first_name": user.first_name, "last_name": user.last_name}
    services.save_identity(account, **{**IDENTITY, **named})
    onboarding.services.update_profile(
        account,
        employment={"employment_status": "retired", "annual_gross_income": "64000.00"},
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
            ip="127.0.0.1",
            user_agent="set-up",
        )
    return account


def open_with_policy_and_bank(user: Any) -> None:
    from django.utils import timezone

    import accounts.services
    import funding.services
    import onboarding.services
    import portfolios.services

    account = answer_everything(user)
    accounts.services.submit(account)
    hurry()
    account.refresh_from_db()
    assert account.is_active, account.error
    answers = {
        "investment_goal": "growth",
        "time_horizon": "20_years",
        "risk_tolerance": "moderate",
        "reaction_to_loss": "hold_and_wait",
        "income_needs": "none",
        "investment_knowledge": "intermediate",
    }
    onboarding.services.submit_risk(account=account, answers=answers, key=uuid.uuid4())
    portfolios.services.add_goal(
        account=account,
        key=uuid.uuid4(),
        type="retirement",
        name="Retirement",
        target_amount=Decimal("400000"),
        target_date=timezone.now().date() + timedelta(days=365 * 25),
        monthly_contribution=Decimal("400"),
        initial_amount=Decimal("0"),
    )
    link = funding.services.start_bank_link(account=account)
    funding.services.finish_bank_link(link=link, public_token=public_token(account.bluum_id))
    hurry()
    policy = portfolios.services.propose_policy(account)
    hurry()
    policy.refresh_from_db()
    portfolios.services.accept_policy(policy, ip="127.0.0.1", user_agent="set-up")
    hurry()
    policy.refresh_from_db()
    assert policy.status == "active", policy.error


def control(path: str, **body: Any) -> Any:
    import os

    import httpx

    answer = httpx.post(os.environ["SANDBOX_CONTROL"] + path, json=body, timeout=30)
    return answer.raise_for_status().json()


def public_token(account_id: str) -> str:
    return str(control("/plaid/public-token", account_id=account_id)["public_token"])


def hurry() -> None:
    """Take every step that waits less than a minute, and let the sandbox live meanwhile."""
    from django.utils import timezone

    from robo import work

    for _ in range(12):
        work.run_due()
        soon = timezone.now() + timedelta(minutes=1)
        waiting = sum(
            model._base_manager.filter(due_at__lte=soon, stuck_at=None).update(
                due_at=timezone.now()
            )
            for model in work.kinds()
        )
        if not waiting:
            return
        control("/clock/advance", seconds=5)


if __name__ == "__main__":
    main()
