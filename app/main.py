"""`uvicorn app.main:app` from a checkout: the application of the settings in the environment. In no wheel."""

from slipway_ml.main import create_app
from slipway_ml.settings import Settings

app = create_app(Settings())
