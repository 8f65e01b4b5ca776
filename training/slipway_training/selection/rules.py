"""choose(trials, config): the trial that is taken, by the rule that the config states, and the rule in words."""

from collections.abc import Sequence

from slipway_training.config.search import SearchConfig
from slipway_training.errors import GateFailed
from slipway_training.selection.trials import CompletedTrial, finished

_SUPERLATIVES = {"latency": "fastest", "size": "smallest", "nothing": "first"}


def choose(tried: Sequence[CompletedTrial], config: SearchConfig) -> CompletedTrial:
    """Raises GateFailed where no trial keeps the limits."""
    done = finished(tried)
    if not done:
        raise GateFailed(
            f"search: none of {len(tried)} trials went through every fold; widen search.spaces or raise search.trials, "
            "nothing was published"
        )
    allowed = [one for one in done if _keeps_limits(one, config)]
    if not allowed:
        nearest = min(done, key=lambda one: one.expense("size" if config.max_latency_us is None else "latency"))
        found = f"{nearest.serving.latency_us:.0f} us and {nearest.serving.size} bytes" if nearest.serving else ""
        raise GateFailed(
            f"search: no trial is {' and '.join(limits(config))}, the nearest has {found}; "
            "allow more, or name smaller families in search.families, nothing was published"
        )
    best = max(allowed, key=lambda one: (one.score, -one.expense(config.against), -one.number))
    if config.choose == "best_score":
        return best
    given_up = best.standard_error if config.choose == "one_standard_error" else config.share * abs(best.score)
    enough = [one for one in allowed if one.score >= best.score - given_up]
    return min(enough, key=lambda one: (one.expense(config.against), -one.score, one.number))


def in_words(config: SearchConfig, scoring: str) -> str:
    """The rule, as a person would state it."""
    under = "".join(f" {limit}" for limit in [" and ".join(limits(config))] if limit)
    if config.choose == "best_score":
        return f"the best {scoring}{under}"
    near = "one standard error" if config.choose == "one_standard_error" else f"{100 * config.share:g} %"
    return f"the {_SUPERLATIVES[config.against]} within {near} of the best {scoring}{under}"


def limits(config: SearchConfig) -> list[str]:
    """The limits in words."""
    found = []
    if config.max_latency_us is not None:
        found.append(f"under {config.max_latency_us:g} us a row")
    if config.max_size is not None:
        found.append(f"under {config.max_size} bytes")
    return found


def _keeps_limits(one: CompletedTrial, config: SearchConfig) -> bool:
    if one.serving is None:
        return False
    is_fast = config.max_latency_us is None or one.serving.latency_us <= config.max_latency_us
    return is_fast and (config.max_size is None or one.serving.size <= config.max_size)
