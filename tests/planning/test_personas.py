"""Nobody's advice changes unnoticed."""

from tests.planning import personas


def test_five_hundred_people_are_advised_as_they_were():
    kept = personas.KEPT.read_text("utf-8").splitlines()
    fresh = personas.lines()
    moved = [f"was {old}\nis  {new}" for old, new in zip(kept, fresh, strict=True) if old != new]
    assert not moved, (
        f"{len(moved)} of {len(fresh)} people are advised differently. If that is meant, run "
        "`.venv/bin/python -m tests.planning.personas --write` and have the difference read.\n"
        + "\n".join(moved[:5])
    )
