from organisation import clock
from organisation.actions.access import log_access
from organisation.enums import AccessAction
from organisation.errors import Malformed, NotYours
from students.permissions import may_reveal

FIELDS = {"identity_number": "身份证件号", "registry_number": "学籍号", "phone": "监护人电话"}


def reveal(pupil, field, *, reason, by) -> str:
    """A number in full, for a reason that is written down. Raises NotYours, Malformed."""
    if not may_reveal(by, pupil, on=clock.today()):
        raise NotYours("permission_denied", "您的岗位不查看完整号码。")
    if field not in FIELDS or len(reason.strip()) < 2:
        raise Malformed("reason_needed", "请写明查看原因。", fields={"reason": ["请写明查看原因"]})
    log_access(
        by, AccessAction.REVEAL, what=f"pupil.{field}", key=pupil.number, path=pupil.path, reason=reason.strip()[:200]
    )
    if field == "phone":
        return "、".join(f"{guardian.name} {guardian.phone}" for guardian in pupil.guardians.all())
    return getattr(pupil, field)
