"""onnxruntime reports usage to its vendor by default since 1.29; importing this module first keeps it silent."""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
