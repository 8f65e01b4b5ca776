"""`locust -f loadtests/locustfile.py --host http://127.0.0.1:8000` from a checkout. In no wheel."""

from slipway_loadtests.locustfile import JsonTensorUser, RowUser, chosen

__all__ = ["JsonTensorUser", "RowUser", "chosen"]
