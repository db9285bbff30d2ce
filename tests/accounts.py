"""A counter into which others pay: definitions of which each payment must count exactly once."""

from __future__ import annotations

ACCOUNT = """
    diagram: Account
    id: 2
    nodes:
      start: {go: open}
      open: {set_state: {}, go: add}
      add: {set_parameters: {sum: "$.math({{sum}} + {{pay}})"}, error: failed, go: open}
      failed: {end: error}
    """

PAYER = """
    process: Payer
    id: 1
    nodes:
      start: {go: pay}
      pay:
        modify_task: {conv: 2, ref: account, wait: true, queue: true, data: {pay: 10}}
        time_limit: {after: 10m, go: failed}
        error: failed
        go: done
      done: {end: success}
      failed: {end: error}
    """
