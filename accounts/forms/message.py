"""A message to the adviser."""

from django import forms

from robo.http import own_path


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
        return own_path(str(self.cleaned_data["page"]))
