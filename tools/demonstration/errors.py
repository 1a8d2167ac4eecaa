"""What can go wrong in the demonstration, in one line for a person; knows nothing of the causes."""


class DemoError(Exception):
    """The demonstration cannot go on; the text is one line and says why."""
