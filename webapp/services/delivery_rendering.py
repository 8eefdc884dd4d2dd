"""Messages as mail: subject, text and HTML from `templates/emails/`, and the headers that mail programs act on.

What is said depends only on stored rows, never on the clock, so that a second try says the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webapp.channels import RenderedMail
from webapp.models import Alert, AlertNotification, JobPosition, Message
from webapp.models.message import MessageKind
from webapp.repositories import messages
from webapp.services import delivery_links, delivery_words
from webapp.services.delivery_words import PositionView

log = logging.getLogger("rolewatch.delivery")

# An environment of its own: these templates know nothing of requests, log-ins or pages.
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parents[2] / "templates" / "emails"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def render(message: Message, settings: Mapping[str, Any]) -> RenderedMail:
    """The message as mail. Reads what it carries from the database."""
    if message.kind == MessageKind.MATCHES:
        return _render_matches(message, settings)
    lines = message.body.strip().splitlines()
    facts = {"title": message.subject, "body": message.body.strip(), "lines": lines, **_footer(message, settings)}
    return _mail(message, "notice", message.subject, facts, settings)


def _render_matches(message: Message, settings: Mapping[str, Any]) -> RenderedMail:
    reasons: dict[int, list[AlertNotification]] = {}
    alerts: dict[int, Alert] = {}
    for notification in messages.reasons(message):
        reasons.setdefault(notification.job_position_id, []).append(notification)
        alerts[notification.alert_id] = notification.alert
    views = [_view(position, reasons, message, settings) for position in messages.contents(message.id)]
    companies: dict[str, list[PositionView]] = {}
    for view in sorted(views, key=lambda view: view.company.casefold()):
        companies.setdefault(view.company, []).append(view)
    facts = {
        "count": len(views),
        "only": views[0] if len(views) == 1 else None,
        "companies": companies,
        "where": delivery_words.listed(list(companies)),
        "note": message.body,
        "alerts": [
            {
                "name": delivery_words.line(alert.name),
                "edit_url": f"{settings['BASE_URL']}/alerts/{alert.id}/edit",
                "pause_url": _act_url(delivery_links.for_alert(alert, settings["SECRET_KEY"]), settings),
            }
            for alert in sorted(alerts.values(), key=lambda alert: (alert.name.casefold(), alert.id))
        ],
        **_footer(message, settings),
    }
    subject = _templates.get_template("matches/subject.txt").render(facts)
    return _mail(message, "matches", subject, {**facts, "title": subject}, settings)


def _view(
    position: JobPosition,
    reasons: Mapping[int, Sequence[AlertNotification]],
    message: Message,
    settings: Mapping[str, Any],
) -> PositionView:
    base_url, zone = settings["BASE_URL"], message.user.time_zone
    try:
        return delivery_words.view(position, reasons.get(position.id, ()), base_url, message.created_at, zone)
    except Exception:
        # One odd row must hide neither itself nor the others.
        log.exception("position %s cannot be worded in full", position.id)
        return delivery_words.bare_view(position, base_url)


def _mail(
    message: Message, folder: str, subject: str, facts: Mapping[str, Any], settings: Mapping[str, Any]
) -> RenderedMail:
    text = _templates.get_template(f"{folder}/body.txt").render(facts)
    html = _inliner.inline(_templates.get_template(f"{folder}/body.html").render(facts))
    host = urlsplit(settings["BASE_URL"]).hostname or "localhost"
    headers = {
        "List-Unsubscribe": f"<{facts['unsubscribe_url']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"Rolewatch {message.kind} <{message.kind}.{host}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    return RenderedMail(
        subject=delivery_words.line(subject, 150),
        text=text.strip() + "\n",
        html=html,
        message_id=message.message_id,
        created_at=message.created_at,
        headers=headers,
    )


def _footer(message: Message, settings: Mapping[str, Any]) -> dict[str, str]:
    token = delivery_links.for_channel(message.channel, settings["SECRET_KEY"])
    return {
        "base_url": settings["BASE_URL"],
        "address": message.channel.address,
        "unsubscribe_url": _act_url(token, settings),
    }


def _act_url(token: str, settings: Mapping[str, Any]) -> str:
    return f"{settings['BASE_URL']}/unsubscribe/{token}"
