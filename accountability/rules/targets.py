"""The target of a class or school (F40): the mandated limit, in children; compared exactly, never in floats. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from organisation.enums import Stage


@dataclass(frozen=True)
class Target:
    """For a stage: the limit in permille, of how many pupils, and so at most how many children."""

    stage: str
    permille: Decimal
    pupils: int

    @property
    def most(self) -> int:
        """How many dropouts the limit still covers; 0 in any small class."""
        return int(self.permille * self.pupils / 1000)

    def as_json(self) -> dict:
        return {"stage": self.stage, "permille": str(self.permille), "pupils": self.pupils, "most": self.most}


def targets_for(pupils: Mapping[str, int], thresholds) -> list[Target]:
    """A target for each stage that has pupils."""
    return [Target(stage, thresholds.permille(stage), pupils[stage]) for stage in Stage.values if pupils.get(stage)]


def read(targets: list[dict]) -> list[Target]:
    """Targets as a sheet keeps them."""
    return [Target(one["stage"], Decimal(one["permille"]), one["pupils"]) for one in targets]


def in_words(targets: list[Target], place: str) -> str:
    """初中 48 人(学年初在校),辍学率不超过 1.8%,即不超过 0 人."""
    if not targets:
        return f"{place}适龄儿童少年全部入学,不发生因工作不力造成的辍学。"
    parts = [
        f"{Stage(one.stage).label} {one.pupils} 人(学年初在校),辍学率不超过 {percent(one.permille)},即不超过 {one.most} 人"
        for one in targets
    ]
    return f"{place}{';'.join(parts)}。"


def percent(permille: Decimal) -> str:
    return f"{permille / 10:.2f}".rstrip("0").rstrip(".") + "%"


@dataclass(frozen=True)
class Progress:
    """Where a target stands: children out by now, of the year's opening."""

    target: Target
    out: int
    opening: int
    near_percent: int

    @property
    def rate(self) -> Decimal | None:
        return Decimal(self.out) / self.opening if self.opening else None

    @property
    def state(self) -> str:
        """`over`, `near` or `within` the target; `none` without pupils."""
        if not self.opening:
            return "none"
        if self.out * 1000 > self.target.permille * self.opening:
            return "over"
        near = self.out * 1000 * 100 >= self.target.permille * self.opening * self.near_percent
        return "near" if self.out and near else "within"
