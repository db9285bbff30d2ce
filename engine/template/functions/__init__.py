"""What templates compute with: `$.name(…)` and the filters behind a bar. Each takes values and gives a value."""
