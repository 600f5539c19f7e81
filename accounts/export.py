"""Everything we keep of a person, as one file: JSON with its own description, and the papers.

Rows are found by following foreign keys to the account, so that nothing an app adds later is
forgotten; `LEFT_OUT` names what stays out and why. Apps give papers through `agenda.paper`.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import contact, notices
from accounts.models import Account, ContactChange, DataExport, SealedIdentity
from robo import agenda, audit, partner, seal
from robo.audit.models import Entry
from robo.work import Work

FORMAT = "account-export/1"
KEPT_FOR = timedelta(days=7)

OURS = ("accounts", "onboarding", "portfolios", "funding")

LEFT_OUT: dict[str, str] = {
    "accounts.SealedIdentity": "given as “identity”, its tax ID masked",
    "accounts.TrustedContact": "given as “trusted_contact”",
    "accounts.ContactChange": "given as “contact_changes”, with what was asked",
    "accounts.DataExport": "the file you are reading",
    "accounts.Letter": "how a notice was mailed; the notice itself is here",
}
"""Kinds of rows that aren't copied as they lie, and why."""

BOOKKEEPING = {f.name for f in Work._meta.get_fields()} | {"id"}
"""Fields of the loop, which say nothing of the person."""

SECRET = {"token", "secret", "password"}
"""Words in the names of fields that open something: given to nobody."""

RETENTION = (
    "Records of advice, orders, transfers and communications are kept for five years after the "
    "end of the year they belong to, also when you leave: the law asks investment advisers to. "
    "Your tax ID and identity documents are deleted here as soon as the custodian has them."
)


# What there is ------------------------------------------------------------------------------


def kinds() -> dict[type[models.Model], str]:
    """Every kind of row that belongs to an account, with the lookup that leads there."""
    ours = [m for m in apps.get_models() if m._meta.app_label in OURS and not m._meta.proxy]
    found: dict[type[models.Model], str] = {Account: "pk"}
    grew = True
    while grew:
        grew = False
        for model in ours:
            if model not in found and (lookup := _lookup(model, found)):
                found[model] = lookup
                grew = True
    return found


def _lookup(model: type[models.Model], found: dict[type[models.Model], str]) -> str:
    fields: list[Any] = [f for f in model._meta.fields if isinstance(f, models.ForeignKey)]
    for field in sorted(fields, key=lambda f: f.name != "account"):
        if field.related_model is Account:
            return str(field.name)
        if field.related_model in found:
            return f"{field.name}__{found[field.related_model]}"
    return ""


def told(model: type[models.Model]) -> list[Any]:
    """The fields of a kind of row that are given: no secrets, no bookkeeping."""
    return [
        field
        for field in model._meta.fields
        if not isinstance(field, models.BinaryField)
        and not SECRET & set(field.name.split("_"))
        and (field.name not in BOOKKEEPING or field.name == "id")
    ]


def records(account: Account) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each kind's name, with what its rows mean and say."""
    for model, lookup in kinds().items():
        if model._meta.label in LEFT_OUT:
            continue
        fields = told(model)
        rows = model._base_manager.filter(**{lookup: account.pk}).order_by("pk")
        names = [f.attname for f in fields]
        yield (
            f"{model._meta.app_label}.{slugify(str(model._meta.verbose_name_plural))}",
            {
                "about": (model.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " "),
                "fields": {f.attname: described(f) for f in fields},
                "rows": [
                    {name: plain(value) for name, value in zip(names, row, strict=True)}
                    for row in rows.values_list(*names)
                ],
            },
        )


def described(field: Any) -> dict[str, str]:
    """A field's type and what it means, in the words of the model."""
    kind = type(field).__name__.removesuffix("Field").lower()
    return {"type": kind, "meaning": str(field.help_text or field.verbose_name).capitalize()}


def plain(value: Any) -> Any:
    """JSON's idea of a value: decimals as text, so that no cent is lost; instants in UTC."""
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.get_default_timezone()).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return str(value)


def content(account: Account) -> dict[str, Any]:
    """The whole file as data."""
    sealed = SealedIdentity.objects.filter(account=account).first()
    identity = dict(seal.unseal_json(sealed.sealed)) if sealed else {}
    if number := str(identity.get("tax_id", "")):
        identity["tax_id"] = f"•••••{number[-4:]}"
    user = account.user
    entries = Entry.objects.filter(account_id=account.pk, actor=user).order_by("pk")
    sessions = UserSession.objects.filter(user=user).order_by("pk")
    return {
        "format": FORMAT,
        "made_at": timezone.now().isoformat(),
        "from": partner.current().legal_name,
        "retention": RETENTION,
        "person": {
            "name": user.get_full_name(),
            "email": user.email,
            "time_zone": user.time_zone,
            "since": user.date_joined.isoformat(),
        },
        "identity": identity,
        "trusted_contact": contact.trusted(account),
        "contact_changes": [
            {
                "kind": row.kind,
                "status": row.status,
                "created_at": row.created_at.isoformat(),
                "reason": row.reason,
                "asked": contact.read(row),
            }
            for row in ContactChange.objects.filter(account=account).order_by("pk")
        ],
        "sessions": [
            {"device": s.user_agent, "ip": s.ip, "since": s.created_at.isoformat()}
            for s in sessions
        ],
        "what_you_did": [{"at": e.at.isoformat(), "action": e.action, "ip": e.ip} for e in entries],
        "records": dict(records(account)),
    }


# Making the file ----------------------------------------------------------------------------


def archive(account: Account) -> bytes:
    """A ZIP file: `data.json`, `READ-ME.txt`, and a folder of papers."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        data = content(account)
        names = []
        for name, body in agenda.papers(account):
            file.writestr(f"papers/{name}", body)
            names.append(name)
        file.writestr("data.json", json.dumps(data, indent=1, ensure_ascii=False))
        file.writestr("READ-ME.txt", read_me(names))
    return made.getvalue()


def read_me(papers: list[str]) -> str:
    return "\n".join(
        [
            f"Everything {partner.current().legal_name} keeps about you.",
            "",
            "data.json holds every record. Under “records”, each kind says what it is about, what",
            "its fields mean, and lists its rows. Amounts are text, so that no cent is lost;",
            "times carry their zone.",
            "",
            f"papers holds {len(papers)} documents, as you would download them one by one:",
            "statements as the custodian’s own PDF (ours of the same figures is under your",
            "documents), every other report, what you signed, and the newest three plans. Older",
            "plans are in data.json.",
            "",
            RETENTION,
            "",
        ]
    )


def advance(row: DataExport) -> timedelta | None:
    """Make the file; once it has been there long enough, delete it."""
    if row.ready_at is None:
        made = archive(row.account)
        return apply_made(row.pk, seal.seal(made), len(made))
    left: timedelta = (row.expires_at or timezone.now()) - timezone.now()
    if left > timedelta():
        return left
    DataExport.objects.filter(pk=row.pk).update(sealed_file=None)
    return None


@transaction.atomic
def apply_made(pk: int, sealed: bytes, size: int) -> timedelta | None:
    row = DataExport.objects.select_for_update(of=["self"]).select_related("account").get(pk=pk)
    if row.ready_at is None:
        row.ready_at = timezone.now()
        row.expires_at = row.ready_at + KEPT_FOR
        row.sealed_file, row.size = sealed, size
        row.save(update_fields=["ready_at", "expires_at", "sealed_file", "size"])
        notices.export_ready(row.account, row.pk, KEPT_FOR.days)
    return KEPT_FOR


# What the person asks -----------------------------------------------------------------------


@transaction.atomic
def ask(account: Account, *, key: UUID, request: Any = None) -> DataExport:
    """Have the file made. Again is harmless while one is being made."""
    Account.objects.select_for_update().get(pk=account.pk)
    mine = DataExport.objects.filter(account=account)
    found: DataExport | None = mine.filter(key=key).first() or mine.filter(ready_at=None).first()
    if found is not None:
        return found
    row = DataExport.objects.create(account=account, key=key)
    audit.record("ask for data", actor=account.user, target=row, account=account, request=request)
    row.enqueue()
    return row


@transaction.atomic
def taken(row: DataExport, *, request: Any = None) -> bytes:
    """The file's bytes, for its owner; the trail says so."""
    assert row.sealed_file is not None
    DataExport.objects.filter(pk=row.pk).update(downloaded_at=timezone.now())
    audit.record(
        "download data", actor=row.account.user, target=row, account=row.account, request=request
    )
    return seal.unseal(row.sealed_file)
