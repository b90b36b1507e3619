# The bot, without anything it is not run with. tests/test_containers.py lints this file; `python -m tests.image`
# carries out its build stage, starts what comes of it and asks it for its health, outside any container.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY store ./store
RUN python3 -m venv /opt/set-action \
    && /opt/set-action/bin/pip install --no-cache-dir . \
    && /opt/set-action/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim
RUN python3 -m pip uninstall --yes --root-user-action=ignore pip setuptools wheel \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin set-action \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/set-action
COPY --from=build /opt/set-action /opt/set-action
# Numbers, so that an orchestrator can see that it is not root.
USER 10001:10001
# The root may be read-only: a SQLite database lies in the volume, and only pictures need a writable /tmp.
ENV SET_ACTION_CONFIG=/etc/set-action/set-action.toml \
    XDG_DATA_HOME=/var/lib \
    HOME=/tmp \
    PYTHONUNBUFFERED=1
VOLUME ["/var/lib/set-action"]
EXPOSE 8081
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/opt/set-action/bin/python3", "-m", "bot.healthy", "127.0.0.1:8081"]
ENTRYPOINT ["/opt/set-action/bin/set-action"]
CMD ["run", "--status", "0.0.0.0:8081"]
