"""Stop mail from a link in it: no log-in, no cookie, one button, and a way back.

Mail scanners fetch every link, so GET changes nothing. Mail programs post to the same address on the reader's behalf
(RFC 8058), without cookies or a form token; the signature in the address is the proof.
"""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.services import unsubscribing

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/unsubscribe/<token>")
def show(token: str) -> ResponseReturnValue:
    """What the link would stop, and the button that does."""
    stop = _find(token)
    return render_template("unsubscribe/show.html", stop=stop)


@blueprint.post("/unsubscribe/<token>")
def act(token: str) -> ResponseReturnValue:
    """Stop, or with `again` start once more. Twice is the same as once."""
    with transaction():
        stop = _find(token)
        unsubscribing.switch(stop, stopped="again" not in request.form, now=clock.utcnow())
        stop = _find(token)
    return render_template("unsubscribe/show.html", stop=stop)


def _find(token: str) -> unsubscribing.Stop:
    config = current_app.config
    return unsubscribing.find(token, config["SECRET_KEY"], *config["OLD_SECRET_KEYS"])
