"""Crashes: workers, clients and servers killed at every step, and what must hold afterwards."""
