"""One hardened SMTP connection on top of Flask-Mail's: time-outs, verified TLS, phases told apart, the server's answer.

Flask-Mail alone opens its connection without a time-out, lets some control characters through into headers, and
throws the server's answer away.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from flask import current_app

from webapp.channels import DeliveryError, RenderedMail
from webapp.channels._mail_text import clean_body, clean_header, mailbox

# One message may take this many time-outs in all: a server that drips a byte now and then must not hold the sender.
PATIENCE = 6


class VerbatimHeader(BaseHeader):
    """A header that is never folded: Python would wrap a long link into encoded words, which no client undoes."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        UnstructuredHeader.parse(value, kwds)

    def fold(self, *, policy: Any) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_registry = HeaderRegistry()
for _name in ("list-unsubscribe", "list-unsubscribe-post", "list-id"):
    _registry.map_to_type(_name, VerbatimHeader)
POLICY = SMTP.clone(header_factory=_registry)


class Mail(flask_mail.Message):
    """Flask-Mail's message, written by the standard library's current e-mail package.

    That package refuses line breaks in headers; every value is cleaned before as well. The bytes depend on nothing
    but the message, so that two copies after a crash are the same to the letter.
    """

    def __init__(self, rendered: RenderedMail, sender: str, recipient: str) -> None:
        super().__init__(
            subject=clean_header(rendered.subject) or "(no subject)",
            recipients=[recipient],
            body=clean_body(rendered.text),
            html=clean_body(rendered.html),
            sender=str(mailbox(sender)),
            date=rendered.created_at.timestamp(),
            extra_headers={clean_header(k): clean_header(v, 900) for k, v in rendered.headers.items()},
        )
        self.msgId = f"<{clean_header(rendered.message_id, 200)}>"
        self.created_at = rendered.created_at
        self.origin = mailbox(sender)
        self.recipient = recipient

    def _message(self) -> EmailMessage:  # type: ignore[override]  # the current package's class, not the legacy one
        mail = EmailMessage(policy=POLICY)
        mail["From"] = self.origin
        mail["To"] = mailbox(self.recipient)
        mail["Subject"] = self.subject
        mail["Date"] = self.created_at
        mail["Message-ID"] = self.msgId
        for name, value in (self.extra_headers or {}).items():
            mail[name] = value
        mail.set_content(self.body, cte="quoted-printable")
        mail.add_alternative(self.html, subtype="html", cte="quoted-printable")
        mail.set_boundary("=_" + "".join(c for c in self.msgId if c.isalnum())[:40])
        return mail


class HardenedConnection(flask_mail.Connection):
    """Flask-Mail's connection with time-outs, verified TLS and the answer of the server."""

    def __init__(self, mail: Any, settings: Mapping[str, Any]) -> None:
        super().__init__(mail)
        self.timeout: float = settings["MAIL_TIMEOUT"]
        # The name we greet with. The standard library would ask the DNS for it, without a time-out.
        self.greeting_name = urlsplit(settings["BASE_URL"]).hostname or "localhost"
        self.host: smtplib.SMTP | None = None

    def configure_host(self) -> smtplib.SMTP:
        """Connect, secure, log in.

        Raises:
            DeliveryError: phase `ours`.
        """
        server, port = self.mail.server, self.mail.port
        where = f"{server}:{port}"
        kind = smtplib.SMTP_SSL if self.mail.use_ssl else smtplib.SMTP
        extra: dict[str, Any] = {"context": ssl.create_default_context()} if self.mail.use_ssl else {}
        host = kind(timeout=self.timeout, local_hostname=self.greeting_name, **extra)
        host._host = server  # type: ignore[attr-defined]  # what the constructor would set; the TLS name is taken from it
        self.host = host
        with _deadline(host, self.timeout * PATIENCE):
            with _ours(f"The mail server {where} cannot be reached", "check MAIL_SERVER and MAIL_PORT"):
                code, words = host.connect(server, port)
                if code != 220:
                    raise smtplib.SMTPConnectError(code, words)
                host.ehlo_or_helo_if_needed()
            if self.mail.use_tls and not self.mail.use_ssl:
                with _ours(f"The mail server {where} does not offer a safe connection", "check MAIL_USE_TLS"):
                    host.starttls(context=ssl.create_default_context())
                    host.ehlo_or_helo_if_needed()
            if self.mail.username and self.mail.password:
                with _ours(f"The mail server {where} refused our log-in", "check MAIL_USERNAME and MAIL_PASSWORD"):
                    host.login(self.mail.username, self.mail.password)
        return host

    def deliver(self, message: Mail) -> str:
        """Hand over `message` to its one recipient and return the server's answer.

        Flask-Mail's own `send` cannot tell the phases apart and drops the answer.

        Raises:
            DeliveryError: with the phase in which it failed.
        """
        host = self.host
        assert host is not None, "configure_host() first"
        content = message.as_bytes()
        with _deadline(host, self.timeout * PATIENCE):
            with _ours("The mail server refused us as the sender", "check MAIL_FROM"):
                code, words = host.mail(message.origin.addr_spec)
                if code != 250:
                    raise smtplib.SMTPResponseException(code, words)
            with _lost("before it said whether it knows the address"):
                code, words = host.rcpt(message.recipient)
            if code not in (250, 251):
                raise _refusal("recipient", "We cannot reach this address", code, words)
            with _lost("before it said whether it took the message"):
                try:
                    code, words = host.data(content)
                except smtplib.SMTPDataError as error:
                    code, words = error.smtp_code, _bytes(error.smtp_error)
            if code != 250:
                raise _refusal("message", "The mail server did not take this message", code, words)
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        flask_mail.email_dispatched.send(app, message=message)
        return said(code, words)

    def hang_up(self) -> None:
        """Say goodbye if anyone listens. Never raises."""
        host, self.host = self.host, None
        if host is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException, ValueError):
            if host.sock is not None:
                host.sock.settimeout(min(2.0, self.timeout))
                host.quit()
        with contextlib.suppress(OSError):
            host.close()


def said(code: int, words: bytes | str) -> str:
    """The server's answer as one line, such as `250 2.0.0 queued as 4F1`."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return clean_header(f"{code} {text}" if code > 0 else text, 480)


def _bytes(words: bytes | str) -> bytes:
    return words.encode() if isinstance(words, str) else words


def _refusal(phase: Any, what: str, code: int, words: bytes) -> DeliveryError:
    answer = said(code, words)
    if code == 421:  # "closing the channel": the server, not this message
        return DeliveryError(
            f"The mail server is not available now: it said “{answer}”.",
            phase="ours", permanent=False, begun=True, server_response=answer,
        )  # fmt: skip
    permanent = 500 <= code < 600
    again = "" if permanent else " We try again later."
    return DeliveryError(
        f"{what}: the mail server said “{answer}”.{again}",
        phase=phase, permanent=permanent, begun=True, server_response=answer,
    )  # fmt: skip


@contextlib.contextmanager
def _ours(what: str, hint: str) -> Iterator[None]:
    """Failures before the server has accepted the sender: nothing was said about any message yet."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        answer = said(error.smtp_code, error.smtp_error)
        permanent = 500 <= error.smtp_code < 600
        raise DeliveryError(
            f"{what} ({answer}): {hint}.", phase="ours", permanent=permanent, server_response=answer
        ) from error
    except ssl.SSLError as error:
        reason = clean_header(str(getattr(error, "verify_message", "") or error.reason or error))
        raise DeliveryError(
            f"{what} (TLS: {reason}): check MAIL_USE_TLS and MAIL_USE_SSL, or name your authority in SSL_CERT_FILE.",
            phase="ours", permanent=True,
        ) from error  # fmt: skip
    except smtplib.SMTPNotSupportedError as error:
        raise DeliveryError(f"{what} (it does not know how): {hint}.", phase="ours", permanent=True) from error
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise DeliveryError(f"{what} ({_why(error)}): {hint}.", phase="ours", permanent=False) from error


@contextlib.contextmanager
def _lost(when: str) -> Iterator[None]:
    """A connection that breaks while a message is on its way: it may or may not have arrived."""
    try:
        yield
    except (OSError, smtplib.SMTPServerDisconnected, ValueError) as error:
        raise DeliveryError(
            f"The mail server broke off {when} ({_why(error)}). We try again later.",
            phase="ours", permanent=False, begun=True,
        ) from error  # fmt: skip
    except smtplib.SMTPException as error:
        raise DeliveryError(
            f"The mail server answered something strange {when} ({_why(error)}).",
            phase="ours", permanent=False, begun=True,
        ) from error  # fmt: skip


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    return clean_header(getattr(error, "strerror", None) or str(error) or type(error).__name__)


@contextlib.contextmanager
def _deadline(host: smtplib.SMTP, seconds: float) -> Iterator[None]:
    def cut() -> None:
        with contextlib.suppress(OSError):
            if host.sock is not None:
                host.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
