from celery import shared_task

from accounts import export, letters, sync
from accounts.models import Account, DataExport, Document, Letter, Mail
from robo import work


@shared_task
def advance_account(pk: int) -> None:
    work.take(Account, pk, sync.advance_account)


@shared_task
def advance_document(pk: int) -> None:
    work.take(Document, pk, sync.advance_document)


@shared_task
def send_mail(pk: int) -> None:
    work.take(Mail, pk, sync.send_mail)


@shared_task
def advance_letter(pk: int) -> None:
    work.take(Letter, pk, letters.advance)


@shared_task
def advance_export(pk: int) -> None:
    work.take(DataExport, pk, export.advance)
