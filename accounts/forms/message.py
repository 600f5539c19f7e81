"""A message to the adviser."""

from django import forms
from django.utils.http import url_has_allowed_host_and_scheme


class MessageForm(forms.Form):
    """What is asked, with the page it was written on."""

    body = forms.CharField(
        label="Your message",
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Write what it is about."},
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    page = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    page_title = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def clean_page(self) -> str:
        """Only a path of ours."""
        page = str(self.cleaned_data["page"])
        return page if page.startswith("/") and url_has_allowed_host_and_scheme(page, None) else ""
