"""Errors whose message is all that a user needs."""


class UserError(Exception):
    """Something outside the program is wrong: a file, a device, an option of a command, a diverged run.

    The message says what was got, what was expected and what to do. The commands print it without a traceback. A wrong
    argument of a class raises the usual ValueError instead.
    """


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, told as one message. Not an Exception, so that a sweep stops with it."""


class NotApplicable(Exception):
    """A figure or a measurement does not apply to this model or these images; the message says why."""
