"""Every e-mail there is, as both partners send it."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve

from accounts.models import Topic
from accounts.specimens import specimens
from robo import partner

SLUGS = partner.slugs()


class Read(HTMLParser):
    """The words of a page and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words: list[str] = []
        self.styled = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.styled = tag == "style"
        self.links += [value for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        self.styled = False

    def handle_data(self, data: str) -> None:
        if not self.styled:
            self.words.append(data)


def exists(address: str) -> bool:
    path = address.removeprefix(settings.SITE_URL)
    if path == address:
        return address.startswith(("mailto:", "tel:"))
    try:
        resolve(path.partition("?")[0])
    except Resolver404:
        return False
    return True


@pytest.mark.parametrize("slug", SLUGS)
def test_every_mail_is_in_the_partners_name_and_says_the_same_twice(slug, monkeypatch, db):
    monkeypatch.setattr(partner, "current", lambda: us)
    us = partner.load(slug)
    others = [partner.load(other) for other in SLUGS if other != slug]
    seen = set()
    for mail in specimens():
        seen.add(mail.name)
        page = Read(mail.html)
        told = " ".join(" ".join(page.words).split())
        assert mail.subject, mail.name
        assert "{{" not in mail.html + mail.text, mail.name
        assert not re.search(r"<[a-z/]", mail.text), mail.name
        assert "&#x27;" not in mail.text, mail.name
        for text in (told, mail.text):
            assert us.name in text, mail.name
            assert us.support.phone in text
            assert us.legal_name in text
            assert not re.search(r"\d{3}-\d{2}-\d{4}|\d{9,}", text), mail.name
        for other in others:
            for theirs in (other.name, other.legal_name, other.domain, other.support.phone):
                assert theirs not in mail.html + mail.text, (mail.name, theirs)
            mine, foreign = us.colours.brand, other.colours.brand
            if mine != foreign:
                assert foreign[0] not in mail.html, mail.name
        # The plain twin has each heading, sentence and address that the page has.
        heading = re.search(r"<h1[^>]*>(.*?)</h1>", mail.html, re.DOTALL)[1].strip()
        assert heading in mail.text, mail.name
        assert page.links, mail.name
        for link in page.links:
            assert exists(link), (mail.name, link)
            if link.startswith(settings.SITE_URL):
                assert link in mail.text, (mail.name, link)
        if mail.name.startswith(("notice-", "letter-")):
            optional = mail.name not in {"notice-account", "notice-security"}
            assert ("Stop these e-mails" in told) == optional, mail.name
            assert ("Stop these e-mails" in mail.text) == optional
            assert "whatever you chose" in told or "You get this because" in told
    assert {f"notice-{topic}" for topic in Topic} <= seen
    folders = [Path(settings.BASE_DIR) / "templates" / app / "email" for app in ("account", "mfa")]
    templates = {p.name for folder in folders for p in folder.glob("*_message.html")}
    assert len([n for n in seen if n.startswith("sign-in-")]) == len(templates)


def calls_of_tell() -> list[tuple[str, ast.Call]]:
    found = []
    for app in ("accounts", "onboarding", "portfolios", "funding", "trading"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            source = path.read_text()
            if "tell(" not in source:
                continue
            for node in ast.walk(ast.parse(source)):
                if (
                    isinstance(node, ast.Call)
                    and getattr(node.func, "id", getattr(node.func, "attr", "")) == "tell"
                ):
                    found.append((f"{app}/{path.name}:{node.lineno}", node))
    return found


def test_every_notice_names_its_occasion_and_a_topic_there_is():
    calls = calls_of_tell()
    assert len(calls) > 10
    for where, call in calls:
        given = {k.arg: k.value for k in call.keywords}
        assert {"account", "key", "title", "body"} <= set(given), where
        topic = given.get("topic")
        assert topic or where.startswith("accounts/"), f"{where} would pass for the account's own"
        if isinstance(topic, ast.Constant):
            assert topic.value in Topic.values, where
        url = given.get("url")
        if isinstance(url, ast.Constant):
            assert not url.value or exists(settings.SITE_URL + url.value), where
