"""A partner's colours, type and shape, and what makes them acceptable.

Each colour is a pair: light theme, dark theme. Pairs that meet on screen must reach WCAG 2.2
contrast in both: body text 7:1 (1.4.6), every other text 4.5:1 (1.4.3), control borders, focus
and chart series 3:1 (1.4.11).
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Pair = tuple[Hex, Hex]
Length = Annotated[str, StringConstraints(pattern=r"^-?\d*\.?\d+(rem|em|px)$|^0$")]
Size = Annotated[str, StringConstraints(pattern=r"^[\d.a-z\s+*/%(),-]{2,60}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 ]{2,40}$")]
Percent = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)?%$")]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Colours(Part):
    """Roles, never hues."""

    surface: Pair
    surface_sunken: Pair
    surface_raised: Pair
    ink: Pair
    ink_muted: Pair
    line: Pair
    line_strong: Pair
    brand: Pair
    brand_hover: Pair
    on_brand: Pair
    brand_soft: Pair
    positive: Pair
    positive_soft: Pair
    negative: Pair
    negative_soft: Pair
    caution: Pair
    caution_soft: Pair
    focus: Pair
    inverse: Pair
    on_inverse: Pair
    series_1: Pair
    series_2: Pair
    series_3: Pair
    series_4: Pair
    series_5: Pair
    series_6: Pair
    fan_outer: Pair
    fan_inner: Pair
    header: Pair
    header_ink: Pair
    header_muted: Pair
    header_line: Pair
    header_mark: Pair


class Type(Part):
    """One family. The fallback carries the web font's metrics, so the swap moves nothing."""

    family: Name
    file: Annotated[str, StringConstraints(pattern=r"^[\w./-]+\.woff2$")]
    """Path among the static files."""
    serif: bool = False
    weights: Annotated[str, StringConstraints(pattern=r"^\d{3}( \d{3})?$")] = "100 900"
    fallback_local: tuple[Name, ...]
    fallback_size_adjust: Percent
    fallback_ascent: Percent
    fallback_descent: Percent
    text_s: Size = ".875rem"
    text_m: Size = "1rem"
    text_l: Size = "1.25rem"
    text_xl: Size = "clamp(1.625rem, 1.35rem + 1.3vw, 2.125rem)"
    text_2xl: Size = "clamp(2.5rem, 1.9rem + 2.9vw, 4rem)"
    leading: Size = "1.5"
    leading_tight: Size = "1.16"
    leading_display: Size = "1.04"
    weight: int = 400
    weight_strong: int = 560
    weight_heading: int = 580
    weight_figure: int = 520
    track_heading: Length = "-.018em"
    track_display: Length = "-.034em"


class Shape(Part):
    radius_s: Length = ".375rem"
    radius: Length = ".625rem"
    radius_l: Length = "1rem"
    radius_button: Length = "999px"
    control: Length = "2.75rem"
    row: Length = ".8125rem"
    section: Length = "3rem"
    names_in_margin: bool = True
    """Section names beside their content from 896 px; else above it, under a strong rule."""


BODY, TEXT, CONTROL = 7.0, 4.5, 3.0

# (least ratio, foregrounds, backgrounds each of them can meet)
_SURFACES = ("surface", "surface_sunken", "surface_raised")
RULES: tuple[tuple[float, tuple[str, ...], tuple[str, ...]], ...] = (
    (BODY, ("ink",), (*_SURFACES, "brand_soft")),
    (BODY, ("ink_muted",), ("surface",)),
    (TEXT, ("ink_muted",), _SURFACES),
    (TEXT, ("brand", "brand_hover"), (*_SURFACES, "brand_soft")),
    (TEXT, ("on_brand",), ("brand", "brand_hover")),
    (TEXT, ("ink",), ("positive_soft", "negative_soft", "caution_soft")),
    (TEXT, ("positive",), ("positive_soft", "surface", "surface_raised")),
    (TEXT, ("negative",), ("negative_soft", "surface", "surface_raised")),
    (TEXT, ("caution",), ("caution_soft", "surface", "surface_raised")),
    (TEXT, ("on_inverse",), ("inverse",)),
    (TEXT, ("header_ink", "header_muted"), ("header",)),
    (CONTROL, ("header_mark",), ("header",)),
    (CONTROL, ("line_strong", "focus"), _SURFACES),
    (CONTROL, tuple(f"series_{n}" for n in range(1, 7)), ("surface",)),
    (CONTROL, ("brand",), ("fan_outer", "fan_inner")),
)


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""

    def linear(byte: int) -> float:
        share = byte / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = bytes.fromhex(colour[1:])
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast_problems(colours: Colours) -> list[str]:
    """The pairs that can't be read, named, one line each; empty when all can."""
    problems = []
    for least, foregrounds, backgrounds in RULES:
        for foreground in foregrounds:
            for background in backgrounds:
                pairs = zip(getattr(colours, foreground), getattr(colours, background), strict=True)
                for theme, pair in zip(("light", "dark"), pairs, strict=True):
                    ratio = contrast(*pair)
                    if ratio < least:
                        problems.append(
                            f"colours: {foreground} on {background} is {ratio:.2f}:1 in the "
                            f"{theme} theme; it needs {least:g}:1"
                        )
    return problems


def css(colours: Colours, type_: Type, shape: Shape, *, font_url: str) -> str:
    """The partner's tokens as a stylesheet. Loaded before app.css, in the same layers."""
    fallback = f"{type_.family} fallback"
    generic = "serif" if type_.serif else "system-ui, sans-serif"
    sources = ", ".join(f'local("{name}")' for name in type_.fallback_local)
    tokens = {"font": f'"{type_.family}", "{fallback}", {generic}'}
    not_tokens = {"family", "file", "serif", "weights"}
    tokens |= {
        name: str(value)
        for name, value in {**type_.model_dump(), **shape.model_dump()}.items()
        if name not in not_tokens | {"names_in_margin"} and not name.startswith("fallback_")
    }
    tokens["rule"] = "var(--hairline)" if shape.names_in_margin else "2px solid var(--ink)"
    tokens["band"] = "13rem minmax(0, 1fr)" if shape.names_in_margin else "minmax(0, 1fr)"
    tokens |= {n: f"light-dark({a}, {b})" for n, (a, b) in colours.model_dump().items()}
    body = " ".join(f"--{name.replace('_', '-')}: {value};" for name, value in tokens.items())
    return (
        "@layer reset, tokens, base, elements, patterns, utilities;\n"
        f'@font-face {{ font-family: "{type_.family}"; src: url("{font_url}") format("woff2"); '
        f"font-weight: {type_.weights}; font-display: swap; }}\n"
        f'@font-face {{ font-family: "{fallback}"; src: {sources}; '
        f"size-adjust: {type_.fallback_size_adjust}; ascent-override: {type_.fallback_ascent}; "
        f"descent-override: {type_.fallback_descent}; line-gap-override: 0%; }}\n"
        f"@layer tokens {{ :root {{ {body} }} }}\n"
    )
