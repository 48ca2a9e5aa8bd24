"""Settings from the environment, by typed readers. A wrong value is refused at start (checks.py)."""

import os
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Problem:
    name: str
    message: str
    hint: str


@dataclass
class Environment:
    """Reads variables; what cannot be read falls back to its default and is remembered in `problems`."""

    values: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def words(self, name: str, default: str = "") -> list[str]:
        """Words divided by commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def flag(self, name: str, default: bool = False) -> bool:
        meanings = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        return self._read(name, default, lambda text: meanings[text.lower()], "写 1 或 0。")

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        def read(text):
            if int(text) < least:
                raise ValueError
            return int(text)

        return self._read(name, default, read, f"写一个不小于 {least} 的整数。")

    def day(self, name: str) -> str:
        """A date as text, empty without one."""
        return self._read(name, "", lambda text: date.fromisoformat(text).isoformat(), "写成 2026-11-23。")

    def address(self, name: str, default: str, *, schemes: tuple[str, ...]) -> str:
        """The URL of a service, of one of the given schemes."""

        def read(text):
            if text.partition("://")[0] not in schemes or not text.partition("://")[2]:
                raise ValueError
            return text

        return self._read(name, default, read, f"写成 {schemes[0]}://…。")

    def _read(self, name, default, read, hint):
        text = self.text(name)
        if not text:
            return default
        try:
            return read(text)
        except (ValueError, KeyError):
            self.problems.append(Problem(name, f"环境变量 {name} 的值“{text}”不能用。", hint))
            return default
