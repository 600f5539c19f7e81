"""Writing to the adviser."""

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.forms import MessageForm
from accounts.guards import Request, investor_required
from robo import partner


@investor_required
@require_http_methods(["GET", "POST"])
def write(request: Request) -> HttpResponse:
    """Write to the adviser. The form stands on many pages; here alone it says what is wrong."""
    account = request.account
    about = {name: request.GET.get(name, "") for name in ("page", "page_title")}
    ours = None  # the message of ours that this one answers
    if (number := request.GET.get("to", "")).isdecimal():
        mine = account.messages.from_us().select_related("written_by")
        if ours := mine.filter(pk=number).first():
            about = {"page": reverse("accounts:notices"), "page_title": "Messages"}
    form = MessageForm(request.POST or None, initial={"key": uuid4(), **about})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.send_message(account=account, **data)
        except services.TooManyMessages:
            phone = partner.current().support.phone
            form.add_error(None, f"That is a lot for one day. Please call us: {phone}.")
        else:
            who = str(account.advisor) if account.advisor else "One of us"
            messages.success(request, f"We have your message. {who} reads it and answers here.")
            return redirect(data["page"] or "home")
    context = {"form": form, "account": account, "ours": ours}
    return render(request, "accounts/write.html", context, status=422 if form.errors else 200)
