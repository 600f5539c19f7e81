"""Banks: linked with a public token, recognised, watched, mended, unlinked.

What Bluum doesn't document is decided here and in `robo.bluum.banks` alone: update mode is asked
for and may be ignored or refused, then the same account comes back as a new source and is
recognised; a source may tell how its link for transfers stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from funding import reasons
from funding.models import LINK_FAILED, LINK_STANDS, BankAccount, BankLink, Schedule
from funding.sync import returns
from robo import clients, seal
from robo.bluum import NotFound, Refused
from robo.bluum.banks import BankSource, LinkToken

log = structlog.get_logger("funding.banks")

# Plaid's public tokens live half an hour; one that old can't be exchanged by anyone.
TOKEN_LIVES = timedelta(minutes=30)
PROBE_FOR = timedelta(minutes=10)
"""So long after linking we ask whether the custodian's link for transfers has come about."""


def make_link_token(account: Account, bank: BankAccount | None = None) -> LinkToken:
    """What opens Plaid, hosted or in the page. A person waits for it: one short try.

    With a `bank` whose sign-in has ended it asks for Plaid's update mode; if Bluum has none, for
    linking the bank as if it were new. Raises Unavailable or Refused.
    """
    sources, account_id = clients.bluum_now().funding_sources, account.bluum_id or ""
    if bank is not None and bank.status == BankAccount.Status.ERROR and not bank.stopped_at:
        try:
            return sources.create_link_token(
                account_id, hosted=True, funding_source_id=bank.bluum_id
            )
        except Refused:
            log.info("no update mode", row=bank.pk)
    return sources.create_link_token(account_id, hosted=True)


def advance_bank_link(link: BankLink) -> timedelta | None:
    """Hand the public token to Bluum, once; then forget it."""
    if link.status != BankLink.Status.RETURNED or link.sealed_token is None:
        return None
    account_id = link.account.bluum_id
    if not account_id:
        return timedelta(seconds=10)
    token = seal.unseal(link.sealed_token).decode()
    sources = clients.bluum().funding_sources
    try:
        linked = sources.connect(account_id, public_token=token)
    except Refused as problem:
        # An earlier try may have got through although we never heard: then the bank is there.
        new = _unknown(link.account, sources.list(account_id)) if link.attempts > 1 else []
        if not new:
            _refuse_link(link, reasons.of_refusal(problem))
            return None
        linked = tuple(new)
    except Exception:
        if link.created_at < timezone.now() - TOKEN_LIVES * 2:
            _refuse_link(
                link,
                "We couldn’t reach your bank in time. Please link it again; nothing was taken.",
            )
            return None
        raise
    _take_in(link, linked)
    return None


@transaction.atomic
def _take_in(link: BankLink, linked: Iterable[BankSource]) -> None:
    """What came of it: banks that are new, that were linked already, that work again."""
    found = apply_banks(link.account, linked, by_person=True)
    returns.mend(found.mended)
    fresh = [*found.new, *found.mended, *found.same]
    now = timezone.now()
    BankAccount.objects.filter(pk__in=fresh).update(probe_until=now + PROBE_FOR)
    for source, pk in found.sources:
        _heed_link(BankAccount.objects.get(pk=pk), source)
    for bank in BankAccount.objects.filter(pk__in=[*fresh, *found.twice]):
        bank.poke()
    BankLink.objects.filter(pk=link.pk).update(
        status=BankLink.Status.CONNECTED,
        sealed_token=None,
        refusal="",
        outcome={
            "new": found.new,
            "mended": [*found.mended, *found.same],
            "twice": found.twice,
        },
    )


def _unknown(account: Account, found: Iterable[BankSource]) -> list[BankSource]:
    known = set()
    for row in account.banks.all():
        known |= {row.bluum_id, *row.extra_ids}
    return [one for one in found if one.status == "active" and one.id not in known]


@transaction.atomic
def _refuse_link(link: BankLink, sentence: str) -> None:
    BankLink.objects.filter(pk=link.pk).update(
        status=BankLink.Status.REFUSED, sealed_token=None, refusal=sentence
    )
    tell(
        account=link.account,
        key=f"bank-link-refused:{link.pk}",
        title="Your bank isn’t linked yet",
        body=sentence,
        url=reverse("funding:banks"),
        topic=Topic.MONEY,
    )


def advance_bank_account(bank: BankAccount) -> timedelta | None:
    """Unlink at Bluum what isn't wanted any more; otherwise see how the bank stands."""
    account_id = bank.account.bluum_id or ""
    sources = clients.bluum().funding_sources
    if bank.unlink_asked_at and bank.status != BankAccount.Status.DISCONNECTED:
        _disconnect(account_id, bank.bluum_id)
        BankAccount.objects.filter(pk=bank.pk).update(status=BankAccount.Status.DISCONNECTED)
    listed = sources.list(account_id)
    for source in listed:
        if source.id in bank.extra_ids and source.status != BankAccount.Status.DISCONNECTED:
            _disconnect(account_id, source.id)
    apply_banks(bank.account, [source for source in listed if source.id == bank.bluum_id])
    return _next_probe(bank)


def _disconnect(account_id: str, source_id: str) -> None:
    try:
        clients.bluum().funding_sources.disconnect(account_id, source_id)
    except NotFound:
        log.info("bank was already gone")


def _next_probe(bank: BankAccount) -> timedelta | None:
    """Seconds while the custodian's link may still come about; never where Bluum doesn't tell."""
    bank.refresh_from_db(fields=["ach_status", "probe_until"])
    return timedelta(seconds=5) if bank.awaits_link else None


@dataclass(slots=True)
class Found:
    """Rows behind what Bluum listed: new ones, mended ones, working ones under the id they had,
    working ones of which a second link was made; and each source with its row."""

    new: list[int] = field(default_factory=list)
    mended: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    sources: list[tuple[BankSource, int]] = field(default_factory=list)


@transaction.atomic
def apply_banks(
    account: Account, sources: Iterable[BankSource], *, by_person: bool = False
) -> Found:
    """Write what Bluum says about these banks; tell when one stops working.

    A source that we don't know may be an account that we do (`_recognise`): then there is no second
    row for money to come from by accident. `by_person` says they have just signed in at the bank.
    """
    found = Found()
    rows = list(BankAccount.objects.select_for_update().filter(account=account).order_by("pk"))
    known = {row.bluum_id: row for row in rows}
    given = list(sources)
    taken = {known[source.id].pk: source.item_id for source in given if source.id in known}
    elsewhere = {extra for row in rows for extra in row.extra_ids}
    for source in given:
        row = known.get(source.id)
        if row is None:
            if source.id in elsewhere or source.status == BankAccount.Status.DISCONNECTED:
                continue
            same = _recognise(source, [one for one in rows if _is_free(one, source, taken)])
            if same is None:
                row = _new(account, source)
                found.new.append(row.pk)
            else:
                taken[same.pk] = source.item_id
                _same_again(same, source, found)
                row = same
        else:
            _write(row, source, by_person=by_person)
            found.same.append(row.pk)
        found.sources.append((source, row.pk))
        if not by_person:
            _heed_link(row, source)
    return found


def _is_free(row: BankAccount, source: BankSource, taken: dict[int, str | None]) -> bool:
    """Whether a row may be this source's account. `taken`: by which sign-in rows have theirs
    already; two accounts of one sign-in are two, of two sign-ins they may be the same."""
    by = taken.get(row.pk)
    return row.pk not in taken or bool(by and source.item_id and by != source.item_id)


def _facts(source: BankSource) -> dict[str, str]:
    return {
        "item_id": source.item_id or "",
        "institution": source.institution or "",
        "name": source.name or "",
        "mask": (source.mask or "")[-4:],
        "type": source.subtype or source.account_type or "",
    }


def _new(account: Account, source: BankSource) -> BankAccount:
    return BankAccount.objects.create(
        account=account,
        bluum_id=source.id,
        plaid_account_id=source.account_id or "",
        status=_status(source, BankAccount.Status.ACTIVE),
        created_at=source.created_at or timezone.now(),
        due_at=None,
        **_facts(source),
    )


def _recognise(source: BankSource, rows: Iterable[BankAccount]) -> BankAccount | None:
    """The row of the very same bank account: institution, name, last digits and type agree.

    Plaid's own advice for telling duplicates. Two accounts of one bank may end alike, and only
    their names tell them apart; a name that isn't known tells nothing. Of several, one that is
    still linked, then the oldest.
    """
    facts = _facts(source)
    if not (facts["institution"] and facts["mask"]):
        return None
    same = [
        row
        for row in rows
        if (row.institution, row.mask, row.type)
        == (facts["institution"], facts["mask"], facts["type"])
        and (not row.name or facts["name"] in {"", row.name})
    ]
    same.sort(key=lambda row: (row.status == BankAccount.Status.DISCONNECTED, row.pk))
    return same[0] if same else None


def _same_again(row: BankAccount, source: BankSource, found: Found) -> None:
    """A second link to an account we have. If the first works, the second is given up; else the
    row moves to the new one, and what waits for it goes on from there."""
    if row.is_usable:
        row.extra_ids = [*row.extra_ids, source.id]
        BankAccount.objects.filter(pk=row.pk).update(extra_ids=row.extra_ids)
        row.poke()
        found.twice.append(row.pk)
        return
    row.extra_ids = [*row.extra_ids, row.bluum_id]
    facts = {name: value for name, value in _facts(source).items() if value}
    BankAccount.objects.filter(pk=row.pk).update(
        bluum_id=source.id,
        plaid_account_id=source.account_id or "",
        status=_status(source, BankAccount.Status.ACTIVE),
        unlink_asked_at=None,
        extra_ids=row.extra_ids,
        mended_at=timezone.now(),
        **facts,
    )
    _go_on(row)
    row.poke()
    found.mended.append(row.pk)


def _go_on(row: BankAccount) -> None:
    """Schedules are told the new source; deposits that waited are sent."""
    for schedule in Schedule.objects.going().filter(bank=row):
        Schedule.objects.filter(pk=schedule.pk).update(revision=F("revision") + 1)
        schedule.poke()
    row.deposits.filter(status="requested").poke()


def _write(row: BankAccount, source: BankSource, *, by_person: bool) -> None:
    """The facts of a source that is known by its id."""
    status = _status(source, row.status)
    if row.unlink_asked_at and status == BankAccount.Status.ACTIVE:
        if not by_person:
            return  # the person's wish to unlink is on its way
        BankAccount.objects.filter(pk=row.pk).update(unlink_asked_at=None)
    changed: dict[str, object] = {
        name: value
        for name, value in _facts(source).items()
        if value and getattr(row, name) != value
    }
    broken = BankAccount.Status.ERROR
    if row.status == broken and status == BankAccount.Status.ACTIVE:
        changed["mended_at"] = timezone.now()
        row.deposits.filter(status="requested").poke()
    if changed or status != row.status:
        BankAccount.objects.filter(pk=row.pk).update(status=status, **changed)
    if status == broken and row.status != broken:
        _tell_broken(row)


def _heed_link(row: BankAccount, source: BankSource) -> None:
    """The custodian's link for transfers: one that failed stops the bank at once, before a transfer
    would; one that has come about lifts that. Bluum may not tell at all."""
    said = (source.ach_status or "")[:20]
    if said != row.ach_status:
        BankAccount.objects.filter(pk=row.pk).update(ach_status=said)
    row.refresh_from_db()
    if said in LINK_FAILED and row.status == BankAccount.Status.ACTIVE:
        returns.stop(row, "LINK", occasion=f"link:{source.id}")
    elif said in LINK_STANDS and row.stopped_code == "LINK":
        returns.mend([row.pk])


def _status(source: BankSource, otherwise: str) -> str:
    return source.status if source.status in BankAccount.Status.values else otherwise


def _tell_broken(bank: BankAccount) -> None:
    waits = Schedule.objects.going().filter(bank=bank, wanted="active").exists()
    tell(
        account=bank.account,
        key=f"bank-error:{bank.item_id or bank.pk}:{timezone.now():%Y-%m-%d}"[:80],
        title=f"{bank.institution or 'Your bank'} asks you to sign in again",
        body=(
            "The connection ended. Sign in again, and auto-invest goes on as planned."
            if waits
            else "The connection ended. Sign in again before your next deposit."
        ),
        url=reverse("funding:bank-repair", args=[bank.pk]),
        topic=Topic.MONEY,
    )


def refresh_banks(account: Account) -> None:
    """All banks of the account, as Bluum has them."""
    apply_banks(account, clients.bluum().funding_sources.list(account.bluum_id or ""))
