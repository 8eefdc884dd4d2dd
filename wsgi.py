"""The web process: builds the application and, if this process should have one, starts the scheduler.

The only import with side effects. Commands of `flask` use the factory instead (see .flaskenv), so they start nothing.
"""

from dotenv import load_dotenv

load_dotenv()

from webapp import create_app, scheduler  # noqa: E402 - settings are read from the environment, so .env comes first

app = create_app()
if app.config["RUN_SCHEDULER"]:
    scheduler.start(app)
