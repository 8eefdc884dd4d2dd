"""The web process: builds the application and, if this process should have one, starts the scheduler.

The only import with side effects. Commands of `flask` use the factory instead (see .flaskenv), so they start nothing.
"""

import sys

from dotenv import load_dotenv

load_dotenv()

from config import ConfigError  # noqa: E402 - settings are read from the environment, so .env comes first
from webapp import create_app, scheduler  # noqa: E402

try:
    app = create_app()
except ConfigError as error:
    print(error, file=sys.stderr)  # noqa: T201 - there is no application yet whose log could say it
    # gunicorn stops at this status; at any other it would start the worker again and again.
    sys.exit(4)
if app.config["RUN_SCHEDULER"]:
    scheduler.start(app)
