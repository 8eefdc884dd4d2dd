"""E-mail, over one SMTP connection that is kept open while there is something to send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask_mail

from webapp.channels import DeliveryError, Receipt, RenderedMail
from webapp.channels._mail_text import clean_body, clean_header, is_plain_address, mailbox
from webapp.channels._smtp import HardenedConnection, Mail

__all__ = ["EmailTransport", "clean_body", "clean_header", "is_plain_address", "label", "mailbox", "open"]

label = "E-mail"


class EmailTransport:
    """Sends over the SMTP server of the settings. Needs an application context, as Flask-Mail does."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._connection: HardenedConnection | None = None

    def send(self, rendered: RenderedMail, address: str) -> Receipt:
        """See `webapp.channels.Transport`."""
        if not self._settings["MAIL_SERVER"]:
            raise DeliveryError(
                "No mail server is set, so nothing is sent: set MAIL_SERVER, or ROLEWATCH_ENV=development to keep "
                "messages on screen.",
                phase="ours",
                permanent=False,
            )
        if not is_plain_address(address):
            raise DeliveryError(
                f"“{clean_header(address)}” is not an e-mail address that we can write to.",
                phase="recipient",
                permanent=True,
                begun=True,
            )
        reused = self._connection is not None
        try:
            return self._send(rendered, address)
        except DeliveryError as error:
            # A server may hang up on an idle connection; this message has not begun, so a fresh one is safe to try.
            if not (reused and error.phase == "ours" and not error.begun):
                raise
            return self._send(rendered, address)

    def _send(self, rendered: RenderedMail, address: str) -> Receipt:
        try:
            mail = self._mail_of(rendered, address)
            if self._connection is None:
                state = flask_mail.Mail().init_mail(dict(self._settings))
                self._connection = HardenedConnection(state, self._settings)
                self._connection.configure_host()
            return Receipt(self._connection.deliver(mail))
        except BaseException:
            # After a failure the two sides may disagree about where they are: start over with a new connection.
            self.close()
            raise

    def _mail_of(self, rendered: RenderedMail, address: str) -> Mail:
        try:
            return Mail(rendered, self._settings["MAIL_FROM"], address)
        except ValueError as error:
            raise DeliveryError(f"MAIL_FROM cannot be used: {error}.", phase="ours", permanent=True) from error

    def close(self) -> None:
        """See `webapp.channels.Transport`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.hang_up()


def open(settings: Mapping[str, Any]) -> EmailTransport:
    """See `webapp.channels.Channel`."""
    return EmailTransport(settings)
