"""Ways to reach a person, a module per kind. The folder is the registry.

A module satisfies `Channel`: it has a `label` and opens a `Transport`, over which any number of messages go, one
recipient each. To add a way, add a module with these two names; nothing else needs to know.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from webapp.errors import RolewatchError

Phase = Literal["ours", "recipient", "message"]


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """What is handed over. `text` and `html` each say everything.

    `message_id` has no angle brackets; it and `created_at` (aware, the Date header) stay the same over all tries.
    `headers` are further headers by name.
    """

    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receiving server took the message; `server_response` is what it said."""

    server_response: str


class DeliveryError(RolewatchError):
    """A message was not taken.

    Attributes:
        phase: whose trouble it is. `ours`: no message of this kind can go now. `recipient`: this address.
            `message`: this content.
        permanent: trying the very same again at once cannot help.
        begun: the server had accepted the sender, so this message itself was on its way; it may even have arrived.
        server_response: the server's own words, empty if it said nothing.
    """

    def __init__(
        self, sentence: str, *, phase: Phase, permanent: bool, begun: bool = False, server_response: str = ""
    ) -> None:
        super().__init__(sentence)
        self.phase: Phase = phase
        self.permanent = permanent
        self.begun = begun
        self.server_response = server_response[:500]


class Transport(Protocol):
    """An open way. Connects when first needed, and again after a failure."""

    def send(self, rendered: RenderedMail, address: str) -> Receipt:
        """Hand one message to one recipient.

        Raises:
            DeliveryError: it was not taken, or nobody knows.
        """

    def close(self) -> None:
        """Hang up. Never raises."""


class Channel(Protocol):
    """What each module of this package offers. `label` is the name people know."""

    label: str

    def open(self, settings: Mapping[str, Any]) -> Transport:
        """A transport with these settings (those of `config.py`). Touches no network yet."""


def _discover() -> dict[str, Channel]:
    found: dict[str, Channel] = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "label") and hasattr(loaded, "open"):
            found[module.name] = cast(Channel, loaded)
    return found


def open_transport(kind: str, settings: Mapping[str, Any]) -> Transport:
    """The way for channels of `kind`: the one named so, or the screen while trying things out without a server.

    In production a missing mail server is an error that the admin sees and the messages wait; only development and
    tests keep them on screen, so nobody in production ever believes that mail went out.
    """
    if kind == "email" and not settings["MAIL_SERVER"] and settings["ROLEWATCH_ENV"] != "production":
        kind = "screen"
    return CHANNELS[kind].open(settings)


def send(kind: str, rendered: RenderedMail, address: str, settings: Mapping[str, Any]) -> Receipt:
    """Hand over one message on a connection of its own.

    Raises:
        DeliveryError: it was not taken.
    """
    transport = open_transport(kind, settings)
    try:
        return transport.send(rendered, address)
    finally:
        transport.close()


CHANNELS: Mapping[str, Channel] = _discover()
