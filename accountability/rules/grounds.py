"""What may be a ground (P22, F59): a named late, false or omitted act, or a wrong one; never that a child dropped out. Pure."""

from collections.abc import Mapping

from accountability.enums import Act, Ground, HarmGround
from organisation.errors import Malformed, Refused

WRONGFUL = {Ground.G5, Ground.G6, Ground.G7, *HarmGround}
# G8 and G9 need falsity or carelessness shown; a late return alone is G3.
ACTS = {Ground.G8: {Act.FALSE}, Ground.G9: {Act.FALSE, Act.OMITTED}}
USUAL = {Act.LATE, Act.FALSE, Act.OMITTED}
LEAST = 6  # characters: who names an act says more than a word


def known_grounds(local: Mapping[str, str]) -> dict[str, str]:
    """{code: what it says}: the ten, the causes of F59, and the unit's own."""
    return dict(Ground.choices) | dict(HarmGround.choices) | dict(local)


def acts_for(code: str) -> set[Act]:
    if code in WRONGFUL:
        return {Act.WRONGFUL}
    if code == Ground.G10:
        return {*Act}
    return ACTS.get(code, USUAL)


def check_ground(code: str, act: str, text: str, local: Mapping[str, str]) -> str:
    """What the ground says. Raises Malformed (`unknown_ground`, `no_act`), Refused (`act_does_not_fit`)."""
    known = known_grounds(local)
    if code not in known:
        raise Malformed("unknown_ground", "没有这种追究情形。", fields={"code": ["请选择"]})
    if act not in Act.values or len(text.strip()) < LEAST:
        raise Malformed(
            "no_act",
            "请写明迟延、虚假、不作为或违规的具体行为;学生辍学本身不是追究的理由。",
            fields={"text": ["请写明具体行为"]},
        )
    if act not in acts_for(code):
        fitting = "、".join(one.label for one in Act if one in acts_for(code))
        raise Refused("act_does_not_fit", f"“{known[code]}”须有{fitting}的行为。")
    return known[code]
