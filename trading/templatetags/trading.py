"""Orders and prices in templates: words of `trading.told`."""

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from robo.ui import words
from trading import told
from trading.models import Order, Quote

register = template.Library()
register.filter("count", told.count)
register.filter("exact", told.exact)

MARKETS = {"XNYS": "New York Stock Exchange", "XNAS": "Nasdaq"}


@register.filter
def market_name(code: str) -> str:
    return MARKETS.get(code, code)


@register.filter
def confidence(quote: Quote) -> str:
    """How fresh a price is."""
    return str(dict(Quote.Confidence.choices).get(quote.freshness, "How fresh isn’t known"))


@register.filter
def price_change(value: Decimal | None) -> SafeString | str:
    """Dollars a share up or down: nobody's own figure, so never hidden."""
    if value is None:
        return words.UNKNOWN
    tone, word = ("up", "up ") if value > 0 else ("down", "down ") if value < 0 else ("", "")
    sign = "+" if value > 0 else words.MINUS if value < 0 else ""
    return format_html(
        '<span class="{} nowrap"><span class="sr">{}</span>{}{}</span>',
        tone,
        word,
        sign,
        told.exact(abs(value)),
    )


@register.filter
def order_title(order: Order) -> str:
    return told.title(order)


@register.filter
def order_terms(order: Order) -> str:
    return told.terms(order)


@register.filter
def order_filled(order: Order) -> str:
    return told.filled(order)
