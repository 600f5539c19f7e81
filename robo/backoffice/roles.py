"""What each group of staff may do in the admin. Whom each may see is `visible_to`'s to say.

The groups are those that `accounts.roles` makes. A superuser may do everything.
"""

from enum import Enum, auto
from typing import Any

ADVISOR, SUPERVISOR, OPERATIONS, AUDITOR = "advisor", "supervisor", "operations", "auditor"


class Ability(Enum):
    CLIENTS = auto()
    """See clients, their verification, documents and money."""
    ADVICE = auto()
    """See answers, risk levels, goals, projections and policies."""
    ACT = auto()
    """Look again at Bluum, retry work, restart verification."""
    ASSIGN = auto()
    """Give a client to an advisor."""
    INBOX = auto()
    """See what belongs to no client: webhook events, e-mails on their way."""
    REPLAY = auto()
    """Have a webhook event or an e-mail handled again; close what a client reported."""
    TRAIL = auto()
    """Read the whole audit trail."""
    STAFF = auto()
    """Edit people and their groups."""


WHO: dict[Ability, frozenset[str]] = {
    Ability.CLIENTS: frozenset({ADVISOR, SUPERVISOR, OPERATIONS, AUDITOR}),
    Ability.ADVICE: frozenset({ADVISOR, SUPERVISOR, AUDITOR}),
    Ability.ACT: frozenset({ADVISOR, SUPERVISOR, OPERATIONS}),
    Ability.ASSIGN: frozenset({SUPERVISOR}),
    Ability.INBOX: frozenset({SUPERVISOR, OPERATIONS, AUDITOR}),
    Ability.REPLAY: frozenset({SUPERVISOR, OPERATIONS}),
    Ability.TRAIL: frozenset({SUPERVISOR, AUDITOR}),
    Ability.STAFF: frozenset(),  # superusers only
}


def can(user: Any, ability: Ability) -> bool:
    if not (user.is_active and user.is_staff):
        return False
    return user.is_superuser or bool(groups_of(user) & WHO[ability])


def groups_of(user: Any) -> frozenset[str]:
    """The names of the person's groups. The admin reads them once per request."""
    return frozenset(group.name for group in user.groups.all())
