"""The HTTP API: `route.py` is the table of all routes, `surfaces/` what they do, a file for each thing.

A request comes through `around.py` (its id, headers, the log), the router and `endpoint.py` (who calls, what they may,
what they sent) to a function of a surface, which asks the Engine. `openapi.py` describes the table to programs.
"""
