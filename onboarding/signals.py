"""What signing in does here."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from onboarding.services import first_plan


@receiver(user_logged_in)
def keep_first_plan(request: HttpRequest, user: User, **rest: Any) -> None:
    """Someone signs up or in: the plan they tried in this browser is theirs from now on."""
    first_plan.take_over(request.session, user)
