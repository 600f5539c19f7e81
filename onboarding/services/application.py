"""The application: keep an answer, sign, apply."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts import services as accounts
from accounts.models import Account
from onboarding import steps
from onboarding.agreements import statement
from onboarding.models import Application
from onboarding.services.profile import update_profile
from robo.partner import Agreement


class Incomplete(Exception):
    """The application lacks something; `step` is where it is asked."""

    def __init__(self, step: steps.Step) -> None:
        super().__init__(step.slug)
        self.step = step


def steps_done(account: Account, to_sign: tuple[Agreement, ...]) -> set[str]:
    """Slugs of the screens that need no answer any more. Agreements count in today's text only."""
    application = Application.objects.filter(account=account).first()
    done = set(application.steps_done if application else []) & set(steps.BY_SLUG)
    done.discard("agreements")
    if not unsigned(account, to_sign):
        done.add("agreements")
    return done


def unsigned(account: Account, to_sign: tuple[Agreement, ...]) -> list[Agreement]:
    """The agreements whose present text the person hasn't signed."""
    signed = set(account.signatures.values_list("text_id", flat=True))
    return [agreement for agreement in to_sign if agreement.sha256 not in signed]


@transaction.atomic
def save_answers(
    *,
    account: Account,
    step: str,
    identity: Mapping[str, Any],
    employment: Mapping[str, Any] | None = None,
) -> None:
    """Keep one screen's answers: identity sealed, employment in the profile, and what risk answers
    are held against (where the money comes from, the year of birth) in the open.

    Raises accounts.services.AlreadySubmitted once the application is on its way.
    """
    accounts.save_identity(account, **identity)
    if employment is not None:
        update_profile(account, employment=dict(employment))
    application, _ = Application.objects.select_for_update().get_or_create(account=account)
    if step not in application.steps_done:
        application.steps_done = [*application.steps_done, step]
    if "funding_source" in identity:
        application.funding_source = list(identity["funding_source"])
    if born := str(identity.get("date_of_birth") or ""):
        application.birth_year = int(born[:4])
    application.save()


@transaction.atomic
def sign_agreements(
    *, account: Account, agreements: list[Agreement], ip: str, user_agent: str
) -> None:
    """Sign each of these as they stand. The caller has made sure that this is what was shown."""
    for agreement in agreements:
        accounts.sign(
            account=account,
            slug=agreement.slug,
            version=agreement.version,
            title=agreement.title,
            body=agreement.text,
            kind=agreement.kind,
            statement=statement(agreement),
            ip=ip,
            user_agent=user_agent,
        )


@transaction.atomic
def submit_application(account: Account, to_sign: tuple[Agreement, ...]) -> None:
    """Apply. Raises Incomplete with the screen that lacks an answer. Again is harmless."""
    account.refresh_from_db()
    if not account.may_be_edited:
        return
    known = accounts.read_identity(account)
    for step in steps.ASKED:
        if any(known.get(key) in (None, "", []) for key in step.keys):
            raise Incomplete(step)
    undone = steps.first_undone(steps_done(account, to_sign))
    if undone is not steps.STEPS[-1]:
        raise Incomplete(undone)
    update_profile(
        account,
        demographics={
            "is_us_citizen": known["country_of_citizenship"] == "US",
            "is_us_resident": True,
            "state_of_residence": known["state"],
        },
    )
    accounts.submit(account)
