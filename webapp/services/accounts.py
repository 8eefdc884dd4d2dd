"""Accounts: made, checked, changed and erased. What a user may see of themselves is in `personal_data`."""

from __future__ import annotations

import unicodedata
import zoneinfo
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError

from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.models import Channel, User
from webapp.models.channel import ChannelKind
from webapp.repositories import admin_users, users
from webapp.services import logins, passwords, throttle


def login_name(email: str) -> str:
    """The form in which addresses are stored and compared; does not judge whether it is one."""
    return unicodedata.normalize("NFC", email.strip()).lower()[:320]


def valid_email(email: str) -> str:
    """The address as stored. Only its form is checked: whether it receives mail shows when mail is sent.

    Raises:
        Invalid: it is no e-mail address.
    """
    try:
        checked = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Invalid(f"This is not an e-mail address: {str(error)[:1].lower()}{str(error)[1:]}", "email") from error
    return login_name(checked.normalized)


@cache
def time_zones() -> tuple[str, ...]:
    """The names of all time zones, sorted."""
    return tuple(sorted(zoneinfo.available_timezones()))


def clean_name(name: str) -> str:
    """A name on one line, without control and direction characters.

    Raises:
        Invalid: longer than 200 characters.
    """
    kept = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    text = " ".join(kept.split())
    if len(text) > 200:
        raise Invalid("This name is too long: use at most 200 characters.", "display_name")
    return text


def sign_up(email: str, password_hash: str, now: datetime, *, display_name: str = "", time_zone: str = "UTC") -> User:
    """A new user with an e-mail channel. The very first user of a database is made an admin.

    Check the password with `passwords.check` and hash it with `passwords.hash_of` before the transaction.

    Raises:
        Invalid: the address is none, or has an account already.
    """
    address = valid_email(email)
    if users.find_by_email(address) is not None:
        raise _taken()
    user = User(
        email=address,
        display_name=clean_name(display_name),
        password_hash=password_hash,
        time_zone=time_zone if time_zone in time_zones() else "UTC",
        is_admin=users.is_first(),
        created_at=now,
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:  # the same form arrived twice at once
        raise _taken() from error
    db.session.add(Channel(user_id=user.id, kind=ChannelKind.EMAIL.value, address=address, created_at=now))
    db.session.flush()
    return user


def _taken() -> Invalid:
    return Invalid("There is an account with this address already. Log in instead.", "email")


def authenticate(email: str, password: str, *, sample_people: bool = True) -> User | None:
    """The user with this address and password, or None. Takes equally long whichever of the two is wrong.

    The passwords of the sample people are known to everybody: without `sample_people` nobody is let in as them.
    """
    user = users.find_by_email(login_name(email))
    is_right = passwords.matches(password, user.password_hash if user else None)
    if not is_right or user is None or not user.is_active or (user.is_sample and not sample_people):
        return None
    return user


def change_password(user: User, password_hash: str) -> int:
    """Store another hash and end every log-in, this one too: its cookie may have been copied. Returns how many."""
    user.password_hash = password_hash
    return logins.end_all(user)


def change_profile(user: User, *, display_name: str, time_zone: str) -> None:
    """Change what others and pages call the user, and the zone their times are shown in.

    Raises:
        Invalid: an unknown time zone, or too long a name.
    """
    if time_zone not in time_zones():
        raise Invalid("Choose a time zone from the list, such as Europe/Berlin.", "time_zone")
    user.display_name = clean_name(display_name)
    user.time_zone = time_zone


def erase(user: User) -> None:
    """Remove the user and everything that is theirs; the database's own cascades follow every key.

    Raises:
        Conflict: the only admin, while others still use the site.
    """
    # Locked, so that two admins who leave at once do not both see the other one stay.
    if [admin.id for admin in admin_users.lock_admins()] == [user.id] and len(users.everybody()) > 1:
        raise Conflict("This is the only admin. Make somebody else an admin first, then delete the account.")
    throttle.forget(user.email)
    db.session.execute(sa.delete(User).where(User.id == user.id))
    db.session.expunge(user)
