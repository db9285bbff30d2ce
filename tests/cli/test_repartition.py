"""conv repartition."""

from __future__ import annotations

from tests.cli.conftest import Shell


def test_the_tasks_of_a_conv_are_spread_and_found(conv: Shell) -> None:
    for number in range(6):
        assert conv("submit", "Keeper", "token=t", "--ref", f"r{number}").status == 0

    said = conv("repartition", "Keeper", "3")

    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("Keeper (12): 3 partitions, ")
    assert all(conv("task", "Keeper", f"r{number}").status == 0 for number in range(6))
    answer = conv("repartition", "12", "1", "--json").json
    assert (answer["conv_id"], answer["partitions"]) == (12, 1)
    assert conv("audit").status == 0


def test_what_cannot_be_spread_is_said(conv: Shell) -> None:
    assert 'no process or state diagram "Nobody"' in conv("repartition", "Nobody", "2").err
    assert conv("repartition", "Keeper", "0").status == 2
    assert conv("repartition", "Keeper", "many").status == 2
