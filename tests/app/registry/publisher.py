"""Publishes without onnxruntime, so that many processes start quickly: `python -m tests.app.registry.publisher …`.

`publisher ROOT publish N` publishes N versions and prints each number. `publisher ROOT kill ROUNDS SEED` starts a
publisher that never stops, ROUNDS times, and kills each with SIGKILL at a random moment; it prints every number whose
publish had returned.
"""

import os
import random
import signal
import sys
import time
from functools import cache
from pathlib import Path

from slipway_ml.contract.manifest import FileDigest, ModelManifest, manifest_from_json
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion

NAME = "light"
FILES = {MODEL_FILE: b"model" * 20_000, "variants/fp32.onnx": b"other" * 20_000, "model_card.md": b"# light\n"}
_GOLDEN = Path(__file__).parents[2] / "data" / "manifests" / "schema-1.json"


def publish_light(root: Path, files: dict[str, bytes] | None = None, name: str = NAME) -> StoredVersion:
    """Publish a version whose model is no graph."""
    return Registry(root).publish(name, files or FILES, lambda version, digests: light_manifest(version, digests, name))


def light_manifest(version: int, digests: dict[str, FileDigest], name: str = NAME) -> ModelManifest:
    """A whole manifest for any files."""
    return _golden().model_copy(update={"model_name": name, "model_version": version, "files": digests})


@cache
def _golden() -> ModelManifest:
    return manifest_from_json(_GOLDEN.read_bytes())


def _say(stored: StoredVersion) -> None:
    os.write(sys.stdout.fileno(), b"%d\n" % stored.manifest.model_version)


def _publish_forever(root: Path) -> None:
    while True:
        _say(publish_light(root))


def _kill_publishers(root: Path, rounds: int, moments: random.Random) -> None:
    for _ in range(rounds):
        child = os.fork()
        if child == 0:
            _publish_forever(root)
        time.sleep(moments.uniform(0.005, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _main(root: Path, action: str, count: int, seed: int = 0) -> None:
    if action == "kill":
        _golden()
        _kill_publishers(root, count, random.Random(seed))
    else:
        for _ in range(count):
            _say(publish_light(root))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
