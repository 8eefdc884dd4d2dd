"""Passwords: which are accepted, and their Argon2id hashes. Hashing takes a moment; call it outside transactions."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from webapp.errors import Invalid

SHORTEST, LONGEST = 8, 128
# 19 MiB, two passes, one lane: the parameters OWASP recommends for Argon2id.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each hash takes 19 MiB; a crowd of log-ins waits instead of taking all memory.
_AT_ONCE = threading.BoundedSemaphore(2)

# What people type first when asked for eight characters; compared in lower case, digits and signs at the end cut off.
_FIRST_GUESSES = """
password passwort passw0rd p@ssword p@ssw0rd motdepasse contrasena wachtwoord qwertyui qwerty qwertyuiop qwertz
qwertzui azertyui asdfghjk asdfasdf zxcvbnm 1q2w3e4r 1qaz2wsx q1w2e3r4 abcdefgh abcd abc iloveyou letmein welcome
willkommen bienvenue admin administrator administrateur changeme default secret sunshine princess football baseball
basketball superman batman starwars pokemon dragon monkey master shadow michael jennifer computer internet whatever
trustno freedom flower samsung google facebook linkedin rolewatch jobs jobsearch career careers test testtest tester
testing guest demo example hello hellohello user username login summer winter autumn spring january february november
december
"""
_COMMON = frozenset(_FIRST_GUESSES.split())


def check(password: str, *, email: str = "", field: str = "password") -> None:
    """Refuse a password that is too short, too long, or among the first that anyone would guess.

    Raises:
        Invalid: with the reason.
    """
    if len(password) < SHORTEST:
        raise Invalid(f"Choose at least {SHORTEST} characters; a few words in a row are easy to remember.", field)
    if len(password) > LONGEST:
        raise Invalid(f"Choose at most {LONGEST} characters.", field)
    if "\0" in password:
        raise Invalid("A password cannot hold the character NUL.", field)
    lowered = password.lower()
    stem = lowered.rstrip("0123456789!?.,*#$@-_+")
    if lowered in _COMMON or stem in _COMMON or not stem or len(set(lowered)) < 4:
        raise Invalid("This is among the first passwords anyone would try. Choose something less common.", field)
    if email and lowered in {email.lower(), email.lower().partition("@")[0]}:
        raise Invalid("Choose a password that is not your address.", field)


def hash_of(password: str) -> str:
    """The Argon2id hash to store."""
    with _AT_ONCE:
        return _HASHER.hash(password)


@cache
def _dummy() -> str:
    return hash_of("the password of nobody at all")


def matches(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the hash `stored`. Takes as long where there is none (an unknown account)."""
    reference = stored or _dummy()
    with _AT_ONCE:
        try:
            _HASHER.verify(reference, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether `stored` was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)
