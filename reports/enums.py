from django.db import models


class Formula(models.TextChoices):
    """The rates of figures.md that are computed from the register."""

    DROPOUT_RATE = "dropout_rate", "辍学率"
    DROPOUT_RATE_GROSS = "dropout_rate_gross", "辍学率(含已劝返)"
    DROPOUT_RATE_NET_FLOW = "dropout_rate_net_flow", "净流失率(两基口径)"
    DROPOUT_STOCK = "dropout_stock", "在册辍学比例"


# Those with named pupils behind the numerator.
NAMED = (Formula.DROPOUT_RATE, Formula.DROPOUT_RATE_GROSS, Formula.DROPOUT_STOCK)


class StageOf(models.TextChoices):
    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"
    ALL = "all", "合计"


class RateState(models.TextChoices):
    WITHIN = "within", "未超线"
    NEAR = "near", "接近控制线"
    OVER = "over", "超线"
    NONE = "none", "—"
