"""A logistic regression on the same signals, as the yardstick that learns (F25). scikit-learn is an optional extra."""

from array import array
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec

from casework.enums import SignalKey, Tier
from casework.rules.signals import Found

KEYS = tuple(SignalKey)
EVENT = {Tier.ORANGE: 6, Tier.RED: 9}  # an event has no points: as many as would make its tier, and more
NOT_INSTALLED = "没有安装 scikit-learn(requirements-backtest.txt),逻辑回归未比较。"
NOTHING_LEARNT = "以前的学期里没有足够的离校和在校记录可供学习,逻辑回归未比较。"


def is_installed() -> bool:
    return find_spec("sklearn") is not None


def features_of(signals: Sequence[Found]) -> tuple[int, ...]:
    """One small number a signal, in the order of the table."""
    found = {one.key: one.points or EVENT.get(one.tier, 0) for one in signals}
    return tuple(min(found.get(key, 0), 255) for key in KEYS)


class Learner:
    """Takes rows one after another, a byte a signal; what it is given has been known before the first day of the test."""

    def __init__(self):
        self._rows, self._left = array("B"), array("B")

    def add(self, features: Sequence[int], left: bool):
        self._rows.extend(features)
        self._left.append(left)

    def __len__(self):
        return len(self._left)

    def learn(self):
        """A function from rows of features to the chances of leaving; None where all came to the same end."""
        if not 0 < sum(self._left) < len(self._left):
            return None
        numpy, linear = import_module("numpy"), import_module("sklearn.linear_model")
        rows = numpy.frombuffer(self._rows, dtype=numpy.uint8).reshape(-1, len(KEYS))
        model = linear.LogisticRegression(max_iter=1000).fit(
            rows.astype(float), numpy.frombuffer(self._left, numpy.uint8)
        )
        return lambda chunk: model.predict_proba(numpy.array(chunk, dtype=float))[:, 1].tolist() if chunk else []
