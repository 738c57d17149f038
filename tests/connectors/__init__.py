"""Connectors, tried on the real programs (connectors/needs.sh installs them)."""
