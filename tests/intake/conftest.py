"""Generated worst cases take as long as the machine is busy: none of these tests is about time."""

from hypothesis import HealthCheck, settings

from tests.effort import examples

settings.register_profile(
    "worst", max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("worst")
