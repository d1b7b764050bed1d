"""What the backend raises."""

from . import _tc


class UnsupportedGraph(_tc.CompileError):
    """The graph holds something that tc does not take; the message names it."""
