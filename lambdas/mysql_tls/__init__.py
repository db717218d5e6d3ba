"""The way to a MySQL that all functions share: TLS with verified certificates, time limits. Part of every bundle."""
