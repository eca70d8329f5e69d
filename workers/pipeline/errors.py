"""The one error tree: a class per boundary that can be crossed.

    DeskcheckError
    ├── InputError              what the caller gave is not usable
    │   └── ContextLengthError  the prompt leaves no room in the model's context
    ├── CompleterError          the model server, as seen from the pipeline
    │   ├── CompleterUnavailable   cannot connect, or still 429/5xx after the last retry
    │   ├── CompleterTimeout       no answer within the time allowed
    │   └── CompleterRejected      the server refused the request (4xx)
    └── CheckpointError         a checkpoint folder is missing, damaged or speaks another prompt version

A program that fails is not here: that is data (`Prediction`, `Rejected`). A bad HTTP request is a 4xx at the edge.
"""


class DeskcheckError(Exception):
    """Root of every error this project raises on purpose; its text is one line a user can act on."""


class InputError(DeskcheckError):
    """The caller's problem, program or configuration cannot be used."""


class ContextLengthError(InputError):
    """A prompt is longer than the model's context allows."""


class CompleterError(DeskcheckError):
    """The model server failed."""


class CompleterUnavailable(CompleterError):
    """The model server cannot be reached, or refused for load, after the last retry."""


class CompleterTimeout(CompleterError):
    """The model server did not answer in time."""


class CompleterRejected(CompleterError):
    """The model server refused the request as wrong."""


class CheckpointError(DeskcheckError):
    """A checkpoint cannot be loaded: missing, damaged, or of another PROMPT_VERSION."""
