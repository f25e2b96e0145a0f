"""Explaining: why a ticket is left out, the changes that would place it, and who else could do it.

Nothing is said that was not tried: a reason names a rule only where the ticket fits once that rule is lifted, and a way in is a
change that was made, timed and judged by `dispatch.check`.
"""
