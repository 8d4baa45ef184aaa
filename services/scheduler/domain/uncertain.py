"""Messages of which some call may have been accepted.

Nobody may book one as surely not sent: what ends it here ends it as ``unknown``, for a person to
look into.
"""

PERHAPS_ACCEPTED = (
    "An earlier call may have been accepted: its answer was lost. It is not repeated."
)
