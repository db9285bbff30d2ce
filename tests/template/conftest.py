"""Property tests are about results; how long one example takes depends on what else the machine does."""

from hypothesis import settings

settings.register_profile("template", deadline=None)
settings.load_profile("template")
