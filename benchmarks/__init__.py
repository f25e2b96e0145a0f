"""Published instances, generated days and measurements; not part of the installed package."""
