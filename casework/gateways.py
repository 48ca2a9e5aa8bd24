"""How a message leaves the house: one small interface, HTTP for SMS, WeCom and DingTalk, SMTP for mail (F13).

A gateway answers for sure or says that it does not know. What is not known is asked before it is tried again, so
that nothing is sent twice. Numbers, links and texts never go into logs, nor what a gateway says beyond a short code.
"""

import http.client
import json
import re
import smtplib
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from casework.enums import GATEWAY_CHANNELS, Channel

MOST_ANSWER_BYTES = 64 * 1024
CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
TRY_LATER = (408, 425, 429)
SURELY_NOT_TAKEN = (425, 429)
PHONE = re.compile(r"1[3-9]\d{9}")


@dataclass(frozen=True)
class Outgoing:
    """One text to one address; `request_id` is the same however often it is tried."""

    request_id: str
    channel: str
    to: str
    title: str
    text: str


@dataclass(frozen=True)
class Sent:
    """Taken by the provider; delivered where it says so."""

    provider_id: str = ""
    delivered: bool = False


@dataclass(frozen=True)
class Failed:
    """Not taken. `again`: worth another try. `unclear`: it may have been taken all the same; ask first."""

    reason: str
    again: bool = False
    unclear: bool = False


class Gateway(Protocol):
    def send(self, message: Outgoing) -> Sent | Failed: ...

    def status(self, message: Outgoing) -> Sent | Failed | None:
        """What became of a message; None where the provider never got it."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected answer would carry numbers to somebody else."""

    def redirect_request(self, *args):
        return None


class HttpGateway:
    """POST {url}/messages, GET {url}/messages/{request_id}; JSON, bearer token (docs/letters.md)."""

    def __init__(self, url: str, token: str, *, timeout: float):
        self.url, self.token, self.timeout = url.rstrip("/"), token, timeout
        self._open = urllib.request.build_opener(NoRedirect, urllib.request.ProxyHandler({})).open

    def send(self, message):
        body = {"request_id": message.request_id, "channel": message.channel, "to": message.to, "text": message.text}
        status, answer = self._ask("POST", "/messages", body, key=message.request_id)
        if status is None:
            return answer
        if status in (200, 201, 202):
            return _taken(answer)
        if 400 <= status < 500 and status not in TRY_LATER:
            return Failed(f"网关拒收({_code(answer, status)})")
        return Failed(f"网关出错({status})", again=True, unclear=status not in SURELY_NOT_TAKEN)

    def status(self, message):
        status, answer = self._ask("GET", f"/messages/{message.request_id}", key=message.request_id)
        if status is None:
            return answer
        if status == 404:
            return None
        if status == 200:
            return _taken(answer)
        return Failed(f"网关出错({status})", again=True, unclear=True)

    def _ask(self, method, path, body=None, *, key):
        """(status, answer) or (None, Failed) where nothing certain came back."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        try:
            with self._open(request, timeout=self.timeout) as response:
                return response.status, _read(response, self.timeout)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, _read(error, self.timeout)
        except urllib.error.URLError as error:
            refused = isinstance(error.reason, ConnectionRefusedError)
            return None, Failed("网关连不上", again=True, unclear=not refused)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return None, Failed(f"网关没有回答({type(error).__name__})", again=True, unclear=True)


def _read(response, seconds) -> dict:
    """The JSON answer; empty where it is none. A drip of bytes ends with the time."""
    end, content = time.monotonic() + seconds, b""
    while len(content) < MOST_ANSWER_BYTES:
        piece = response.read1(4096)
        if not piece:
            break
        content += piece
        if time.monotonic() > end:
            raise TimeoutError
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _taken(answer):
    state = answer.get("state")
    if state == "failed":
        return Failed(f"没有送达({_code(answer, '原因不明')})")
    if state not in ("accepted", "delivered"):
        return Failed("网关的回答看不懂", again=True, unclear=True)
    return Sent(short_code(answer.get("id")), delivered=state == "delivered")


def _code(answer, fallback) -> str:
    return short_code(answer.get("code") or answer.get("reason")) or str(fallback)


def short_code(value) -> str:
    """A provider's code as it may be kept and shown; anything else could hold a number or a name."""
    text = value if isinstance(value, str) else ""
    return text if CODE.fullmatch(text) and not PHONE.search(text) else ""


class MailGateway:
    """Mail by SMTP. It cannot be asked afterwards: a try of which nothing is known is left to a person."""

    def send(self, message):
        connection = get_connection()
        try:
            connection.open()
        except (OSError, smtplib.SMTPException):
            return Failed("邮件服务器连不上", again=True)
        headers = {"Message-ID": f"<{message.request_id}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>"}
        mail = EmailMessage(message.title, message.text, None, [message.to], headers=headers, connection=connection)
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused:
            return Failed("邮件地址被拒收")
        except smtplib.SMTPResponseException as error:
            return Failed(f"邮件服务器拒收({error.smtp_code})", again=error.smtp_code < 500)
        except (OSError, smtplib.SMTPException):
            return Failed("邮件可能已经发出,请核对后再发")
        finally:
            connection.close()
        return Sent()

    def status(self, message):
        return Failed("邮件可能已经发出,请核对后再发")


def gateway_for(channel) -> Gateway | None:
    """The gateway that carries a channel here; None where none is set up, and then the channel is not offered."""
    if channel in GATEWAY_CHANNELS and settings.GATEWAY_URL and channel in settings.GATEWAY_CHANNELS:
        return HttpGateway(settings.GATEWAY_URL, settings.GATEWAY_TOKEN, timeout=settings.GATEWAY_TIMEOUT)
    if channel == Channel.EMAIL and settings.EMAIL_HOST:
        return MailGateway()
    return None


def channels_offered() -> list[Channel]:
    return [channel for channel in Channel if channel != Channel.PRINT and gateway_for(channel)]
