"""What `make bench-api` measures: the HTTP API against an empty endpoint behind the same doors."""
