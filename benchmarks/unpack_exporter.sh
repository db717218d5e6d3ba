#!/usr/bin/env bash
# Unpacks Debian's prometheus-sql-exporter into a folder, $1, without installing it as a service.
set -euo pipefail
mkdir -p "$1"
cd "$1"
apt-get download --quiet prometheus-sql-exporter
dpkg-deb --extract prometheus-sql-exporter_*.deb .
rm prometheus-sql-exporter_*.deb
