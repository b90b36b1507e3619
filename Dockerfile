FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY store ./store
RUN python -m venv /opt/set-action && /opt/set-action/bin/pip install --no-cache-dir .

FROM python:3.11-slim
RUN useradd --system --no-create-home set-action
COPY --from=build /opt/set-action /opt/set-action
USER set-action
ENV SET_ACTION_CONFIG=/etc/set-action/set-action.toml
ENTRYPOINT ["/opt/set-action/bin/set-action"]
CMD ["run"]
