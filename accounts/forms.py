"""What people send about themselves after opening: documents and settings."""

import uuid
import zoneinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Account, Document
from robo.ui.forms import Choice

LARGEST = 10 * 1024 * 1024

BEGINNINGS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"%PDF-": "application/pdf",
}
"""How files of the three kinds begin; what a file calls itself proves nothing."""

HINTS = {
    Document.Type.ID: "Passport, driver’s license or state ID. All four corners in the picture.",
    Document.Type.ADDRESS: "A utility bill, lease or bank statement of the last three months.",
    Document.Type.W9: "Signed and dated.",
}


def content_type_of(content: bytes) -> str | None:
    """JPEG, PNG or PDF by the first bytes, None for anything else."""
    return next((kind for start, kind in BEGINNINGS.items() if content.startswith(start)), None)


class DocumentForm(forms.Form):
    """A document for verification. `content` and `content_type` are in cleaned_data."""

    type = forms.ChoiceField(
        label="What are you sending?",
        choices=[(kind, Choice(kind.label, HINTS[kind])) for kind in Document.Type],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you are sending."},
    )
    file = forms.FileField(
        label="The file",
        help_text="A JPEG, PNG or PDF, up to 10 MB. A phone photo is fine.",
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".jpg,.jpeg,.png,.pdf"}),
        error_messages={"required": "Choose a file: a JPEG, PNG or PDF of at most 10 MB."},
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        needed = account.documents_needed()
        kwargs.setdefault("initial", {}).update(
            key=uuid.uuid4(), type=needed[0] if needed else Document.Type.ID
        )
        super().__init__(*args, **kwargs)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.size:
            raise ValidationError("The file is empty. Choose another one.")
        if file.size > LARGEST:
            raise ValidationError("The file has more than 10 MB. Choose a smaller one.")
        content = file.read()
        kind = content_type_of(content)
        if kind is None:
            raise ValidationError(
                "This isn’t a JPEG, PNG or PDF. Take a photo, or save it as PDF, and try again."
            )
        self.cleaned_data |= {"content": content, "content_type": kind}
        return file


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


class SettingsForm(forms.Form):
    time_zone = forms.ChoiceField(
        label="Time zone",
        help_text="Days and times on these pages are told in this zone.",
        choices=time_zones,
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )
