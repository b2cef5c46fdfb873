"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# Two files share the processors with browsers and servers: how long a draw takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
