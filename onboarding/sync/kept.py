"""One step for everything that is made here and copied to Bluum: created once, updated by revision,
archived."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from django.db import transaction

from accounts.models import Kept
from robo import bluum


def advance_kept(
    row: Kept,
    *,
    create: Callable[[], str],
    update: Callable[[str], object],
    delete: Callable[[str], object],
) -> timedelta | None:
    """Tell Bluum what it doesn't know yet of this row; settled when both say the same.

    `create` returns Bluum's id and carries the row's key, so doing it again makes nothing twice. A
    refusal is kept on the row; a changed row is tried again.
    """
    account = row.account  # type: ignore[attr-defined]
    gone = row.status == Kept.Status.ARCHIVED
    if row.sent_revision >= row.revision:
        return None
    if gone and row.bluum_id is None and row.first_tried_at is None:
        return None  # Bluum never heard of it
    if wait := account.wait_until_open():
        return wait  # type: ignore[no-any-return]
    try:
        if row.bluum_id is None:
            bluum_id = create()
            # What was sent is the row as taken; if it has gone meanwhile, deleting comes next.
            apply_kept(row, row.revision - 1 if gone else row.revision, bluum_id)
            return timedelta(0) if gone else None
        if gone:
            with suppress(bluum.NotFound):  # archived before
                delete(row.bluum_id)
        else:
            update(row.bluum_id)
    except bluum.Refused as problem:
        apply_kept(row, row.revision, row.bluum_id, refusal=problem.message[:300])
        return None
    apply_kept(row, row.revision, row.bluum_id)
    return None


@transaction.atomic
def apply_kept(row: Kept, revision: int, bluum_id: str | None, refusal: str = "") -> None:
    """Write what Bluum has. What people wrote stays theirs."""
    current = type(row)._base_manager.select_for_update().get(pk=row.pk)
    current.bluum_id = bluum_id
    current.sent_revision = max(current.sent_revision, revision)
    current.refusal = refusal
    current.save(update_fields=["bluum_id", "sent_revision", "refusal"])
