"""What a rule says when it says no: a code, a sentence that a teacher understands, the article where law forbids it."""


class Refused(Exception):
    """The rule says no, now (409). Says which rule, so that the person can put it right."""

    status = 409

    def __init__(self, code, message, *, article="", fields=None, **extra):
        super().__init__(message)
        self.code, self.message, self.article = code, message, article
        self.fields = fields or {}
        self.extra = extra


class Malformed(Refused):
    """What was sent cannot be meant (400)."""

    status = 400


class NotYours(Refused):
    """The person may see the thing, but this step belongs to somebody else (403)."""

    status = 403


class ForbiddenByLaw(Refused):
    """No regulation may allow this (F14, 409); names the article."""

    def __init__(self, message, *, article):
        super().__init__("forbidden_by_law", message, article=article)


def require_move(before, after, moves):
    """Refuse a step that the table of moves does not allow."""
    if after not in moves[before]:
        raise Refused("wrong_state", f"“{before.label}”不能直接转为“{after.label}”。")
