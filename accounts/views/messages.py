"""Messages from us, how one hears of them, and the way out of an e-mail."""

from django.core import signing
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from accounts import letters, services
from accounts.forms import NotificationsForm
from accounts.guards import Request, investor_required
from accounts.models import Account, Notice, Topic
from robo.ui import undo


@investor_required
@require_http_methods(["GET", "POST"])
def notices(request: Request) -> HttpResponse:
    """What we told the person, the newest first, by topic if they like; POST marks all as read."""
    if request.method == "POST":
        services.read_notices(request.account)
        return redirect("accounts:notices")
    mine = request.account.notices.shown()
    used = set(mine.values_list("topic", flat=True).order_by().distinct())
    topic = request.GET.get("topic", "")
    if topic in Topic.values:
        mine = mine.filter(topic=topic)
    else:
        topic = ""
    context = {
        "page": Paginator(mine, 20).get_page(request.GET.get("page")),
        "topic": topic,
        "topics": [t for t in Topic if t in used],
        "query": f"topic={topic}&" if topic else "",
        "unread": request.account.notices.unread().count(),
    }
    return render(request, "accounts/notices.html", context)


@investor_required
@require_GET
def notice(request: Request, pk: int) -> HttpResponse:
    """Mark a notice as read and lead on to what it is about."""
    found = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    services.read_notice(found)
    ours = url_has_allowed_host_and_scheme(found.url, allowed_hosts=None)
    return redirect(found.url if found.url and ours else reverse("accounts:notices"))


@investor_required
@require_http_methods(["GET", "POST"])
def notifications(request: Request) -> HttpResponse:
    account = request.account
    choices = letters.choices_of(account)
    form = NotificationsForm(request.POST or None, choices=choices)
    if request.method == "POST" and form.is_valid():
        services.choose_notices(account, **form.chosen)
        undo.saved(request, form)
        return redirect("accounts:notifications")
    waiting = account.letters.filter(sent_at=None, due_at__isnull=False).order_by("due_at").first()
    context = {"form": form, "waiting": waiting, "undo": undo.offered(request)}
    return render(
        request, "accounts/notifications.html", context, status=422 if form.errors else 200
    )


@csrf_exempt
@require_http_methods(["GET", "POST"])
def fewer(request: HttpRequest, token: str) -> HttpResponse:
    """Stop e-mails about what an e-mail was about, without signing in.

    Mail programs POST here by themselves when their reader presses “unsubscribe” (RFC 8058); the
    token is what proves the reader, so there is no cookie to forge against.
    """
    try:
        account, topics = letters.read_fewer(token)
    except (signing.BadSignature, Account.DoesNotExist, KeyError, ValueError):
        raise Http404 from None
    if request.method == "POST":
        services.stop_mails(account, [topic.value for topic in topics])
        if request.POST.get("List-Unsubscribe") == "One-Click":
            return HttpResponse("Stopped.", content_type="text/plain")
    choices = letters.choices_of(account)
    context = {
        "topics": letters.listed(topics),
        "stopped": all(choices.rhythm(topic) == "off" for topic in topics),
    }
    return render(request, "accounts/fewer.html", context)
