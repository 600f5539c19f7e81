"""What clients ask of us: changes of contact, cases, their data, whom we may call."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from accounts import contact, disputes
from accounts.models import Account, Case, ContactChange, DataExport, Letter, User
from robo import audit, seal
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import ClientRows, OfClient, QueueFilter


class Asked(OfClient):
    """What somebody who may act decides on."""

    def _row(self, request: HttpRequest, pk: int) -> Any:
        if not can(request.user, Ability.ACT):
            raise Http404
        return get_object_or_404(self.get_queryset(request), pk=pk)


class DecideForm(forms.Form):
    outcome = forms.ChoiceField(
        choices=[("done", "Bluum has it"), ("declined", "It isn’t possible")], label="How it went"
    )
    reason = forms.CharField(
        required=False, max_length=300, label="Why not, in a sentence for the client"
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("outcome") == "declined" and not data.get("reason"):
            self.add_error("reason", "The client reads this: say why, and what they can do.")
        return data


@admin.register(ContactChange)
class ContactChangeAdmin(Asked):
    list_display = ("created_at", "client", "kind", "state", "decided_at", "decide_link")
    list_filter = (QueueFilter, "status", "kind")
    fields = (
        "client",
        "kind",
        "status",
        "created_at",
        "decided_at",
        "decided_by",
        "reason",
        "decide_link",
    )

    @display(description="What is asked")  # type: ignore[untyped-decorator]
    def decide_link(self, change: ContactChange) -> str:
        if not change.is_open:
            return "Deleted when it was decided"
        url = reverse("admin:contact_change_decide", args=[change.pk])
        return format_html('<a href="{}">Read and decide</a>', url)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("sealed", "sealed_file")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/decide/", wrap(self.decide), name="contact_change_decide"),
            path("<int:pk>/file/", wrap(self.file), name="contact_change_file"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Unseal what is asked, in front of somebody whose look is noted; say how it went."""
        change = self._row(request, pk)
        form = DecideForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"] if form.cleaned_data["outcome"] != "done" else ""
            try:
                contact.decide(
                    change,
                    actor=request.user,  # type: ignore[arg-type]
                    reason=reason,
                    request=request,
                )
            except contact.AlreadyDecided as problem:
                messages.warning(request, problem.safe_message)
            else:
                messages.success(request, "The client is told.")
            return redirect("admin:accounts_contactchange_changelist")
        audit.record("read contact change", request=request, target=change, account=change.account)
        asked = contact.read(change)
        return render(
            request,
            "admin/backoffice/contact_change.html",
            {
                **self.admin_site.each_context(request),
                "title": f"{change.get_kind_display()} of {change.account}",
                "change": change,
                "asked": {name.replace("_", " ").capitalize(): v for name, v in asked.items() if v},
                "form": form,
                "account": change.account,
            },
            status=422 if form.errors else 200,
        )

    def file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The document that came along."""
        change = self._row(request, pk)
        if not change.sealed_file:
            raise Http404
        audit.record(
            "read document of contact change",
            request=request,
            target=change,
            account=change.account,
        )
        return HttpResponse(
            seal.unseal(change.sealed_file),
            content_type=change.file_type,
            headers={
                "Content-Disposition": f'attachment; filename="document-{change.pk}"',
                "X-Content-Type-Options": "nosniff",
            },
        )


class CloseForm(forms.Form):
    outcome = forms.CharField(max_length=300, label="What came of it")
    email = forms.EmailField(label="The e-mail address that is theirs")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.fields["email"].initial = user, user.email

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
            raise forms.ValidationError("Another person signs in with this address.")
        return email


@admin.register(Case)
class CaseAdmin(Asked):
    list_display = ("opened_at", "client", "about", "closed_at", "closed_by", "close_link")
    list_filter = (QueueFilter,)
    fields = (
        "client",
        "about",
        "details",
        "opened_at",
        "closed_at",
        "closed_by",
        "outcome",
        "close_link",
    )

    @display(description="Close")  # type: ignore[untyped-decorator]
    def close_link(self, case: Case) -> str:
        if case.closed_at:
            return "Closed"
        return format_html('<a href="{}">Close it</a>', reverse("admin:case_close", args=[case.pk]))

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._may_close(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._may_close(request, super().get_fields(request, obj))

    def _may_close(self, request: HttpRequest, names: Any) -> list[str]:
        """Without the link to what this person can't do."""
        may = can(request.user, Ability.REPLAY)
        return [name for name in names if may or name != "close_link"]

    def get_urls(self) -> list[URLPattern]:
        close = self.admin_site.admin_view(self.close)
        return [path("<int:pk>/close/", close, name="case_close"), *super().get_urls()]

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """For operations and supervisors: it lets the client in again, and may set the address."""
        if not can(request.user, Ability.REPLAY):
            raise Http404
        case = self._row(request, pk)
        form = CloseForm(request.POST or None, user=case.account.user)
        if request.method == "POST" and form.is_valid():
            disputes.close(
                case,
                outcome=form.cleaned_data["outcome"],
                email=form.cleaned_data["email"],
                actor=request.user,  # type: ignore[arg-type]
                request=request,
            )
            messages.success(request, "The case is closed.")
            return redirect("admin:accounts_case_changelist")
        return render(
            request,
            "admin/backoffice/confirm.html",
            {
                **self.admin_site.each_context(request),
                "title": str(case),
                "question": f"{case.about}: what came of it?",
                "consequence": f"{case.details} Closing it lets the client sign in again.",
                "form": form,
                "button": "Close the case",
                "account": case.account,
            },
            status=422 if form.errors else 200,
        )


@admin.register(Letter)
class LetterAdmin(ClientRows):
    actions: Any = ("retry",)
    list_display = ("created_at", "client", "kind", "count", "sent_at", "motion")
    list_filter = (QueueFilter, "kind")
    fields = ("client", "kind", "titles", "created_at", "sent_at", "motion_in_words")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("notices")

    @display(description="Notices")  # type: ignore[untyped-decorator]
    def count(self, letter: Letter) -> int:
        return len(letter.notices.all())

    @display(description="Notices")  # type: ignore[untyped-decorator]
    def titles(self, letter: Letter) -> str:
        return ", ".join(str(notice) for notice in letter.notices.all())


@admin.register(DataExport)
class DataExportAdmin(ClientRows):
    actions: Any = ("retry",)
    list_display = ("created_at", "client", "ready_at", "downloaded_at", "expires_at", "motion")
    list_filter = (QueueFilter,)
    fields = (
        "client",
        "created_at",
        "ready_at",
        "downloaded_at",
        "expires_at",
        "size",
        "motion_in_words",
        "error_in_words",
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("sealed_file")


@client.section(
    "asked",
    "Asked of us",
    order=85,
    rows=lambda account: {
        "changes": Some(account.contact_changes.all()[:8]),
        "cases": Some(account.cases.all()[:8]),
        "exports": Some(account.exports.all()[:3]),
    },
)
def asked(
    account: Account,
    user: Any,
    changes: list[ContactChange],
    cases: list[Case],
    exports: list[DataExport],
) -> dict[str, Any]:
    return {
        "changes": changes,
        "cases": cases,
        "trusted": contact.trusted(account) if can(user, Ability.ACT) else None,
        "exports": exports,
    }


queues.announce(
    queues.Queue(
        "reported",
        "“This wasn’t me”",
        Case,
        lambda rows: rows.filter(closed_at=None),
        since="opened_at",
        order=5,
        help="A client reported something: call them",
    )
)
queues.announce(
    queues.Queue(
        "contact-changes",
        "Changes of contact",
        ContactChange,
        lambda rows: rows.filter(status=ContactChange.Status.REQUESTED),
        since="created_at",
        order=14,
        help="Carry it to Bluum, then say so",
    )
)
