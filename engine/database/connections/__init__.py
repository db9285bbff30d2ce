"""The connections of the drivers, with a limit for every wait, one file for each library; the file loads it."""
