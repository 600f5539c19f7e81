"""What was signed, as a PDF: every word, how it was signed, and the text itself to the byte."""

import hashlib
import re
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Account, Signature, SignedText
from portfolios.signed import MARKDOWN, signature_pdf
from robo import agenda, partner
from tests.portfolios.pdf_text import attached, pdf_text, squeezed


def signed(account: Account, body: str, kind: str = "customer_agreement") -> Signature:
    digest = hashlib.sha256(body.encode()).hexdigest()
    text = SignedText.objects.create(
        sha256=digest, slug="made-up", version="2026-11", title="An agreement", body=body
    )
    return Signature.objects.create(
        account=account, text=text, kind=kind, statement="I agree to “this”.", ip="203.0.113.7"
    )


def words_of(body: str) -> list[str]:
    inline = [t for t in MARKDOWN.parse(body) if t.type == "inline"]
    return [c.content for t in inline for c in t.children or [] if c.type == "text"]


def test_each_agreement_is_a_tagged_pdf_with_every_word_and_the_text_to_the_byte(
    standing: Any, maya: Any, omar: Any, client: Client
) -> None:
    for agreement in partner.current().agreements:
        mine = signed(standing.account, agreement.text)
        made = signature_pdf(mine)
        assert made == signature_pdf(mine)
        inside = b"\n".join([made, *attached(made)])
        for mark in (b"/StructTreeRoot", b"pdfuaid:part", b"(en-US)", b"/H1"):
            assert mark in inside, mark
        assert agreement.text.encode() in attached(made)
        text = squeezed(pdf_text(made))
        for word in words_of(agreement.text):
            assert squeezed(word) in text, word
        assert agreement.sha256 in text
        assert "203.0.113.7" in text
        assert squeezed("“I agree to ‘this’.”") in text
    url = reverse("portfolios:signed-pdf", args=[mine.pk])
    assert client.get(url).status_code == 302
    client.force_login(maya)
    answer = client.get(url)
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content == made
    assert url in client.get(reverse("portfolios:documents")).content.decode()
    taken = dict(agenda.papers(standing.account))
    assert made in taken.values()
    client.force_login(omar)
    assert client.get(url).status_code == 404


def test_nested_lists_tables_and_odd_characters_lose_no_word(standing: Any) -> None:
    body = (
        "# One\n\n1. first\n   - under it\n2. second #strong[no]\n\n| Fee | Of what |\n|---|---|\n"
        "| 0.25 % | assets |\n\n> Careful.\n\n[Write](mailto:a@b.example) to 世界 _now_.\r\n"
    )
    made = signature_pdf(signed(standing.account, body))
    assert body.encode() in attached(made)
    text = squeezed(pdf_text(made))
    for word in ("first", "underit", "second#strong[no]", "0.25%", "Careful.", "a@b.example"):
        assert word in text, word


def test_an_address_in_what_was_signed_can_be_followed(standing: Any) -> None:
    body = "# Summary\n\nA [simple search](https://www.investor.gov/CRS) is free."
    made = signature_pdf(signed(standing.account, body))
    assert b"/URI(https://www.investor.gov/CRS)" in made
    assert squeezed("simple search (https://www.investor.gov/CRS)") in squeezed(pdf_text(made))


def test_what_was_signed_doesnt_leave_its_signature_alone_on_a_page(standing: Any) -> None:
    """However long the text: its last words stand with the signature."""
    for lines in range(26, 40):
        body = "\n\n".join(["# An agreement", *["One more paragraph."] * lines, "The last words."])
        made = signature_pdf(signed(standing.account, body))
        pages = re.findall(rb"/Contents (\d+) 0 R", made)
        if len(pages) > 1:
            break
    assert len(pages) == 2
    last = made.replace(b"/Contents " + pages[0] + b" 0 R", b"")
    assert "Thelastwords." in squeezed(pdf_text(last))


def test_a_closing_is_printed_line_by_line(standing: Any) -> None:
    body = "I ask them to close it.\n\n* Not a list, * not bold."
    made = signature_pdf(signed(standing.account, body, "closing"))
    assert "*Notalist,*notbold." in squeezed(pdf_text(made))
