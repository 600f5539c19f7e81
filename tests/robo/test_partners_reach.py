"""A partner's name, words and colours reach every page, e-mail and the admin; no other's do.

Each partner is looked at in a process of its own, as it is deployed: settings are read once.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection

from accounts import services
from robo import partner
from tests.services import ROOT

SLUGS = partner.slugs()

# Prints one JSON object: place to text. What it writes to the database is rolled back.
LOOK = """
import json, re, django
django.setup()
from django.db import transaction
from django.test import Client
from accounts.models import Mail, User
from accounts.notices import tell
from robo import partner, seal

found = {}
iris = User.objects.get(email="iris@example.com")
maya = User.objects.get(email="maya@example.com")
with transaction.atomic():
    stranger, investor, staff = Client(), Client(), Client()
    investor.force_login(maya)
    staff.force_login(iris)

    def look(name, client, url):
        page = client.get(url)
        assert page.status_code == 200, (url, page.status_code, page.headers)
        found[name] = page.content.decode()

    look("landing", stranger, "/")
    look("sign in", stranger, "/sign-in/login/")
    look("sign up", stranger, "/sign-in/signup/")
    for agreement in partner.current().agreements:
        look("legal " + agreement.slug, stranger, f"/legal/{agreement.slug}/")
    found["not found"] = stranger.get("/nothing-here/").content.decode()
    look("settings", investor, "/account/")
    look("first screen of the application", investor, "/open/name/")
    look("admin", staff, "/admin/")
    look("admin clients", staff, "/admin/accounts/account/")
    look("admin client", staff, f"/admin/accounts/account/{maya.account.pk}/change/")
    look("stylesheet", stranger, partner.current().brand_url)

    stranger.post("/sign-in/login/code/", {"email": maya.email})
    stranger.post("/sign-in/password/reset/", {"email": maya.email})
    tell(account=maya.account, key="reach", title="Your deposit arrived", body="It did.", url="/")
    for number, mail in enumerate(Mail.objects.order_by("pk")):
        packed = seal.unseal_json(bytes(mail.sealed))
        parts = [packed["subject"], packed["from_email"], packed["headers"]["Message-ID"],
                 packed["body"], *(content for content, _ in packed["alternatives"])]
        found[f"mail {number}: {packed['subject']}"] = "\\n".join(parts)
    transaction.set_rollback(True)
print(json.dumps(found))
"""


@pytest.fixture
def reach(transactional_db: None, maya: Any, iris: Any, tmp_path: Any) -> Callable[[str], Any]:
    """What people see where this partner is deployed, place by place."""
    services.account_of(maya)
    parts = urlsplit(os.environ["DATABASE_URL"])
    database = parts._replace(path="/" + quote(str(connection.settings_dict["NAME"]))).geturl()

    def look(slug: str) -> dict[str, str]:
        env = os.environ | {
            "PARTNER": slug,
            "DATABASE_URL": database,
            "DJANGO_SETTINGS_MODULE": "robo.settings",
            "STATIC_ROOT": str(tmp_path),
            "LOG_LEVEL": "CRITICAL",
        }
        done = subprocess.run(
            [sys.executable, "-c", LOOK], env=env, cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
        return found

    return look


@pytest.mark.parametrize("slug", SLUGS)
def test_a_partner_speaks_everywhere_and_no_other_anywhere(
    slug: str, reach: Callable[[str], dict[str, str]]
) -> None:
    places = reach(slug)
    own = partner.load(slug)
    mails = {name: text for name, text in places.items() if name.startswith("mail")}
    assert len(mails) == 3, list(places)

    for name, text in places.items():
        if name != "stylesheet":
            assert own.name in text or own.short_name in text, name
    assert own.words.landing_title in places["landing"]
    assert own.words.sign_in_title in places["sign in"]
    assert own.words.sign_up_title in places["sign up"]
    assert own.support.phone in places["landing"]
    for agreement in own.agreements:
        assert agreement.title in places["legal " + agreement.slug]
    assert own.colours.brand[0] in places["stylesheet"]
    assert own.type.family in places["stylesheet"]
    assert own.colours.brand[0] in "".join(mails.values())
    for text in mails.values():
        assert own.email_from in text
        assert f"@{own.domain}>" in text  # the Message-ID
        assert own.legal_name in text

    for other in (partner.load(s) for s in SLUGS if s != slug):
        strange = [other.name, other.short_name, other.legal_name, other.domain]
        strange += [other.support.phone, other.words.landing_title, other.colours.brand[0]]
        for name, text in places.items():
            for word in strange:
                assert word.lower() not in text.lower(), (name, word)
