"""How a person wants the product: time, appearance, and how they hear of things."""

import zoneinfo
from collections.abc import Iterator
from datetime import time
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField

from accounts.models import MANDATORY, Appearance, Choices, Rhythm, Topic


def time_zones() -> list[tuple[str, Any]]:
    """American zones by the name people use, then all others."""
    near = [
        ("America/New_York", "Eastern time (New York)"),
        ("America/Chicago", "Central time (Chicago)"),
        ("America/Denver", "Mountain time (Denver)"),
        ("America/Phoenix", "Arizona (Phoenix)"),
        ("America/Los_Angeles", "Pacific time (Los Angeles)"),
        ("America/Anchorage", "Alaska (Anchorage)"),
        ("Pacific/Honolulu", "Hawaii (Honolulu)"),
        ("America/Puerto_Rico", "Atlantic time (Puerto Rico)"),
        ("Pacific/Guam", "Guam"),
    ]
    names = {name for name, _ in near}
    others = [
        (name, name.replace("_", " "))
        for name in sorted(zoneinfo.available_timezones())
        if "/" in name and name not in names and not name.startswith(("Etc/", "posix", "right"))
    ]
    return [("United States", near), ("Elsewhere", others)]


SYSTEM = "system"
"""A radio's value where nothing is chosen: an empty one can't be asked for."""


class PreferencesForm(forms.Form):
    time_zone = forms.ChoiceField(
        label="Time zone",
        help_text="Days and times on these pages and in e-mails are told in this zone.",
        choices=time_zones,
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )
    appearance = forms.ChoiceField(
        label="Appearance",
        choices=[(value or SYSTEM, name) for value, name in Appearance.choices],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the three."},
    )
    hides_amounts = forms.BooleanField(
        label="Open pages with amounts hidden",
        help_text="For trains and offices. The eye at the top, or the key h, shows them.",
        required=False,
    )

    def get_initial_for_field(self, field: forms.Field, field_name: str) -> Any:
        found = super().get_initial_for_field(field, field_name)
        return found or SYSTEM if field_name == "appearance" else found

    def clean_appearance(self) -> str:
        chosen: str = self.cleaned_data["appearance"]
        return "" if chosen == SYSTEM else chosen


SAYS = {
    Topic.MONEY: "Deposits and withdrawals that arrive, wait or fail; your banks.",
    Topic.AUTO_INVEST: "Deposits by plan: made, skipped, paused.",
    Topic.PORTFOLIO: "What was bought or sold and why; dividends; rebalancing.",
    Topic.GOALS: "When a goal gets on or off track.",
    Topic.INSIGHTS: "What we noticed that may be worth a look.",
    Topic.DOCUMENTS: "New statements, tax forms and reports.",
    Topic.ACCOUNT: "Always sent: you need it to keep the account, and rules ask us to.",
    Topic.SECURITY: "Always sent, at once: a warning you could switch off would warn nobody.",
}
"""What belongs to each topic; of those that can't be switched off, the reason."""


class Row(NamedTuple):
    """One line of the matrix of topics and channels."""

    label: str
    says: str
    email: BoundField | None
    app: BoundField | None


HOUR = "Choose an hour from the list."


class NotificationsForm(forms.Form):
    """Topic by channel. `choices` are those the person has."""

    quiet = forms.BooleanField(label="Keep quiet at night", required=False)
    quiet_from = forms.TimeField(
        label="From",
        widget=forms.Select,
        error_messages={"invalid": HOUR, "required": HOUR},
    )
    quiet_until = forms.TimeField(
        label="Until",
        widget=forms.Select,
        error_messages={"invalid": HOUR, "required": HOUR},
    )

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "quiet": choices.quiet_from is not None,
            "quiet_from": choices.quiet_from or time(21),
            "quiet_until": choices.quiet_until or time(8),
        }
        super().__init__(*args, **kwargs)
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].widget.choices = hours()
        for topic in self.optional:
            self.fields[f"email_{topic}"] = forms.ChoiceField(
                label=f"E-mails about {topic.label}",
                choices=Rhythm.choices,
                initial=choices.rhythm(topic),
                error_messages={"invalid_choice": "Choose when these e-mails go out."},
            )
            self.fields[f"app_{topic}"] = forms.BooleanField(
                label=f"{topic.label} among the messages in the app",
                required=False,
                initial=choices.is_shown(topic),
            )

    @property
    def optional(self) -> list[Topic]:
        return [topic for topic in Topic if topic not in MANDATORY]

    @property
    def rows(self) -> Iterator[Row]:
        for topic in self.optional:
            yield Row(topic.label, SAYS[topic], self[f"email_{topic}"], self[f"app_{topic}"])
        for topic in Topic:
            if topic in MANDATORY:
                yield Row(topic.label, SAYS[topic], None, None)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, end = data.get("quiet_from"), data.get("quiet_until")
        # Who sets other hours wants them, also with the box left empty.
        if not self.initial["quiet"] and {"quiet_from", "quiet_until"} & {*self.changed_data}:
            data["quiet"] = True
        if data.get("quiet") and start is not None and start == end:
            self.add_error("quiet_until", "Choose another hour than the one it begins.")
        return data

    @property
    def chosen(self) -> dict[str, Any]:
        """What `services.choose_notices` takes."""
        data = self.cleaned_data
        quiet = data["quiet"]
        return {
            "email": {topic.value: data[f"email_{topic}"] for topic in self.optional},
            "silent": [topic.value for topic in self.optional if not data[f"app_{topic}"]],
            "quiet_from": data["quiet_from"] if quiet else None,
            "quiet_until": data["quiet_until"] if quiet else None,
        }


def hours() -> list[tuple[str, str]]:
    """Every full hour, as a select's value and as people say it."""
    found = []
    for hour in range(24):
        clock = f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}"
        name = {0: "Midnight", 12: "Noon"}.get(hour, clock)
        found.append((f"{hour:02}:00:00", name))
    return found
