#!/usr/bin/env bash
# Installs a MariaDB server where there is none. The tests start throwaway instances of it. On Debian and Ubuntu the
# core packages bring the programs without a service.
set -euo pipefail
PATH="$PATH:/usr/sbin"

if command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null; then
  exit 0
fi

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

if command -v apt-get >/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends mariadb-server-core mariadb-client-core >/dev/null
elif command -v brew >/dev/null; then
  brew install --quiet mariadb
else
  echo "The database tests need a MariaDB server (mariadbd, mariadb-install-db); please install it." >&2
  exit 1
fi
