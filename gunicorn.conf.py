"""What the web server must know beyond its command line."""

from typing import Any

# A worker that is told to stop lets running reads and deliveries finish, or gives back what they hold.
graceful_timeout = 25
# The control socket is one file per user of the machine: two sites of one user would fight over it.
control_socket_disable = True


def worker_exit(_server: Any, _worker: Any) -> None:
    """Stop the scheduler before the interpreter shuts down: by then its threads could only be cut off."""
    from webapp import scheduler

    scheduler.stop()
