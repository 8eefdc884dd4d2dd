"""The outbox on screen: where mail ends while no mail server is set up, outside of production."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.channels import Receipt, RenderedMail

label = "On screen"

NOT_SENT = "Kept on screen, not sent: no mail server is set."


class ScreenTransport:
    """Takes everything and sends nothing; the admin's outbox shows each message in full."""

    def send(self, rendered: RenderedMail, address: str) -> Receipt:
        return Receipt(NOT_SENT)

    def close(self) -> None:
        return None


def open(settings: Mapping[str, Any]) -> ScreenTransport:
    """See `webapp.channels.Channel`."""
    return ScreenTransport()
