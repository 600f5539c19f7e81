"""A partner is a folder: what is wrong with it is said in a line, and nothing else names it."""

import re
import shutil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from robo import brand, partner

ROOT = Path(partner.__file__).resolve().parent.parent
SAMPLES = partner.slugs()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the first partner's folder to spoil."""
    monkeypatch.setattr(partner, "ROOT", tmp_path / "partners")
    shutil.copytree(ROOT / "static", tmp_path / "static")
    return Path(shutil.copytree(ROOT / "partners" / SAMPLES[0], tmp_path / "partners" / SAMPLES[0]))


def spoil(folder: Path, old: str, new: str) -> list[str]:
    toml = folder / "partner.toml"
    text = toml.read_text()
    assert old in text
    toml.write_text(text.replace(old, new))
    return partner.read(folder)[1]


def test_there_are_two_sample_partners():
    assert len(SAMPLES) >= 2


@pytest.mark.parametrize("slug", SAMPLES)
def test_a_sample_partner_has_nothing_wrong(slug):
    assert partner.check(slug) == []


@pytest.mark.parametrize("slug", SAMPLES)
def test_every_document_says_it_is_a_sample(slug):
    for agreement in partner.load(slug).agreements:
        assert "Sample text for demonstration" in agreement.text
        assert len(agreement.text) > 700


def test_unreadable_text_is_refused_and_the_pair_named(folder):
    ink = re.search(r'^ink = \["(#\w+)"', (folder / "partner.toml").read_text(), re.M)[1]
    problems = spoil(folder, f'ink = ["{ink}"', 'ink = ["#999999"')
    assert any(
        p.startswith("colours: ink on surface is 2.8") and "light theme; it needs 7:1" in p
        for p in problems
    )


def test_the_dark_theme_is_checked_too(folder):
    text = (folder / "partner.toml").read_text()
    dark = re.search(r'^focus = \["#\w+", "(#\w+)"', text, re.M)[1]
    problems = spoil(folder, f'"{dark}"]', '"#101820"]')
    assert any("focus on surface" in p and "dark theme; it needs 3:1" in p for p in problems)


def test_a_missing_document_is_named(folder):
    (folder / "legal" / "privacy.md").unlink()
    problems = partner.read(folder)[1]
    assert "legal/privacy.md is missing" in problems
    assert "agreements: no privacy_policy" in problems


def test_a_misspelt_setting_is_named(folder):
    assert "fees.advisry: not a setting" in spoil(folder, "advisory = ", "advisry = ")


def test_a_logo_with_a_script_is_refused(folder):
    (folder / "logo.svg").write_text("<svg><script>alert(1)</script></svg>")
    assert any("logo.svg holds a script" in p for p in partner.read(folder)[1])


def test_mail_from_somebody_elses_domain_is_refused(folder):
    domain = partner.read(folder)[0].domain
    assert any(
        "from_address" in p
        for p in spoil(folder, f'domain = "{domain}"', 'domain = "other.example"')
    )


def test_a_new_partner_begins_whole_and_nameless(folder, capsys):
    call_command("partner", "new", "first-bank", like=SAMPLES[0])
    new = folder.parent / "first-bank"
    made, problems = partner.read(new)
    assert problems == []
    assert (made.slug, made.name) == ("first-bank", "First Bank")
    old = partner.load(SAMPLES[0])
    for path in [new / "partner.toml", *new.glob("legal/*.md")]:
        settings = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert old.short_name not in "\n".join(settings)


def test_the_check_command_fails_on_a_spoiled_folder(folder):
    (folder / "legal" / "esign.md").unlink()
    with pytest.raises(CommandError):
        call_command("partner", "check")


@pytest.mark.parametrize("slug", SAMPLES)
def test_no_partner_speaks_of_another(slug):
    others = [partner.load(other) for other in SAMPLES if other != slug]
    for path in (ROOT / "partners" / slug).rglob("*"):
        if path.suffix in {".toml", ".md", ".svg", ".html", ".txt", ".css"}:
            text = path.read_text().lower()
            for other in others:
                assert other.short_name.lower() not in text, path


def test_code_templates_and_styles_name_no_partner():
    words = [w.lower() for s in SAMPLES for w in (s, partner.load(s).short_name)]
    colours = {c for s in SAMPLES for c in partner.load(s).colours.brand}
    for top in (
        "robo",
        "accounts",
        "onboarding",
        "portfolios",
        "funding",
        "trading",
        "templates",
        "static",
    ):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in {".py", ".html", ".txt", ".css", ".js", ".svg"}:
                text = path.read_text().lower()
                assert not [w for w in [*words, *colours] if re.search(rf"{w}\b", text)], path


@pytest.mark.parametrize("slug", SAMPLES)
def test_the_stylesheet_holds_every_token_the_styles_use(slug):
    css = brand.css(
        *(getattr(partner.load(slug), part) for part in ("colours", "type", "shape")), font_url="/f"
    )
    styles = (ROOT / "static/css/app.css").read_text()
    defined = set(re.findall(r"(--[\w-]+):", css + styles))
    # Set where they are used: chart geometry in style attributes.
    from_data = {"--a", "--b", "--t", "--w", "--x", "--y", "--h"}
    assert set(re.findall(r"var\((--[\w-]+)", styles)) - defined - from_data == set()


def test_contrast_is_that_of_wcag():
    assert brand.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert brand.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
