"""What the alert form holds, exactly as typed, and how it becomes a draft."""

from __future__ import annotations

from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from webapp.models import Alert
from webapp.services.alerts import AlertDraft
from webapp.services.free_lists import format_list, parse_list
from webapp.web.form_keys import new_form_key, read_form_key

REMOTE_WORDS = {"": None, "yes": True, "no": False}
_REMOTE_IN_LINKS = {"1": "yes", "true": "yes", "yes": "yes", "0": "no", "false": "no", "no": "no"}


@dataclass
class AlertForm:
    """Texts as typed; `company_ids` as numbers; `is_remote` is "", "yes" or "no". `errors` maps fields to sentences."""

    name: str = ""
    keywords: str = ""
    excluded_keywords: str = ""
    locations: str = ""
    departments: str = ""
    company_ids: list[int] = field(default_factory=list)
    is_remote: str = ""
    version: int = 1
    form_key: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, alert: Alert) -> AlertForm:
        """The form that shows what `alert` says."""
        return cls(
            name=alert.name,
            keywords=format_list(alert.keywords),
            excluded_keywords=format_list(alert.excluded_keywords),
            locations=format_list(alert.locations),
            departments=format_list(alert.departments),
            company_ids=list(alert.company_ids),
            is_remote={True: "yes", False: "no", None: ""}[alert.is_remote],
            version=alert.version,
        )

    @classmethod
    def posted(cls, form: MultiDict[str, str]) -> AlertForm:
        """The form as it was sent; nothing that was typed is dropped."""
        return cls(
            name=form.get("name", ""),
            keywords=form.get("keywords", ""),
            excluded_keywords=form.get("excluded_keywords", ""),
            locations=form.get("locations", ""),
            departments=form.get("departments", ""),
            company_ids=_numbers(form.getlist("company_ids")),
            is_remote=form.get("is_remote", "") if form.get("is_remote") in REMOTE_WORDS else "",
            version=_number(form.get("version", "")) or 0,
            form_key=read_form_key(form.get("form_key")),
        )

    @classmethod
    def prefilled(cls, args: MultiDict[str, str]) -> AlertForm:
        """The form that a link such as "make an alert from this search" asks for.

        Keywords are read like typed ones; each `locations` and `departments` is one place or department, whatever
        commas it contains.
        """
        return cls(
            name=args.get("name", ""),
            keywords=format_list(parse_list("\n".join(args.getlist("keywords")))),
            excluded_keywords=format_list(parse_list("\n".join(args.getlist("excluded_keywords")))),
            locations=format_list(_items(args.getlist("locations"))),
            departments=format_list(_items(args.getlist("departments"))),
            company_ids=_numbers(args.getlist("company_ids")),
            is_remote=_REMOTE_IN_LINKS.get(args.get("is_remote", "").lower(), ""),
            form_key=new_form_key(),
        )

    def draft(self) -> AlertDraft:
        """What was typed, as lists."""
        return AlertDraft(
            name=" ".join(self.name.replace("\x00", "").split()),
            keywords=tuple(parse_list(self.keywords)),
            excluded_keywords=tuple(parse_list(self.excluded_keywords)),
            locations=tuple(parse_list(self.locations)),
            departments=tuple(parse_list(self.departments)),
            company_ids=tuple(self.company_ids),
            is_remote=REMOTE_WORDS[self.is_remote],
        )


def _items(values: list[str]) -> list[str]:
    return list(dict.fromkeys(item for item in (" ".join(value.split()) for value in values) if item))


def _numbers(values: list[str]) -> list[int]:
    found = (_number(part) for value in values for part in value.split(","))
    return list(dict.fromkeys(number for number in found if number is not None))


def _number(text: str) -> int | None:
    text = text.strip()
    # Larger ones do not fit the column and make the database fail.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
