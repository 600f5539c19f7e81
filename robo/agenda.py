"""What the apps tell home, the admin and each other's pages about an account.

Later apps of the journey can't be imported by earlier ones; they announce here what they know:
things to do (`todo`), things that will happen (`upcoming`), things that happened (`activity`),
what is held with us (`held`) and papers to take along (`paper`).
When what advice rests on changes, an earlier app says so (`advice_changed`) and later ones follow.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Item:
    """One dated line. `day` is the investor's local day, `amount` in dollars."""

    title: str
    day: date | None = None
    at: datetime | None = None
    detail: str = ""
    url: str = ""
    amount: Decimal | None = None
    status: str = ""
    kind: str = ""
    urgent: bool = False
    anytime: bool = False
    """Good to do some day; whatever else there is to do goes first."""


Provider = Callable[[Any], Iterable[Item]]

_providers: dict[str, list[Provider]] = {"todo": [], "upcoming": [], "activity": [], "held": []}


def todo(provider: Provider) -> Provider:
    """Register a function of an account that yields what needs the investor, most urgent first."""
    _providers["todo"].append(provider)
    _providers["todo"].sort(key=_place)
    return provider


def _place(provider: Provider) -> int:
    """Of its app in the journey: which module was imported first doesn't decide what leads."""
    app = provider.__module__.partition(".")[0]
    apps = list(settings.INSTALLED_APPS)
    return apps.index(app) if app in apps else len(apps)


def upcoming(provider: Provider) -> Provider:
    """Register a function of an account that yields what will happen by itself, with its day."""
    _providers["upcoming"].append(provider)
    return provider


def activity(provider: Provider) -> Provider:
    """Register a function of an account that yields what happened, with its moment: all of it, or
    where it grows for ever (transfers, runs), its newest fifty at least."""
    _providers["activity"].append(provider)
    return provider


def held(provider: Provider) -> Provider:
    """Register a function of an account that yields what it holds with us: title, amount, at."""
    _providers["held"].append(provider)
    return provider


Papers = Callable[[Any], Iterable[tuple[str, bytes]]]

_papers: list[Papers] = []


def paper(provider: Papers) -> Papers:
    """Register a function of an account that yields papers: a file's name and its bytes."""
    _papers.append(provider)
    return provider


def papers(account: Any) -> Iterable[tuple[str, bytes]]:
    """Every paper the apps have of an account, each under a name of its own."""
    for provider in _papers:
        yield from provider(account)


Facts = Callable[[], dict[str, Any]]
_beside: list[Facts] = []


def beside(facts: Facts) -> Facts:
    """Register what a page that reads many things of an account reads with it, in one query: names
    to expressions. A provider finds them on the account, where it was read so."""
    _beside.append(facts)
    return facts


def things_beside() -> dict[str, Any]:
    return {name: found for facts in _beside for name, found in facts().items()}


_followers: list[Callable[[Any], object]] = []


def follow(follower: Callable[[Any], object]) -> Callable[[Any], object]:
    """Register a function of an account to be called when risk answers, profile or goals change."""
    _followers.append(follower)
    return follower


def advice_changed(account: Any) -> None:
    """Tell the followers, in the same transaction."""
    for follower in _followers:
        follower(account)


def things_held(account: Any) -> list[Item]:
    """What the account holds with us, where an amount is known."""
    items = [item for provider in _providers["held"] for item in provider(account)]
    return [item for item in items if item.amount is not None]


def things_to_do(account: Any) -> list[Item]:
    items = [item for provider in _providers["todo"] for item in provider(account)]
    return in_order(items)


def in_order(items: Iterable[Item]) -> list[Item]:
    """The urgent first, what can be done at any time last; otherwise as they came."""
    return sorted(items, key=lambda item: (not item.urgent, item.anytime))


def things_to_come(account: Any, limit: int = 5) -> list[Item]:
    items = [item for provider in _providers["upcoming"] for item in provider(account)]
    return sorted(items, key=lambda item: item.day or date.max)[:limit]


def things_that_happened(account: Any, limit: int | None = None) -> list[Item]:
    """Newest first."""
    items = [item for provider in _providers["activity"] for item in provider(account)]
    items = [item for item in items if item.at]
    return sorted(items, key=lambda item: item.at, reverse=True)[:limit]  # type: ignore[arg-type,return-value]
