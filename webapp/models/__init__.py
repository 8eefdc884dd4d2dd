"""The tables. One file per noun; importing this package makes all of them known to the metadata."""

from webapp.models.alert import Alert
from webapp.models.alert_notification import AlertNotification
from webapp.models.board import Board, HeldSnapshot
from webapp.models.channel import Channel, TransportPause
from webapp.models.company import Company
from webapp.models.job_position import JobPosition, PositionEvent
from webapp.models.message import Message, MessageItem
from webapp.models.operations import AttemptBucket, DailyReport, Lease, TaskSlot
from webapp.models.scrape_run import ScrapeRun
from webapp.models.user import User, UserSession
from webapp.models.user_job_application import ApplicationEvent, UserJobApplication

__all__ = [
    "Alert",
    "AlertNotification",
    "ApplicationEvent",
    "AttemptBucket",
    "Board",
    "Channel",
    "Company",
    "DailyReport",
    "HeldSnapshot",
    "JobPosition",
    "Lease",
    "Message",
    "MessageItem",
    "PositionEvent",
    "ScrapeRun",
    "TaskSlot",
    "TransportPause",
    "User",
    "UserJobApplication",
    "UserSession",
]
