"""A worker process for tests that kill it: reads due boards and delivers due messages, and dies where it is told.

Run in a process of its own. The production code knows nothing of this: every step boundary is found from outside, by
listening to commits and by wrapping the network step and the handing over of a message.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from webapp import clock, create_app, scheduler, tasks
from webapp.channels import email as email_channel
from webapp.services import scraping


@dataclass
class Boundaries:
    """Counts step boundaries and kills this process with SIGKILL at the one numbered `kill_at` (0: never)."""

    kill_at: int
    passed: int = 0
    names: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> None:
        self.passed += 1
        self.names.append(name)
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, step: Callable[..., Any], name: str) -> Callable[..., Any]:
        def bounded(*args: Any, **kwargs: Any) -> Any:
            self(f"before {name}")
            result = step(*args, **kwargs)
            self(f"after {name}")
            return result

        return bounded


def work_once(settings: dict[str, Any], kill_at: int, results: Any = None) -> None:
    """Read what is due, deliver what is due, and put the names of the boundaries passed into `results`."""
    app = create_app(**settings)
    boundary = Boundaries(kill_at)
    event.listen(Session, "before_commit", lambda _session: boundary("before commit"))
    event.listen(Session, "after_commit", lambda _session: boundary("after commit"))
    scraping.take_snapshot = boundary.around(scraping.take_snapshot, "fetch")
    transport = email_channel.EmailTransport
    transport.send = boundary.around(transport.send, "send")  # type: ignore[method-assign]
    tasks.OWNER = tasks.make_owner()
    tasks.scrape_due(app)
    with app.app_context():
        tasks.deliver_due(now_fn=clock.utcnow, owner=tasks.OWNER)
    if results is not None:
        results.put(boundary.names)


def schedule_for(settings: dict[str, Any], seconds: float, leads_only: bool) -> None:
    """Run the scheduler for a while. Without `leads_only` both tasks also run beside the lease, as hard as they can."""
    app = create_app(**settings)
    tasks.OWNER = tasks.make_owner()
    ticking = scheduler.Scheduler(app)
    ticking.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not leads_only:
            tasks.scrape_due(app)
            with app.app_context():
                tasks.deliver_due(now_fn=clock.utcnow, owner=tasks.OWNER)
        time.sleep(0.05)
    ticking.stop()
