"""Template filters and tags for every page: figures, days, icons, fields, places."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import lucide
from django import forms, template
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.template import RequestContext
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from robo.ui import words
from robo.ui.forms import MoneyInput, ThreeFieldDate

register = template.Library()

REQUIRED = str(forms.Field.default_error_messages["required"])
KINDER = {
    "Enter a valid email address.": "Enter an e-mail address like name@example.com.",
    "You must type the same password each time.": "The two passwords differ. Type the same twice.",
}
"""A library's sentences, in our voice."""
LABELS = {
    "Email": "E-mail address",
    "Current Password": "Current password",
    "New Password": "New password",
    "New Password (again)": "New password, once more",
}
"""A library's labels, in our words."""

for name in (
    "money",
    "money_signed",
    "dollars",
    "about",
    "percent",
    "percent_signed",
    "in_100",
    "month",
    "long_day",
    "clock",
    "when",
    "moment",
    "ago",
    "days_away",
    "device",
):
    register.filter(name, getattr(words, name))


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """`<time datetime="2026-11-24">Tue, Nov 24</time>`; empty for None."""
    if value is None:
        return ""
    found = words.local(value).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', found.isoformat(), words.day(value))


@register.filter
def change(value: words.Number | None) -> SafeString | str:
    """A gain or loss: sign, colour, and the word for those who see neither."""
    if value is None:
        return words.UNKNOWN
    amount = words.decimal(value)
    if not amount:
        return words.money(amount)
    tone, word = ("up", "gain of ") if amount > 0 else ("down", "loss of ")
    return format_html(
        '<span class="{} nowrap private"><span class="sr">{}</span>{}</span>',
        tone,
        word,
        words.money_signed(amount),
    )


AMOUNT = re.compile(r"[+−]?\$\d[\d,]*(?:\.\d\d)?")


@register.filter
def amounts(text: str) -> SafeString:
    """A sentence whose amounts blur with the figures when someone hides them."""
    return mark_safe(  # noqa: S308 (escaped here, before anything is put around the amounts)
        AMOUNT.sub(
            lambda found: f'<span class="private nowrap">{found[0]}</span>',
            conditional_escape(text),
        )
    )


@register.filter
def quoted(text: str) -> str:
    """“In quotation marks”, those within it ‘single’."""
    return words.quoted(text)


@register.filter
def said(text: str) -> str:
    """A sentence of Bluum's, its percent signs set as ours: 41.3%, not 41.3 %."""
    return words.said(text)


@register.filter
def provider(name: str) -> str:
    """Where a price is from, in words; a name we don't know stands as it is."""
    return {"database": "our custodian’s own records"}.get(name.lower(), name)


@register.filter
def typed(value: Any) -> str:
    """An amount as a money field shows it, `1,234.50`; what was typed when it can't be read."""
    return MoneyInput().format_value(value) or ""


@register.simple_tag
def figure(value: words.Number | None, size: str = "") -> SafeString:
    """The one big number of a screen, its cents set small."""
    text = words.money(value)
    whole, dot, cents = text.partition(".")
    return format_html(
        '<p class="figure {}">{}{}</p>',
        size,
        whole,
        format_html('<span class="cents">.{}</span>', cents) if dot else "",
    )


@register.simple_tag
def new_key() -> str:
    """A key for a form that stands on a page of something else: pressed twice, it is one wish."""
    return str(uuid4())


@register.simple_tag(takes_context=True)
def privacy(context: RequestContext) -> SafeString:
    """How the body is marked so that amounts come hidden: by what the browser chose last, else by
    the person's setting; and whether they hide when the window is left."""
    request, user = context.get("request"), context.get("user")
    cookies = request.COOKIES if request else {}
    setting = bool(getattr(user, "hides_amounts", False))
    hides = cookies.get("private") == "1" or (setting and cookies.get("private") != "0")
    marks = (
        (hides, "data-private"),
        (setting, "data-hides"),
        (bool(cookies.get("guarded")), "data-guarded"),
    )
    return mark_safe("".join(f" {name}" for on, name in marks if on))  # noqa: S308 (our words)


@register.simple_tag
def zone() -> str:
    """The reader's time zone in words."""
    return words.zone()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A Lucide icon, inline. Hidden from screen readers unless it has a `label`."""
    attributes: dict[str, str] = {"class": "icon"}
    attributes |= {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    return mark_safe(  # noqa: S308 (Lucide's own files, attributes escaped by ElementTree)
        lucide._render_icon(name, None, **attributes)
    )


# Fields -------------------------------------------------------------------------------------


class DatePart(NamedTuple):
    label: str
    html: SafeString


@register.inclusion_tag("partials/_field.html")
def field(
    bound: BoundField, hint: str = "", label: str = "", kind: str = "", size: str = ""
) -> dict[str, Any]:
    """One form field: label, hint, control, error beside it.

    `kind` is found from the widget: text, money, date, select, check, checks, choices, cards (ask
    for it), file, code (ask for it), hidden. `size="big"` is for the one amount of a screen.
    """
    widget = bound.field.widget
    kind = kind or _kind(bound)
    hint = hint or str(bound.help_text or "")
    described = [f"{bound.auto_id}_hint"] * bool(hint) + [f"{bound.auto_id}_error"] * bool(
        bound.errors
    )
    attributes: dict[str, Any] = {"aria-describedby": " ".join(described) or None}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    if widget.attrs.get("placeholder"):
        attributes["placeholder"] = False  # the label stands above, for good
    if kind in {"text", "money", "select", "code"}:
        classes = ["input", "code" if kind == "code" else "", widget.attrs.get("class", "")]
        attributes["class"] = " ".join(filter(None, classes))
    if kind == "code":
        attributes["autocomplete"] = "one-time-code"
        attributes |= (
            {"inputmode": "numeric"} if size == "digits" else {"autocapitalize": "characters"}
        )
    if kind not in {"check", "checks", "choices", "cards"}:
        attributes["required"] = bound.field.required or None
    attributes = {key: value for key, value in attributes.items() if value is not None}
    context: dict[str, Any] = {
        "field": bound,
        "kind": kind,
        "hint": hint,
        "label": label or LABELS.get(str(bound.label), bound.label),
        "size": size,
        "optional": not bound.field.required
        and kind not in {"check", "checks", "hidden"}
        and not (kind in {"choices", "cards"} and bound.value()),  # one of them holds already
    }
    if kind == "date":
        context["parts"] = list(_date_parts(bound, attributes))
    elif kind in {"checks", "choices", "cards"}:
        context["options"] = [_option(option, attributes) for option in bound.subwidgets]
    else:
        context["control"] = bound.as_widget(attrs=attributes)
    return context


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if bound.is_hidden:
        return "hidden"
    if "one-time-code" in str(widget.attrs.get("autocomplete", "")):
        return "code"
    kinds: tuple[tuple[type[forms.Widget], str], ...] = (
        (MoneyInput, "money"),
        (ThreeFieldDate, "date"),
        (forms.CheckboxSelectMultiple, "checks"),
        (forms.CheckboxInput, "check"),
        (forms.RadioSelect, "choices"),
        (forms.Select, "select"),
        (forms.FileInput, "file"),
    )
    return next((kind for cls, kind in kinds if isinstance(widget, cls)), "text")


def _date_parts(bound: BoundField, attributes: dict[str, Any]) -> Iterator[DatePart]:
    widget = bound.field.widget
    context = widget.get_context(
        bound.html_name, bound.value(), {"id": bound.auto_id, **attributes}
    )
    assert isinstance(widget, ThreeFieldDate)
    for part, sub, made in zip(
        widget.parts, widget.widgets, context["widget"]["subwidgets"], strict=True
    ):
        html = sub.render(made["name"], made["value"], made["attrs"] | attributes)
        yield DatePart(part.capitalize(), html)


def _option(option: BoundWidget, attributes: dict[str, Any]) -> dict[str, Any]:
    if "aria-invalid" in attributes:
        option.data["attrs"]["aria-describedby"] = attributes["aria-describedby"]
    return {
        "control": option.tag(wrap_label=False),
        "label": option.choice_label,
        "hint": getattr(option.choice_label, "hint", ""),
    }


@register.inclusion_tag("partials/_errors.html")
def errors(form: forms.BaseForm) -> dict[str, Any]:
    """The summary above a form: what is wrong, each a link to its field. Focus goes here."""
    found: list[dict[str, str]] = []
    labels: list[str] = []
    if form.is_bound:
        for bound in form:
            for message in bound.errors:
                labels.append(str(bound.label))
                first = "_0" if _kind(bound) in {"date", "choices", "cards", "checks"} else ""
                found.append(
                    {
                        "id": f"{bound.auto_id}{first}",
                        "message": kindly(
                            str(message), LABELS.get(str(bound.label), str(bound.label))
                        ),
                    }
                )
    told = [error["message"] for error in found]
    for error, label in zip(found, labels, strict=True):
        if told.count(error["message"]) > 1:  # a list of the same sentence says nothing
            error["message"] = f"{label}: {error['message']}"
    general = list(form.non_field_errors()) if form.is_bound else []
    return {"errors": found, "general": general, "count": len(found) + len(general)}


@register.filter
def kindly(message: str, label: str | None = None) -> str:
    """Django's "This field is required." as a person would say it, with the field's name."""
    if message != REQUIRED:
        return KINDER.get(message, message)
    return f"{label.rstrip('?:')}: fill this in." if label else "Fill this in."


# Places -------------------------------------------------------------------------------------


class Place(NamedTuple):
    label: str
    url_name: str
    icon: str
    others: tuple[str, ...] = ()
    """Beginnings of other URL names that belong to this place."""


PLACES = (
    Place("Home", "home", "house", ("portfolios:insight",)),
    Place(
        "Goals",
        "portfolios:goals",
        "flag",
        ("portfolios:goal", "portfolios:plan", "portfolios:budget", "portfolios:event"),
    ),
    Place(
        "Portfolio",
        "portfolios:portfolio",
        "chart-pie",
        ("portfolios:po", "portfolios:pe", "portfolios:r", "portfolios:d"),
    ),
    Place("Money", "funding:activity", "arrow-left-right", ("funding:",)),
)


OWN_PLACES = (
    Place("Home", "home", "house"),
    Place("Trade", "trading:search", "search", ("trading:quote", "trading:ticket", "trading:d")),
    Place("Orders", "trading:orders", "list-ordered", ("trading:order",)),
    Place("Money", "funding:activity", "arrow-left-right", ("funding:",)),
)
"""Of a person who trades themselves."""


@register.simple_tag(takes_context=True)
def trades(context: RequestContext) -> bool:
    """Whether the person at the page trades themselves, without advice."""
    request = context.get("request")
    user = getattr(request, "user", None)
    account = getattr(request, "account", None) or getattr(user, "account", None)
    return account is not None and not account.is_advised


@register.inclusion_tag("partials/_places.html", takes_context=True)
def places(context: RequestContext) -> dict[str, Any]:
    """The four places of the app, the present one marked."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    found = []
    for place in OWN_PLACES if trades(context) else PLACES:
        try:
            url = reverse(place.url_name)
        except NoReverseMatch:
            continue  # a partner may leave a place out
        current = here == place.url_name or here.startswith(place.others or ("\0",))
        found.append({"label": place.label, "url": url, "icon": place.icon, "current": current})
    return {"places": found}
