"""The invented people one may log in as. In development only: the log-in page and `flask seed` show them."""

from __future__ import annotations

DEMO_EMAIL = "demo@sample.test"
ADMIN_EMAIL = "admin@sample.test"

# (label, e-mail, password). No secret: these users exist only beside sample data.
LOGINS: tuple[tuple[str, str, str], ...] = (
    ("Dana, who looks for a job", DEMO_EMAIL, "sample-harbour-7"),
    ("Ada, who runs this site", ADMIN_EMAIL, "sample-lighthouse-9"),
)
