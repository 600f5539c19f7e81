"""The groups of staff. What each may do in the admin is said there; whom each sees, in `User`."""

from typing import Any

from django.contrib.auth.models import Group

ADVISOR = "advisor"
SUPERVISOR = "supervisor"
OPERATIONS = "operations"
AUDITOR = "auditor"
ALL = (ADVISOR, SUPERVISOR, OPERATIONS, AUDITOR)


def make_groups(**_: Any) -> None:
    """After each migration: the groups exist."""
    for name in ALL:
        Group.objects.get_or_create(name=name)
