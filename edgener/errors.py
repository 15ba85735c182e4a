"""What a command says when it cannot go on. Every message is one line: what, where, what to do."""


class UserError(Exception):
    """Bad usage or bad input: the command prints the message and exits 2."""


class CheckFailed(Exception):
    """A check or a gate said no: the command prints the message and exits 1."""


class MissingExtra(UserError):
    """The command needs a package that the plain install leaves out."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs more packages; run: pip install 'edgener[{extra}]'")
