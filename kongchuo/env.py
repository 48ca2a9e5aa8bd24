"""Settings from the environment, by typed readers. A wrong value is refused at start (checks.py)."""

import os
import re
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOST = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\]")
PASSWORD = re.compile(r"://[^@/]*@")


@dataclass(frozen=True)
class Problem:
    name: str
    message: str
    hint: str


@dataclass(frozen=True)
class MailServer:
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    ssl: bool = False
    starttls: bool = False


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

    def choice(self, name: str, default: str, *, among: tuple[str, ...]) -> str:
        """One of a few words, in capitals."""

        def read(text):
            if text.upper() not in among:
                raise ValueError
            return text.upper()

        return self._read(name, default, read, f"写 {'、'.join(among)} 之一。")

    def hosts(self, name: str, default: str) -> list[str]:
        """Host names divided by commas, without scheme, port or path; `*` would answer to any name."""

        def read(text):
            hosts = [word.strip() for word in text.split(",") if word.strip()]
            if not all(HOST.fullmatch(host) for host in hosts):
                raise ValueError
            return hosts

        return self._read(name, default.split(","), read, "写主机名,用逗号分开,不带 https:// 和端口,不能写 *。")

    def secret(self, name: str, *, least: int) -> str:
        """A long random text; empty without one. Never shown, not even where it is too short."""
        text = self.text(name)
        if text and len(text) < least:
            self.problems.append(
                Problem(name, f"环境变量 {name} 太短。", f"写至少 {least} 个随机字符,或不写而由程序生成。")
            )
            return ""
        return text

    def folder(self, name: str, default: Path) -> Path:
        """A folder that can be written to; made where it does not exist. Where that fails, a temporary one."""

        def read(text):
            folder = Path(text).resolve()
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError
            return folder

        self.values.setdefault(name, str(default))
        return self._read(name, None, read, "写一个本服务可以读写的文件夹。") or Path(tempfile.mkdtemp())

    def address(self, name: str, default: str, *, schemes: tuple[str, ...]) -> str:
        """The URL of a service, of one of the given schemes."""

        def read(text):
            parts = urlsplit(text)
            _ = parts.port  # one that is no number is refused on reading it
            if parts.scheme not in schemes or not (parts.hostname or parts.path.strip("/")):
                raise ValueError
            return text

        return self._read(name, default, read, f"写成 {schemes[0]}://…。")

    def mail_server(self, name: str) -> MailServer:
        """smtp://, smtp+starttls:// or smtps://, with user and password where it wants them; no host without it."""
        ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

        def read(text):
            parts = urlsplit(text)
            if not parts.hostname:
                raise ValueError
            return MailServer(
                parts.hostname,
                parts.port or ports[parts.scheme],
                unquote(parts.username or ""),
                unquote(parts.password or ""),
                ssl=parts.scheme == "smtps",
                starttls=parts.scheme == "smtp+starttls",
            )

        return self._read(name, MailServer(), read, "写成 smtps://用户:密码@邮件服务器:465。", is_secret=True)

    def _read(self, name, default, read, hint, *, is_secret=False):
        text = self.text(name)
        if not text:
            return default
        try:
            return read(text)
        except (ValueError, KeyError, OSError):
            shown = "(已隐去)" if is_secret else PASSWORD.sub("://***@", text)
            self.problems.append(Problem(name, f"环境变量 {name} 的值“{shown}”不能用。", hint))
            return default
