"""The compiler behind `scripts/refresh-resource-types`."""
