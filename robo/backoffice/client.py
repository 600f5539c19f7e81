"""The client's page: sections that the apps announce, in the order of the journey.

Earlier apps can't import later ones, so each registers its section from its own `admin.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from robo.backoffice.roles import Ability, can

Facts = Callable[[Any, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    title: str
    template: str
    order: int
    facts: Facts
    seen_by: Ability


@dataclass(frozen=True, slots=True)
class Shown:
    """A section with what it says of one client."""

    slug: str
    title: str
    template: str
    facts: dict[str, Any]


_sections: list[Section] = []


def section(
    slug: str, title: str, *, order: int, seen_by: Ability = Ability.CLIENTS
) -> Callable[[Facts], Facts]:
    """Register what a section says: a function of the account and of who asks.

    Its template is `admin/backoffice/client/<slug>.html` and finds the answer as `facts`.
    """

    def register(facts: Facts) -> Facts:
        template = f"admin/backoffice/client/{slug}.html"
        _sections.append(Section(slug, title, template, order, facts, seen_by))
        _sections.sort(key=lambda s: s.order)
        return facts

    return register


def shown(account: Any, user: Any) -> Iterable[Shown]:
    """The sections this person may see of this client."""
    for found in _sections:
        if can(user, found.seen_by):
            yield Shown(found.slug, found.title, found.template, found.facts(account, user))
