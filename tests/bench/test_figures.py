"""The arithmetic of the bench, without any stack: pytest tests/bench."""

import pytest

from bench import auth, features, filter, mailboxes, matrix
from bench.cgroups import controllers
from bench.features import Cost
from bench.image import COMPILED, MADE, OURS, files, owners, parts
from bench.load import Arrival, Load, short_of
from bench.measure import Bar, Spread, ratio, retry
from bench.memory import rollup
from bench.pace import Pace, at_once, percentile
from bench.plot import LEFT, TOP, Line, Panel, nice, svg
from bench.report import comparison, table
from bench.stacks import BenchError


def test_a_spread_is_the_median_between_the_lowest_and_the_highest():
    """One slow run does not move the figure that is compared; it is shown beside it."""
    assert Spread.of([1.0, 9.0, 2.0]).text(1) == "2.0 (1.0-9.0)"
    assert Spread.of([2.0]).text(1) == "2.0"


def test_a_ratio_is_ours_for_one_of_the_bare_stack():
    """Half as fast as the bare stack is 0.5, by the medians."""
    assert ratio([1.0, 2.0, 50.0], [4.0, 4.0, 4.0]) == 0.5


def test_a_bar_is_met_on_its_own_side_and_exactly_at_it():
    """At most is from below, at least is from above; the limit itself is good."""
    assert Bar("slower", 1.3, 1.3).met
    assert not Bar("slower", 1.31, 1.3).met
    assert Bar("messages", 0.95, 0.95, at_least=True).met
    assert not Bar("messages", 0.94, 0.95, at_least=True).met


def test_what_can_never_be_done_is_told_with_the_last_reason():
    """A wait that has come to its end names what was waited for and what the last attempt said."""

    def refused() -> None:
        raise ConnectionRefusedError("nobody listens")

    with pytest.raises(TimeoutError, match=r"the greeting.*nobody listens"):
        retry(refused, 0, (ConnectionError,), what="the greeting")


def test_both_versions_of_cgroups_are_read():
    """A process is found where its controller keeps it, in version 1, in version 2, and on machines with both."""
    old = "5:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n0::/system.slice/docker.service\n"
    assert controllers(old)["memory"] == controllers(old)["cpuacct"] == "docker/abc"
    assert controllers("0::/system.slice/docker-abc.scope\n") == {"": "system.slice/docker-abc.scope"}


def test_a_processs_memory_is_read_in_bytes():
    """smaps_rollup counts in kB, under a first line that is an address range."""
    text = "5570-7ffd ---p 00000000 00:00 0    [rollup]\nRss:    2000 kB\nPss:     384 kB\nAnonymous:    100 kB\n"
    assert rollup(text) == (100 * 1024, 384 * 1024)


def test_a_load_that_cannot_be_shared_out_is_refused():
    """Every mailbox must get as many messages as the others, or a lost one could not be told."""
    assert Load(messages=100, sessions=40, mailboxes=20).each == 5
    for numbers in ({"messages": 101}, {"sessions": 30}, {"mailboxes": 101}):
        with pytest.raises(BenchError):
            Load(**numbers)


def test_a_missing_message_and_a_double_one_do_not_cancel_out():
    """Each mailbox is counted by itself, from what was there before; one that got nothing lacks everything."""
    before = [Arrival(1.0, "box1")]
    after = [*before, *(Arrival(2.0, folder) for folder in ("box1", "box1", "box2", "box2", "box2"))]

    assert short_of(Load(messages=6, sessions=3, mailboxes=3), before, after) == (2, 1)


def test_a_mailbox_that_an_earlier_load_went_to_lacks_nothing():
    """A load to one mailbox after a load to two: what the other one has from before does not count."""
    before = [Arrival(1.0, "box1"), Arrival(1.0, "box2")]
    after = [*before, Arrival(2.0, "box1")]

    assert short_of(Load(messages=1, sessions=1, mailboxes=1), before, after) == (0, 0)
    assert short_of(Load(messages=1, sessions=1, mailboxes=1), before, before) == (1, 0)


def test_a_table_has_columns():
    """Every column is as wide as its widest cell, and no line ends in spaces."""
    assert table(["what", "ours"], [["a", "1"], ["greeting", "2"]]) == "what      ours\na         1\ngreeting  2"


def test_what_an_image_adds_is_its_packages():
    """A file of the base counts where it has changed, one with two names counts once, and /lib is /usr/lib."""
    base = files("1\t10\t5.0\t/usr/bin/old\n2\t20\t5.0\t/etc/kept")
    image = files(
        "1\t11\t5.0\t/usr/bin/old\n2\t20\t5.0\t/etc/kept\n3\t300\t6.0\t/usr/lib/a.so\n3\t300\t6.0\t/usr/lib/b.so\n"
        "4\t40\t6.0\t/usr/lib/x.pyc\n5\t50\t6.0\t/usr/lib/mailstead/x.pyc\n6\t60\t6.0\t/etc/made\n7\t70\t6.0\t/proc/7"
    )
    packages = owners("liba:amd64.list:/lib/a.so\nliba:amd64.list:/usr/lib/b.so\nold.list:/usr/bin/old\nold.list:/.")

    assert parts(base, image, packages) == {"liba": 300, MADE: 60, OURS: 50, COMPILED: 40, "old": 11}


def test_a_percentile_is_what_so_many_do_not_exceed():
    """Of a hundred and one equal steps, 95 % lie at the 95th; between two values it is in between."""
    assert percentile(range(101), 95) == 95
    assert percentile([1.0, 3.0], 50) == 2.0
    assert percentile([30.0], 95) == 30.0


def test_clients_at_the_same_time_are_counted_together():
    """Each does its act at least once, however short the time; every time is kept."""
    done = []
    pace = at_once([lambda: done.append("one"), lambda: done.append("other")], 0)

    assert sorted(done) == ["one", "other"]
    assert len(pace.moments) == 2
    assert pace.rate > 0


def test_a_login_that_was_given_up_is_none():
    """It has its place among the waits, and none in the rate."""
    assert auth.rate(Pace(rate=2.0, moments=[0.1, 0.1, 0.1, auth.GIVEN_UP + 1.0])) == 1.5


def test_a_comparison_holds_the_first_stack_against_each_of_the_others():
    """Medians with their spread, and as many ratios as rivals."""
    text = comparison("logins", {"SMTP": {"ours": [30.0], "bare": [20.0, 15.0, 40.0], "rimap": [10.0]}}, 0)

    assert text.splitlines()[1].split() == ["SMTP", "30", "20", "(15-40)", "10", "1.50", "3.00"]


def test_the_loads_of_a_matrix_are_shared_out_equally():
    """Large messages are fewer, never none for a mailbox, and each mailbox gets as many as the others."""
    loads = matrix.loads([4096, 5_000_000], [1, 20, 200], 400, 20)

    assert [(one.size, one.mailboxes, one.messages) for one in loads] == [
        (4096, 1, 400), (4096, 20, 400), (4096, 200, 400),
        (5_000_000, 1, 41), (5_000_000, 20, 40), (5_000_000, 200, 200),
    ]


def test_an_axis_ends_at_a_round_number():
    """The least of 1, 2 and 5, and their tenfolds, that nothing is above."""
    assert [nice(most) for most in (0.3, 1, 1.1, 30, 700)] == [0.5, 1, 2, 50, 1000]


def test_a_plot_has_the_lowest_value_at_the_left_and_the_highest_where_its_mark_is():
    """Ten times as much is as far everywhere, where an axis goes by tens; a higher value is further up."""
    panel = Panel("cost", "letters", "ms", [Line("ours", [(10, 1.0), (100, 2.0), (1000, 5.0)])], by_tens=True)

    assert panel.x(10) == LEFT
    assert panel.x(100) - panel.x(10) == pytest.approx(panel.x(1000) - panel.x(100))
    assert panel.y(5.0) == TOP
    assert svg([panel]).count("<polyline") == 1


def test_the_budget_says_what_each_feature_adds():
    """The first row is what there is without; each other one is more or less than that, by the medians."""
    costs = {
        features.NONE: [Cost(start=1.5, memory=40 * 2**20, delivered=200, work=5.0)],
        "POP3": [Cost(start=1.6, memory=42 * 2**20, delivered=190, work=5.5)],
    }

    assert features.markdown(costs).splitlines()[2:] == [
        f"| {features.NONE} | 40 | 1.50 | 200 | 5.0 |",
        "| POP3 | +2.0 | +0.10 | -10 | +0.5 |",
    ]


def test_a_filters_part_is_what_it_takes_beyond_the_median_without_it():
    """One slow round without a filter does not make the filter cheaper."""
    work = {"without a filter": {"ours": [4.0, 5.0, 50.0]}, "with a filter": {"ours": [15.0, 16.0]}}

    assert filter.more(work) == {"ours": [10.0, 11.0]}


def test_only_the_last_letter_of_a_filled_mailbox_holds_the_word():
    """Or a search for it would find others; the names of the files tell their sizes, as Maildir++ has them."""
    files = [(member, text) for member, text in mailboxes.members("box1", 3) if text]

    assert [mailboxes.NEEDLE.encode() in text for _, text in files] == [False, False, True]
    assert all(f",S={len(text)}," in member.name and member.size == len(text) for member, text in files)
