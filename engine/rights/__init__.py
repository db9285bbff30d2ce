"""Who may do what: the keys of the API and their groups, sessions of people, the trail of what was done.

`roles` says what a role includes and what a scope covers; `keys` what is kept of a key; `rights` decides, from a
snapshot of all of them; `changes` makes the next one. `credentials` reads what a request brings, `sessions` what a
browser's cookie means, `browser` what a page of somebody else must not do; `caller` is who asks by a key, `actor` who
acts just now; `limiter` is for who asks too often; `trail` is the log of it all.
"""

from __future__ import annotations
