"""Who is an admin, and who may log in at all. There is always one active admin left."""

from __future__ import annotations

import sqlalchemy as sa

from webapp.db import db
from webapp.errors import Conflict
from webapp.models import User, UserSession
from webapp.repositories import admin_users


def set_admin(user: User, is_admin: bool) -> None:
    """Make `user` an admin, or no longer one.

    Raises:
        Conflict: they are the last active admin, or may not log in.
    """
    if is_admin and not user.is_active:
        raise Conflict(f"{user.email} is switched off. Switch the account on first.")
    if not is_admin:
        _keep_one_admin(user)
    user.is_admin = is_admin


def set_active(user: User, is_active: bool) -> None:
    """Let `user` log in, or stop them: their sessions end at once and nothing is sent to them. Nothing is deleted.

    Raises:
        Conflict: they are the last active admin.
    """
    if not is_active:
        _keep_one_admin(user)
        db.session.execute(sa.delete(UserSession).where(UserSession.user_id == user.id))
    user.is_active = is_active


def _keep_one_admin(user: User) -> None:
    if [admin.id for admin in admin_users.lock_admins()] == [user.id]:
        raise Conflict(f"{user.email} is the last admin. Make somebody else an admin first.")
