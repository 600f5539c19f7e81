"""Words and codes for what a request has wrong.

Known of Bluum: the codes. Our choice: which code a kind of violation gets.
"""

from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

from sandbox.errors import ApiError, invalid

AMOUNTS = ("amount", "notional")
QUANTITIES = ("qty", "quantity")


def explain(error: ValidationError, name: str | None = None) -> ApiError:
    """The 400 for a violation, which names the field and never repeats the value.

    `name` is the parameter's; a violation inside a body names its own place.
    """
    while error.context:
        deepest = max(error.context, key=lambda inner: len(inner.path))
        error = deepest
    place = [str(part) for part in error.absolute_path]
    field = name or ".".join(place) or "body"
    leaf = field.rsplit(".", 1)[-1]
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in (error.instance or {}))
        return invalid(".".join([*place, missing]), "required", "BLUM-400-002")
    if error.validator in ("enum", "const"):
        allowed = error.validator_value
        words = allowed if isinstance(allowed, list) else [allowed]
        reason = "must be " + " or ".join(str(word) for word in words)
        return invalid(field, reason, "BLUM-400-004")
    if leaf in AMOUNTS:
        return invalid(field, "must be an amount such as 250.00", "BLUM-400-005")
    if leaf in QUANTITIES:
        return invalid(field, "must be a quantity such as 1.5", "BLUM-400-006")
    if error.validator in ("type", "format", "pattern"):
        return invalid(field, _expected(error), "BLUM-400-003")
    return invalid(field, _expected(error))


def _expected(error: ValidationError) -> str:
    """What was expected, never what was sent: a value may be personal."""
    match error.validator:
        case "type":
            return f"must be of type {error.validator_value}"
        case "format":
            return f"must be a valid {error.validator_value}"
        case "pattern":
            pattern = str(error.validator_value).removeprefix("(?a:").removesuffix(")")
            return f"must match {pattern}".replace(r"\Z", "$")
        case "minimum":
            return f"must be at least {error.validator_value}"
        case "exclusiveMinimum":
            return f"must be more than {error.validator_value}"
        case "maximum":
            return f"must be at most {error.validator_value}"
        case "exclusiveMaximum":
            return f"must be less than {error.validator_value}"
        case "minLength":
            return f"must have at least {error.validator_value} characters"
        case "maxLength":
            return f"must have at most {error.validator_value} characters"
        case "minItems" | "minProperties":
            return f"must have at least {error.validator_value} entries"
        case "maxItems":
            return f"must have at most {error.validator_value} entries"
        case _:
            return "is not valid"
