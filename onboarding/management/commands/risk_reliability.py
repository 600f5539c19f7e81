"""How well the risk questions measure, on our own data, for each version of the questionnaire."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.management import BaseCommand

from onboarding.models import RiskAssessment
from onboarding.services import answered
from portfolios.planning.reliability import Reliability, reliability


class Command(BaseCommand):
    help = (
        "Prints Cronbach's alpha of the willingness questions, response times and straight-lining "
        "per questionnaire version. Each person's newest answers count."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        filled: dict[str, list[tuple[dict[str, str], Mapping[str, float]]]] = defaultdict(list)
        rows = (
            RiskAssessment.objects.exclude(status=RiskAssessment.Status.REFUSED)
            .order_by("account_id", "questionnaire_id", "-created_at")
            .distinct("account_id", "questionnaire_id")
        )
        for row in rows.iterator():
            filled[row.questionnaire_id].append((answered(row.answers), row.seconds))
        if not filled:
            self.stdout.write("Nobody has answered yet.")
        for questionnaire_id in sorted(filled):
            self.stdout.write(
                _line(questionnaire_id, reliability(filled[questionnaire_id], questionnaire_id))
            )


def _line(questionnaire_id: str, found: Reliability) -> str:
    alpha = "too little to say" if found.alpha is None else f"{found.alpha:.2f}"
    pace = "not known" if found.median_seconds is None else f"{found.median_seconds:.1f} s"
    return (
        f"{questionnaire_id}: {found.people} people, alpha {alpha}, "
        f"median time for a question {pace}, under two seconds each {_share(found.very_quick)}, "
        f"the same answer every time {_share(found.all_the_same)}"
    )


def _share(value: float | None) -> str:
    return "not known" if value is None else f"{value:.1%}"
