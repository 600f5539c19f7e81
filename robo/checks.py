"""Start-up checks: what would otherwise fail at night."""

from typing import Any

from celery import current_app
from django.conf import settings
from django.core.checks import Error, Tags, register

from robo import partner, work


@register(Tags.compatibility)
def time_limits_nest(**_: Any) -> list[Error]:
    """A step's HTTP ends before its task is ended, and its task before its hold lapses."""
    budget = settings.BLUUM_CALL_BUDGET.total_seconds()
    soft, hard = settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT
    hold = settings.WORK_HOLD.total_seconds()
    if budget < soft < hard < hold:
        return []
    return [
        Error(
            f"Call budget {budget:g} s < soft limit {soft} s < time limit {hard} s "
            f"< hold {hold:g} s must hold, or two workers may send one wish.",
            id="robo.E001",
        )
    ]


@register(Tags.compatibility)
def every_work_has_its_task(**_: Any) -> list[Error]:
    return [
        Error(f"{model._meta.label}.work_task names no task: {model.work_task}.", id="robo.E002")
        for model in work.kinds()
        if model.work_task not in current_app.tasks
    ]


@register(Tags.compatibility, deploy=True)
def partner_is_complete(**_: Any) -> list[Error]:
    return [Error(line, id="robo.E003") for line in partner.check(settings.PARTNER)]
