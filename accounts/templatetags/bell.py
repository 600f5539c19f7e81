"""The bell at the top of every page, and amounts within our messages."""

import re
from typing import Any

from django import template
from django.template import RequestContext
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Notice

register = template.Library()


@register.inclusion_tag("accounts/_bell.html", takes_context=True)
def bell(context: RequestContext) -> dict[str, Any]:
    """The way to our messages, with how many are unread. One query."""
    unread = Notice.objects.unread().filter(account__user=context["user"])
    return {"unread": unread.count()}


@register.filter
def amounts_private(text: str) -> SafeString:
    """The sentence with its dollar amounts in spans that the privacy blur hides."""
    span = r'<span class="private">\g<0></span>'
    safe = re.sub(r"[-−+]?\$\d[\d,]*(?:\.\d+)?", span, conditional_escape(text))
    return mark_safe(safe)  # noqa: S308 (escaped before)
