# WireProxy as a container: docker build -t wireproxy . && docker run -v ./deploy:/etc/wireproxy:ro wireproxy
# This file was written where no container engine runs: it has been read with care, and it has not been built.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS sdk
FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime

# Debian 12 and not the SDK's and the runtime's own images: Debian packages PostgreSQL 15's parser (libpg_query), and it is
# this version of the library whose tree the gateway reads.
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpg-query-dev libssl3 libstdc++6
COPY --from=sdk /usr/share/dotnet /usr/share/dotnet
ENV DOTNET_ROOT=/usr/share/dotnet \
    DOTNET_NOLOGO=1 \
    DOTNET_CLI_TELEMETRY_OPTOUT=1 \
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
WORKDIR /source
COPY . .
# Compiled ahead of time: it starts in less processor time.
RUN /usr/share/dotnet/dotnet publish src/WireProxy.Cli -c Release -o /app -p:AheadOfTime=true -p:DebugType=none

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpg-query1504.0 libssl3 libstdc++6 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 wireproxy \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin wireproxy \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/wireproxy
COPY --from=runtime /usr/share/dotnet /usr/share/dotnet
COPY --from=build /app /app
# No diagnostic socket: a process that may read the gateway's memory may read health records.
ENV DOTNET_ROOT=/usr/share/dotnet \
    DOTNET_EnableDiagnostics=0
USER 10001:10001
WORKDIR /var/lib/wireproxy
VOLUME /var/lib/wireproxy
EXPOSE 6432 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/wireproxy"]
CMD ["serve", "--config", "/etc/wireproxy/wireproxy.yaml"]
