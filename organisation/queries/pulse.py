"""Whether a worker lives: it writes a sign of life into the data folder."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

PULSE = "worker-pulse"
WORKER_SILENT_AFTER = timedelta(seconds=90)


def worker_is_alive() -> bool:
    """Whether a worker has written its sign of life lately."""
    try:
        seen = datetime.fromisoformat((settings.DATA_DIR / PULSE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return timezone.now() - seen < WORKER_SILENT_AFTER
