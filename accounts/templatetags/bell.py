"""The bell at the top of every page, and amounts within our messages."""

from typing import Any

from django import template
from django.template import RequestContext

from accounts.models import Notice

register = template.Library()


@register.inclusion_tag("accounts/_bell.html", takes_context=True)
def bell(context: RequestContext) -> dict[str, Any]:
    """The way to our messages, with how many are unread. One query, unless the page's account was
    read with it, as `unread`."""
    account = getattr(context.get("request"), "account", None)
    known: int | None = getattr(account, "unread", None)
    if known is None:
        known = Notice.objects.unread().filter(account__user=context["user"]).count()
    return {"unread": known}
