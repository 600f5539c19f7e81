"""Every address of the product that an investor can open, with an example of each.

Found in the URLs themselves, so that a new page can't be forgotten: one that takes an argument
needs a line in `EXAMPLES`, or `tests/test_every_page.py` fails.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

ROOMS = ("accounts", "onboarding", "picture", "portfolios", "funding", "trading")
"""Namespaces of investors' pages; `home` stands outside of them."""

Example = Callable[[Any], Any]


def newest(model: str, **which: Any) -> Example:
    """The account's newest row of a model, by its label; None without one."""

    def find(account: Any) -> Any:
        from django.apps import apps

        manager = apps.get_model(model)._base_manager
        return manager.filter(account=account, **which).order_by("pk").last()

    return find


def attribute(name: str, example: Example) -> Example:
    def find(account: Any) -> Any:
        row = example(account)
        return None if row is None else getattr(row, name)

    return find


def constant(value: Any) -> Example:
    return lambda account: value


def symbol(account: Any) -> Any:
    from portfolios.models import Holding

    found = Holding.objects.filter(portfolio__account=account).first()
    return found and found.symbol


def dispute(account: Any) -> Any:
    """The signed part of a link in a message about security."""
    from accounts import disputes

    return disputes.link(account.user, about="Your password was changed").rstrip("/").split("/")[-1]


def fewer(account: Any) -> Any:
    """The signed part of a link that stops some e-mails."""
    from accounts import letters
    from accounts.models import Topic

    return letters.fewer_link(account, [Topic.INSIGHTS]).rstrip("/").split("/")[-1]


pk = "pk"
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "accounts:agreement": (attribute(pk, newest("accounts.Signature")),),
    "accounts:change": (constant("address"),),
    "accounts:take-back": (attribute(pk, newest("accounts.ContactChange")),),
    "accounts:end-device": (constant(1),),
    "accounts:export-file": (attribute(pk, newest("accounts.DataExport")),),
    "accounts:fewer": (fewer,),
    "accounts:not-me": (dispute,),
    "accounts:notice": (attribute(pk, newest("accounts.Notice")),),
    "onboarding:step": (constant("name"),),
    "onboarding:risk-question": (constant(1),),
    "onboarding:risk-choose": (constant(4),),
    "picture:section": (constant("household"),),
    "picture:person": (attribute(pk, newest("onboarding.Dependent")),),
    "picture:person-remove": (attribute(pk, newest("onboarding.Dependent")),),
    "picture:person-restore": (attribute(pk, newest("onboarding.Dependent")),),
    "picture:holding": (attribute(pk, newest("onboarding.ExternalAccount")),),
    "picture:holding-remove": (attribute(pk, newest("onboarding.ExternalAccount")),),
    "picture:holding-restore": (attribute(pk, newest("onboarding.ExternalAccount")),),
    "picture:link": (attribute("key", newest("onboarding.ExternalLink")),),
    "picture:link-back": (attribute("key", newest("onboarding.ExternalLink")),),
    "picture:mend": (attribute("key", newest("onboarding.ExternalLink")),),
    "picture:disconnect": (attribute("key", newest("onboarding.ExternalLink")),),
    "portfolios:goal": (attribute(pk, newest("portfolios.Goal")),),
    "portfolios:goal-edit": (attribute(pk, newest("portfolios.Goal")),),
    "portfolios:goal-keep": (attribute(pk, newest("portfolios.Goal")),),
    "portfolios:goal-undo": (attribute(pk, newest("portfolios.Goal")),),
    "portfolios:goal-futures": (attribute(pk, newest("portfolios.Goal")),),
    "portfolios:goal-income": (attribute(pk, newest("portfolios.Goal", type="retirement")),),
    "portfolios:goal-archive": (attribute(pk, newest("portfolios.Goal")),),
    "portfolios:event-edit": (attribute(pk, newest("portfolios.LifeEvent")),),
    "portfolios:event-archive": (attribute(pk, newest("portfolios.LifeEvent")),),
    "portfolios:policy-version": (attribute(pk, newest("portfolios.Policy")),),
    "portfolios:policy-accept": (attribute(pk, newest("portfolios.Policy")),),
    "portfolios:policy-check": (attribute(pk, newest("portfolios.Policy")),),
    "portfolios:signed-pdf": (attribute(pk, newest("accounts.Signature")),),
    "portfolios:policy-pdf": (attribute(pk, newest("portfolios.Policy")),),
    "portfolios:plan-version": (attribute(pk, newest("portfolios.FinancialPlan")),),
    "portfolios:plan-pdf": (attribute(pk, newest("portfolios.FinancialPlan")),),
    "portfolios:portfolio-holding": (symbol,),
    "portfolios:report": (attribute(pk, newest("portfolios.Report")),),
    "portfolios:report-status": (attribute(pk, newest("portfolios.Report")),),
    "portfolios:report-file": (attribute(pk, newest("portfolios.Report", status="ready")),),
    "portfolios:report-pdf": (attribute(pk, newest("portfolios.Report", status="ready")),),
    "portfolios:assistant-exchange": (attribute(pk, newest("portfolios.Exchange")),),
    "portfolios:assistant-take-back": (attribute(pk, newest("portfolios.Exchange")),),
    "portfolios:insight-dismiss": (attribute(pk, newest("portfolios.Insight")),),
    "portfolios:insight-restore": (attribute(pk, newest("portfolios.Insight")),),
    "funding:bank-repair": (attribute(pk, newest("funding.BankAccount", status="active")),),
    "funding:authorization-revoke": (attribute(pk, newest("funding.Authorization")),),
    "funding:instructions-pdf": (attribute(pk, newest("funding.Deposit")),),
    "funding:link-return": (attribute("key", newest("funding.BankLink")),),
    "funding:link-status": (attribute("key", newest("funding.BankLink")),),
    "funding:unlink": (attribute(pk, newest("funding.BankAccount", status="active")),),
    "funding:authorization": (attribute(pk, newest("funding.Authorization")),),
    "funding:deposit-status": (attribute(pk, newest("funding.Deposit")),),
    "funding:deposit-cancel": (attribute(pk, newest("funding.Deposit")),),
    "funding:withdrawal-status": (attribute(pk, newest("funding.Withdrawal")),),
    "funding:withdrawal-cancel": (attribute(pk, newest("funding.Withdrawal")),),
    "funding:schedule": (attribute(pk, newest("funding.Schedule")),),
    "funding:schedule-pause": (attribute(pk, newest("funding.Schedule")),),
    "funding:schedule-resume": (attribute(pk, newest("funding.Schedule")),),
    "funding:schedule-end": (attribute(pk, newest("funding.Schedule")),),
    "funding:schedule-skip": (attribute(pk, newest("funding.Schedule")),),
    "funding:schedule-rest": (attribute(pk, newest("funding.Schedule")),),
    "funding:schedule-undo": (
        attribute("schedule_id", newest("funding.ScheduledRun")),
        attribute(pk, newest("funding.ScheduledRun")),
    ),
    "funding:schedule-catch-up": (
        attribute("schedule_id", newest("funding.ScheduledRun", status="missed")),
        attribute(pk, newest("funding.ScheduledRun", status="missed")),
    ),
    "trading:order": (attribute(pk, newest("trading.Order")),),
    "trading:order-cancel": (attribute(pk, newest("trading.Order")),),
    "trading:quote": (constant("VTI"),),
    "trading:ticket": (constant("VTI"),),
}
"""The arguments of each address that takes some, from an account; None where it has no such row."""


SHARED_WORDS = {
    *("accounts:change", "accounts:end-device", "accounts:fewer", "accounts:not-me"),
    *("onboarding:step", "onboarding:risk-question", "onboarding:risk-choose", "picture:section"),
    *("portfolios:portfolio-holding", "trading:quote", "trading:ticket"),
}
"""Whose argument isn't somebody's row: a word, a symbol, or a signed link that is its own key."""
OF_A_ROW = EXAMPLES.keys() - SHARED_WORDS


def names() -> Iterator[tuple[str, bool]]:
    """Each named address of the investors' rooms, and whether it takes arguments."""
    yield "home", False
    for found in _patterns(get_resolver().url_patterns, ""):
        if found[0].partition(":")[0] in ROOMS:
            yield found


def _patterns(patterns: Any, room: str) -> Iterator[tuple[str, bool]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            name = pattern.namespace or ""
            yield from _patterns(pattern.url_patterns, f"{name}:" if name else room)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield room + pattern.name, bool(pattern.pattern.converters)


def examples(account: Any) -> dict[str, str]:
    """Name to address, for each address the account has an example of."""
    found = {}
    for name, takes in dict(names()).items():
        values = tuple(example(account) for example in EXAMPLES.get(name, ())) if takes else ()
        if takes and (not values or None in values):
            continue
        try:
            found[name] = reverse(name, args=values)
        except NoReverseMatch:
            continue
    return found
