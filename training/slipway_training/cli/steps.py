"""The steps of a command on the terminal: a line for each that is done, and what goes on now with its clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Bars
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from slipway_training.progress import UNDER_WAY, Progress


@contextmanager
def shown_steps(console: Console, first: str = "loading scikit-learn") -> Iterator[Progress]:
    """What a workflow reports to; `first` is what goes on until its first word. The clock below is the step's own."""
    started = perf_counter()
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as live:
        task = live.add_task(first, total=None)

        def progress(step: str, result: str) -> None:
            if step == UNDER_WAY:
                live.update(task, description=escape(result))
                return
            live.reset(task, total=None, description="")
            seconds = f"[dim]{perf_counter() - started:.1f} s[/dim]"
            console.print(f"  [green]{step:<13}[/green] {escape(result)} {seconds}", soft_wrap=True)

        yield progress
