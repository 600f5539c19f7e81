"""The client's page: sections that the apps announce, in the order of the journey.

Earlier apps can't import later ones, so each registers its section from its own `admin.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from robo.backoffice.roles import Ability, can
from robo.backoffice.wanted import Some as Some
from robo.backoffice.wanted import read

Facts = Callable[..., dict[str, Any]]
Rows = Callable[[Any], Mapping[str, Some]]


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    title: str
    template: str
    order: int
    facts: Facts
    rows: Rows
    seen_by: Ability
    kind: str

    def is_for(self, account: Any, user: Any) -> bool:
        return can(user, self.seen_by) and self.kind in {"", account.management_type}


@dataclass(frozen=True, slots=True)
class Shown:
    """A section with what it says of one client."""

    slug: str
    title: str
    template: str
    facts: dict[str, Any]


_sections: list[Section] = []


def section(
    slug: str,
    title: str,
    *,
    order: int,
    rows: Rows = lambda account: {},
    seen_by: Ability = Ability.CLIENTS,
    kind: str = "",
) -> Callable[[Facts], Facts]:
    """Register what a section says: a function of the account, of who asks, and of the section's
    rows by their names, which `rows` says.

    With a `kind` (advised, self_directed) only accounts of that kind have it. Its template is
    `admin/backoffice/client/<slug>.html` and finds the answer as `facts`.
    """

    def register(facts: Facts) -> Facts:
        template = f"admin/backoffice/client/{slug}.html"
        _sections.append(Section(slug, title, template, order, facts, rows, seen_by, kind))
        _sections.sort(key=lambda s: s.order)
        return facts

    return register


def shown(account: Any, user: Any) -> Iterable[Shown]:
    """The sections that this client has and this person may see."""
    found = {
        section: section.rows(account) for section in _sections if section.is_for(account, user)
    }
    for section, wanted in found.items():
        facts = section.facts(account, user, **read(wanted))
        yield Shown(section.slug, section.title, section.template, facts)
