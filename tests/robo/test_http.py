"""Who asks, from where, and what every browser is told before the first byte of a page."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from robo.http import client_ip, true_client
from tests.services import ROOT

NOWHERE = "127.0.0.1:9"  # the discard port: nothing answers there


# The true client --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forwarded", "proxies", "found"),
    [
        ("", 0, "10.0.0.1"),
        ("6.6.6.6", 0, "10.0.0.1"),  # nobody of ours wrote that
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        (" 6.6.6.6 ,, 203.0.113.9 ", 1, "203.0.113.9"),
        ("203.0.113.9", 2, "10.0.0.1"),  # did not come through both proxies
        ("2001:DB8::0:9", 1, "2001:db8::9"),
        ("<script>", 1, ""),
    ],
)
def test_only_the_addresses_our_proxies_wrote_count(
    forwarded: str, proxies: int, found: str
) -> None:
    assert client_ip("10.0.0.1", forwarded, proxies) == found


def test_a_forged_address_is_not_put_on_the_request(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    seen = true_client(lambda request: HttpResponse(request.client_ip))
    answer = seen(
        RequestFactory().get(
            "/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}, REMOTE_ADDR="10.0.0.1"
        )
    )
    assert answer.content == b"203.0.113.9"


# Health -----------------------------------------------------------------------------------------


def test_a_living_process_says_so_whatever_it_is_called(client: Client) -> None:
    answer = client.get("/healthz", headers={"Host": "10.1.2.3"})
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_ready_means_database_broker_and_migrations(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "problems": []}


def test_not_ready_while_the_broker_is_away(client: Client, db: None, settings: Any) -> None:
    settings.REDIS_URL = f"redis://{NOWHERE}/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["broker is away"]


def test_not_ready_while_a_migration_is_missing(client: Client, db: None) -> None:
    newest = dict(MigrationLoader(connection).graph.leaf_nodes("funding"))["funding"]
    MigrationRecorder(connection).record_unapplied("funding", newest)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["migrations are missing"]


# A deployment on https, seen through a process of its own: settings are read once. ---------------

LOOK = """
import json, django
django.setup()
from django.test import Client
page = Client().get("/", secure=True)
plain = Client().get("/")
ready = Client().get("/readyz", secure=True)
print(json.dumps({
    "status": page.status_code, "headers": dict(page.headers),
    "plain": [plain.status_code, plain.headers.get("Location", "")],
    "cookies": {name: {key: morsel[key] for key in ("secure", "httponly", "samesite", "path",
                "domain")} for name, morsel in Client().get("/sign-in/login/", secure=True)
                .cookies.items()},
    "health": Client().get("/healthz").status_code,
    "ready": [ready.status_code, ready.json()["problems"]],
}))
"""


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a deployment at https://invest.example answers; its database is away."""
    env = os.environ | {
        "SITE_URL": "https://invest.example",
        "ALLOWED_HOSTS": "testserver,invest.example",
        "DATABASE_URL": f"postgres://nobody:x@{NOWHERE}/none",
        "DJANGO_SETTINGS_MODULE": "robo.settings",
        "STATIC_ROOT": str(tmp_path_factory.mktemp("static")),
        "LOG_LEVEL": "CRITICAL",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOOK], env=env, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_https_is_kept_to(https: dict[str, Any]) -> None:
    assert https["status"] == 200
    assert https["headers"]["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains; preload"
    )
    assert https["plain"] == [301, "https://testserver/"]


def test_cookies_stay_on_this_host_and_out_of_scripts(https: dict[str, Any]) -> None:
    assert https["cookies"]
    for name, cookie in https["cookies"].items():
        assert name.startswith("__Host-")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")


def test_a_process_without_its_database_lives_but_is_not_ready(https: dict[str, Any]) -> None:
    assert https["health"] == 200
    assert https["ready"] == [503, ["database is away"]]


# What every page carries ------------------------------------------------------------------------

PUBLIC = ["/", "/sign-in/login/", "/sign-in/signup/", "/legal/form-crs/", "/nothing-here/"]


def directives(answer: Any) -> dict[str, list[str]]:
    policy = answer.headers["Content-Security-Policy"]
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


@pytest.mark.parametrize("url", PUBLIC)
def test_no_page_allows_scripts_written_into_it(client: Client, db: None, url: str) -> None:
    answer = client.get(url)
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["script-src"][0] == "'self'"
    for source in policy["script-src"]:
        assert source == "'self'" or source.startswith("'nonce-")
    assert "'unsafe-inline'" not in policy["style-src"]


@pytest.mark.parametrize("url", PUBLIC)
def test_no_page_has_a_script_that_its_policy_would_block(
    client: Client, db: None, url: str
) -> None:
    text = client.get(url).content.decode()
    for attributes in re.findall(r"<script\b([^>]*)>", text):
        assert "src=" in attributes or "application/json" in attributes or "nonce=" in attributes
    assert not re.findall(r"<[^>]+\son[a-z]+=", text)


@pytest.mark.parametrize("url", PUBLIC)
def test_pages_tell_browsers_what_they_never_need(client: Client, db: None, url: str) -> None:
    headers = client.get(url).headers
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    for feature in ("camera=()", "microphone=()", "geolocation=()", "payment=()"):
        assert feature in headers["Permissions-Policy"]


def test_a_signed_in_page_is_never_kept_by_the_browser(client: Client, maya: Any) -> None:
    client.force_login(maya)
    answer = client.get(reverse("accounts:settings"))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert directives(answer)["script-src"][0] == "'self'"
    assert "'unsafe-inline'" not in directives(answer)["script-src"]


# Staff ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["admin:index", "admin:accounts_account_changelist"])
def test_staff_with_one_factor_are_sent_to_set_up_the_second(
    client: Client, person: Any, name: str
) -> None:
    client.force_login(person("new@example.com", is_staff=True, is_superuser=True))
    answer = client.get(reverse(name))
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_index"))


def test_staff_with_two_factors_come_in_and_no_frame_may_hold_the_page(
    client: Client, iris: Any
) -> None:
    client.force_login(iris)
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    assert directives(answer)["frame-ancestors"] == ["'none'"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_an_investor_does_not_come_into_the_admin(client: Client, maya: Any) -> None:
    client.force_login(maya)
    assert client.get(reverse("admin:index")).status_code in {302, 403, 404}


# A form left open too long ----------------------------------------------------------------------


def test_a_form_left_open_too_long_says_that_nothing_was_sent(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        reverse("account_login"), {"login": "maya@example.com", "password": "correct horse battery"}
    )
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This form was open too long." in page
    assert "nothing was sent" in page
    assert "correct horse battery" not in page
    assert "CSRF" not in page


def test_an_address_that_only_takes_a_form_opens_as_a_page(client: Client, maya: Any) -> None:
    client.force_login(maya)
    answer = client.get("/account/security/devices/end-others/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "There is nothing to open at this address." in answer.content.decode()
    assert "text/html" in answer.headers["Content-Type"]


# A visit that has ended -------------------------------------------------------------------------


def test_a_visit_that_ended_takes_up_again_on_the_page_where_it_was(db: None) -> None:
    here, away = "/money/auto-invest/2/", "/sign-in/login/?next=/money/auto-invest/2/"
    pressed = Client().post(f"{here}pause/", headers={"Referer": f"http://testserver{here}"})
    assert pressed.headers["Location"] == away
    looked = Client().get(
        here, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{here}"}
    )
    assert (looked.status_code, looked.headers["HX-Redirect"]) == (200, away)
    lured = Client().post(f"{here}pause/", headers={"Referer": "https://elsewhere.example/x"})
    assert lured.headers["Location"] == "/sign-in/login/?next=/home/"
    assert Client().get(here).headers["Location"] == away
