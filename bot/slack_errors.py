"""What a failed call to Slack was answered, in whatever shape the SDK left it."""

from slack_sdk.errors import SlackApiError


def code_of(exc: SlackApiError) -> str:
    """Slack's error code; "HTTP 503" where something in front of Slack answered in its place."""
    # The SDK leaves a dict for Slack's own answers, a str or {} for a proxy's, and no data for broken JSON.
    data = getattr(exc.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return str(code) if code else f"HTTP {status_of(exc)}"


def status_of(exc: SlackApiError) -> int:
    """The HTTP status of the answer."""
    # Broken JSON comes as aiohttp's own response, which calls it `status`.
    return int(getattr(exc.response, "status_code", 0) or getattr(exc.response, "status", 0))
