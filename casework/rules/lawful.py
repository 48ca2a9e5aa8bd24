"""What a discipline may not rest on (procedures §5): a warning means "get in touch" and is no fact about conduct. Pure."""

CITED = ("预警", "风险等级", "风险分值")


def cites_warning(text: str) -> bool:
    """Whether a text rests on a warning; a person who means something else says it in other words."""
    return any(word in text for word in CITED)
