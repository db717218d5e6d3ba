#!/usr/bin/env bash
# Installs a PostgreSQL server where there is none. The tests start throwaway instances of it; nothing else is to run.
# Debian's and Ubuntu's package would create and start a cluster of its own, which postgresql-common's settings prevent.
set -euo pipefail

shopt -s nullglob
for folder in /usr/lib/postgresql/*/bin; do  # where Debian and Ubuntu keep the programs
  PATH="$PATH:$folder"
done

if command -v initdb >/dev/null && command -v postgres >/dev/null; then
  exit 0
fi

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

settings=/etc/postgresql-common/createcluster.d

remove_setting() {
  as_root rm -f "$settings/sidestep.conf"
  as_root rmdir --parents --ignore-fail-on-non-empty "$settings"
}

if command -v apt-get >/dev/null; then
  as_root apt-get update -qq
  trap remove_setting EXIT
  as_root mkdir -p "$settings"
  echo "create_main_cluster = false" | as_root tee "$settings/sidestep.conf" >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends postgresql >/dev/null
elif command -v brew >/dev/null; then
  brew install --quiet postgresql
  if ! command -v initdb >/dev/null; then
    echo "brew keeps PostgreSQL's programs off the PATH; please add their folder, which \`brew info postgresql\` names." >&2
    exit 1
  fi
else
  echo "The database tests need a PostgreSQL server (initdb, postgres); please install it." >&2
  exit 1
fi
