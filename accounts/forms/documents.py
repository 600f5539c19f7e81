"""Files that people send."""

import uuid
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
        content, kind = read_file(file)
        self.cleaned_data |= {"content": content, "content_type": kind}
        return file


def read_file(file: Any) -> tuple[bytes, str]:
    """The bytes of a JPEG, PNG or PDF, and which of them it is. Raises ValidationError kindly."""
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
    return content, kind
