"""What commands can be told to do with pictures that are not packed yet."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from latentlab.cli.command_options import command_line_type, given
from latentlab.images.treatment import TreatmentOptions

if TYPE_CHECKING:
    _Pictures = TreatmentOptions
else:
    _Pictures = command_line_type(TreatmentOptions, group="Pictures")

Pictures = Annotated[_Pictures, Parameter(name="*")]
NOTHING_ASKED = _Pictures()


def asked_treatment(pictures: TreatmentOptions) -> TreatmentOptions:
    """Return what was asked for on the command line.

    Raises
    ------
    UsageError
        If a value is out of range.
    """
    options = TreatmentOptions(**given(pictures))
    options.validate()
    return options
