import matplotlib as mpl
import pytest
from matplotlib.axes import Axes

from slipway_training.report.plots.style import DARK, FULL, SERIES, VARIABLES, Plot, draw, shorten
from tests.training.report.markup import read


def plot(name: str = "plot", legend: str = "a series", label: str = "A line.") -> Plot:
    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1 / 3], marker="o", label=legend)
        axes.legend()

    return draw(name, label, paint)


def test_equal_drawings_are_equal_to_the_byte() -> None:
    assert plot() == plot()


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "font-family: x", ' id="a" ', "$\\frac{", "url(#x) #0072b2", "3.14159 & more"],
)
def test_text_of_the_user_stays_text_whatever_it_looks_like(name: str) -> None:
    drawn = read(plot(legend=name, label=name).svg)

    assert name in drawn.texts
    assert drawn.labels == [name]
    assert "script" not in drawn.tags
    assert drawn.unbalanced == []


def test_svg_for_a_page_names_no_address_and_no_colour_without_a_variable() -> None:
    svg = plot().svg

    assert "http" not in svg
    assert f"var(--blue, {SERIES[0]})" in svg


def test_two_plots_share_no_ids() -> None:
    first, second = (set(read(plot(name).svg).ids) for name in ("one", "two"))

    assert first
    assert not first & second


def test_every_colour_has_a_form_for_dark_pages() -> None:
    assert DARK.keys() == VARIABLES.keys() >= set(SERIES)


def test_settings_of_the_user_do_not_change_a_plot_and_are_left_alone() -> None:
    before = plot()

    with mpl.rc_context({"font.size": 30.0}):
        assert plot() == before
        assert mpl.rcParams["font.size"] == 30.0


def test_plot_over_the_whole_line_says_so() -> None:
    assert draw("wide", "Nothing.", lambda _axes: None, FULL).is_wide
    assert not plot().is_wide


def test_long_names_are_cut_and_say_so() -> None:
    assert shorten("worst  concave\npoints") == "worst concave points"
    assert shorten("a" * 40) == "a" * 27 + "…"
