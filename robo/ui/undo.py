"""Taking a saved form back: what it said before is offered once, on the page that follows.

For settings, whose form can be sent again as it was. The values are the person's own and lie in
their session until that page is shown.
"""

from django import forms
from django.contrib import messages
from django.http import HttpRequest

KEPT = "undo"
BACK = "undo"
"""The name of the field that says: this puts back what was."""

Values = list[tuple[str, str]]


def saved(request: HttpRequest, form: forms.Form) -> None:
    """Say that it is saved, and keep what the form showed at first if it was changed."""
    if BACK in request.POST:
        messages.success(request, "It’s as it was.")
        return
    messages.success(request, "Saved.")
    if form.has_changed():
        request.session[KEPT] = {"path": request.path, "before": _before(form)}


def offered(request: HttpRequest) -> Values:
    """The fields of the form that takes the last change back; none if there is nothing to."""
    kept = request.session.pop(KEPT, None) if request.method == "GET" else None
    if not kept or kept["path"] != request.path:
        return []
    return [*map(tuple, kept["before"]), (BACK, "1")]


def _before(form: forms.Form) -> Values:
    """Names and values as a browser would send them; a box that was empty is left out."""
    return [
        (bound.html_name, "on" if bound.initial is True else str(bound.initial))
        for bound in form
        if bound.initial not in (None, False, "")
    ]
