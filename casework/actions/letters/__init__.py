"""Letters: issued, served, received, and the messages that carry word of them (F13, P30, P31)."""

from casework.actions.letters.issuing import issue_letter, school_of

__all__ = ["issue_letter", "school_of"]
