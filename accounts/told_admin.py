"""What was said: notices to clients, and their messages with the answers."""

from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from unfold.decorators import display

from accounts import services
from accounts.models import Account, Message, Notice
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import OfClient, QueueFilter, when


@admin.register(Notice)
class NoticeAdmin(OfClient):
    list_display = ("created_at", "client", "topic", "title", "mailed", "read_at")
    list_filter = ("topic",)
    list_select_related = ("account", "letter")
    fields = (
        "client",
        "topic",
        "title",
        "body",
        "url",
        "created_at",
        "is_shown",
        "mailed",
        "read_at",
    )

    @display(description="E-mail")  # type: ignore[untyped-decorator]
    def mailed(self, notice: Notice) -> str:
        letter = notice.letter
        if letter is None:
            return "None"
        return when(letter.sent_at) if letter.sent_at else "Waits"


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label="Your answer, which the client reads here and in an e-mail",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class WriteForm(forms.Form):
    body = forms.CharField(
        label="Your message",
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write what it is about."},
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


@admin.register(Message)
class MessageAdmin(OfClient):
    list_display = ("created_at", "client", "start", "writer", "page_title", "answered_at")
    list_filter = (QueueFilter,)
    list_select_related = ("account", "written_by")
    fields = (
        "client",
        "created_at",
        "writer",
        "body",
        "page_title",
        "page",
        "state",
        "answer",
        "answered_by",
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/answer/", wrap(self.answer_it), name="message_answer"),
            path("write/<int:account>/", wrap(self.write), name="message_write"),
            *super().get_urls(),
        ]

    @display(description="Message")  # type: ignore[untyped-decorator]
    def start(self, message: Message) -> str:
        return Truncator(message.body).chars(80)

    @display(description="From")  # type: ignore[untyped-decorator]
    def writer(self, message: Message) -> str:
        return str(message.written_by or "The client")

    @display(description="Answered")  # type: ignore[untyped-decorator]
    def state(self, message: Message) -> str:
        if message.written_by_id:
            return "Nothing waits: the client writes back in a message of their own"
        if message.answered_at:
            return when(message.answered_at)
        url = reverse("admin:message_answer", args=[message.pk])
        return format_html('Waits for you. <a href="{}">Answer</a>', url)

    def answer_it(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the message and the page it came from, then answer."""
        if not can(request.user, Ability.ACT):
            raise Http404
        rows = self.get_queryset(request).filter(written_by=None)
        message: Message = get_object_or_404(rows.select_related("account"), pk=pk)
        form = AnswerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            answer = form.cleaned_data["answer"]
            services.answer_message(message, answer=answer, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Answered. The client is told.")
            return redirect("admin:accounts_account_change", message.account_id)
        written = f"{when(message.created_at)}, on the page “{message.page_title}”"
        context = {
            **self.admin_site.each_context(request),
            "title": f"Message of {message.account}",
            "account": message.account,
            "question": f"{message.account} wrote to you",
            "consequence": f"{message.body}\n\n{written}",
            "form": form,
            "button": "Answer",
            "is_fullwidth": "1",
        }
        status = 422 if form.errors else 200
        return render(request, "admin/backoffice/decide_policy.html", context, status=status)

    def write(self, request: HttpRequest, account: int) -> HttpResponse:
        """Begin a conversation with a client."""
        if not can(request.user, Ability.ACT):
            raise Http404
        client = get_object_or_404(Account.objects.visible_to(request.user), pk=account)
        form = WriteForm(request.POST or None, initial={"key": uuid4()})
        if request.method == "POST" and form.is_valid():
            services.write_to_client(account=client, by=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            messages.success(request, f"Sent. {client} is told in the app and by e-mail.")
            return redirect("admin:accounts_account_change", client.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Write to {client}",
            "account": client,
            "question": f"Write to {client}",
            "consequence": "They read it in the app and in an e-mail that goes out at once, and "
            "can write back. No passwords, tax IDs or account numbers, please.",
            "form": form,
            "button": "Send the message",
            "is_fullwidth": "1",
        }
        status = 422 if form.errors else 200
        return render(request, "admin/backoffice/confirm.html", context, status=status)
