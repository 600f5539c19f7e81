"""E-mail, sealed on its way out: a message becomes a row, and the loop hands it over."""

from collections.abc import Sequence
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from accounts.models import Mail
from robo import partner, seal


class OutboxBackend(BaseEmailBackend):
    """Django's e-mail backend of this project. Nothing is sent while a person waits."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            for message in email_messages:
                mail = Mail.objects.create(sealed=seal.seal_json(pack(message)))
                mail.enqueue()
        return len(email_messages)


def pack(message: EmailMessage) -> dict[str, Any]:
    """All it takes to build the message again. Raises ValueError for attachments: we send none.

    The Message-ID is fixed here, so that a message sent twice is recognised as one.
    """
    if message.attachments:
        raise ValueError("The outbox takes no attachments.")
    headers = dict(message.extra_headers)
    headers.setdefault("Message-ID", make_msgid(domain=partner.current().domain))
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": message.from_email or settings.DEFAULT_FROM_EMAIL,
        "to": list(message.to),
        "cc": list(message.cc),
        "bcc": list(message.bcc),
        "reply_to": list(message.reply_to),
        "headers": headers,
        "alternatives": [
            [str(content), str(kind)]
            for content, kind in getattr(message, "alternatives", None) or []
        ],
    }


def unpack(packed: dict[str, Any]) -> EmailMultiAlternatives:
    """The message that was packed."""
    alternatives = packed.pop("alternatives")
    message = EmailMultiAlternatives(**packed)
    for content, kind in alternatives:
        message.attach_alternative(content, kind)
    return message
