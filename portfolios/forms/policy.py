"""The signature under a policy."""

from django import forms


class AcceptForm(forms.Form):
    """The signature under a policy. `text` is the hash of the words that were on the page."""

    text = forms.CharField(widget=forms.HiddenInput)
    agree = forms.BooleanField(
        label="",
        error_messages={"required": "Tick the box to sign. Nothing is signed without it."},
    )
