"""How the advisors' admin looks: the partner's name, mark and colours; and the way around.

Everything that needs the partner is a function, for settings are still being read here.
"""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

from robo import partner
from robo.brand import Colours
from robo.ui import words


def colours(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Unfold's two scales from the partner's tokens; each token is a light and a dark colour.

    Unfold draws light pages with `base` 50 to 600 on white and dark ones with 100 to 400 on
    800 to 950; buttons are `primary` 600 with white text in both, dark links `primary` 500.
    """
    tokens = partner.current().colours
    return {"base": _base(tokens), "primary": _primary(tokens), "font": _font()}


def _base(t: Colours) -> dict[str, str]:
    return {
        "50": t.surface_sunken[0],
        "100": mix(t.surface_sunken[0], t.line[0], 0.5),
        "200": t.line[0],
        "300": mix(t.line[0], t.line_strong[0], 0.4),
        "400": t.ink_muted[1],
        "500": t.ink_muted[0],
        "600": mix(t.ink_muted[0], t.ink[0], 0.35),
        "700": t.line[1],
        "800": t.surface_raised[1],
        "900": t.surface[1],
        "950": mix(t.surface[1], "#000000", 0.4),
    }


def _primary(t: Colours) -> dict[str, str]:
    return {
        "50": t.brand_soft[0],
        "100": mix(t.brand_soft[0], t.brand[0], 0.06),
        "200": mix(t.brand_soft[0], t.brand[0], 0.18),
        "300": mix(t.brand_soft[0], t.brand[0], 0.4),
        "400": t.brand_hover[1],
        "500": t.brand[1],
        "600": t.brand[0],
        "700": t.brand_hover[0],
        "800": mix(t.brand_hover[0], "#000000", 0.15),
        "900": mix(t.brand_hover[0], "#000000", 0.3),
        "950": mix(t.brand_hover[0], "#000000", 0.5),
    }


def _font() -> dict[str, str]:
    return {
        "subtle-light": "var(--color-base-500)",
        "subtle-dark": "var(--color-base-400)",
        "default-light": "var(--color-base-600)",
        "default-dark": "var(--color-base-300)",
        "important-light": "var(--color-base-900)",
        "important-dark": "var(--color-base-100)",
    }


def mix(one: str, other: str, share: float) -> str:
    """`#rrggbb` that lies `share` (0 to 1) of the way from one colour to the other."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


# The way around: title, icon and the model's list, or a page's URL name.
PLACES: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "",
        (
            ("Today", "today", "admin:index"),
            ("Clients", "group", "accounts.Account"),
            ("Work with Bluum", "sync_problem", "admin:work"),
        ),
    ),
    (
        "Verification",
        (
            ("Documents", "badge", "accounts.Document"),
            ("Signatures", "signature", "accounts.Signature"),
            ("Changes of contact", "contact_page", "accounts.ContactChange"),
            ("Reported by clients", "report", "accounts.Case"),
            ("Notices", "mail", "accounts.Notice"),
            ("Messages", "forum", "accounts.Message"),
        ),
    ),
    (
        "Advice",
        (
            ("Risk assessments", "speed", "onboarding.RiskAssessment"),
            ("Goals", "flag", "portfolios.Goal"),
            ("Investment policies", "contract", "portfolios.Policy"),
            ("Financial plans", "description", "portfolios.FinancialPlan"),
            ("Evidence of advice", "fact_check", "onboarding.Advice"),
        ),
    ),
    (
        "Money",
        (
            ("Portfolios", "pie_chart", "portfolios.Portfolio"),
            ("Trading halts", "pause_circle", "portfolios.TradingHalt"),
            ("Deposits", "south_west", "funding.Deposit"),
            ("Withdrawals", "north_east", "funding.Withdrawal"),
            ("Orders", "swap_vert", "trading.Order"),
            ("Investments", "trending_up", "portfolios.Investment"),
            ("Schedules", "event_repeat", "funding.Schedule"),
            ("Bank accounts", "account_balance", "funding.BankAccount"),
        ),
    ),
    (
        "Behind the scenes",
        (
            ("Webhook events", "webhook", "webhooks.Event"),
            ("Audit trail", "history", "audit.Entry"),
            ("People", "person", "accounts.User"),
            ("Groups", "badge", "auth.Group"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The places this person may go to."""
    groups = []
    for title, places in PLACES:
        items = [
            _place(name, icon, target) for name, icon, target in places if _may(request, target)
        ]
        groups.append({"title": title, "separator": bool(title), "items": items})
    return [group for group in groups if group["items"]]


def _place(title: str, icon: str, target: str) -> dict[str, Any]:
    if ":" not in target:
        target = f"admin:{target.lower().replace('.', '_')}_changelist"
    return {"title": title, "icon": icon, "link": reverse_lazy(target)}


def _may(request: HttpRequest, target: str) -> bool:
    from django.apps import apps
    from django.contrib import admin

    from robo.backoffice.roles import Ability, can

    if ":" in target:
        return can(request.user, Ability.CLIENTS)
    return bool(admin.site._registry[apps.get_model(target)].has_module_permission(request))


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": lambda request: partner.current().name,
    "SITE_HEADER": lambda request: partner.current().name,
    "SITE_SUBHEADER": lambda request: f"For advisors · {words.zone()}",
    "SITE_URL": None,
    "SITE_ICON": lambda request: static("brand/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("brand/icon.svg")}
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": colours,
    "STYLES": [
        lambda request: partner.current().brand_url,
        lambda request: static("css/admin.css"),
    ],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "SIDEBAR": {"navigation": navigation},
    "ACCOUNT": {
        "navigation": [
            {"title": "Password", "link": reverse_lazy("account_change_password")},
            {"title": "Second factor", "link": reverse_lazy("mfa_index")},
        ]
    },
}
