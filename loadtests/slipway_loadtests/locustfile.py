"""What Locust runs: `locust -f loadtests/locustfile.py --host http://127.0.0.1:8000`."""

from slipway_loadtests.shapes import chosen
from slipway_loadtests.users import JsonTensorUser, RowUser

__all__ = ["JsonTensorUser", "RowUser", "chosen"]
