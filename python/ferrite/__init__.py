"""Runs Ferrite's fixed-point networks, bit for bit as a board does.

    with ferrite.Session("model.fxm") as session:
        result = session.run(images)      # uint8, one picture or a batch
        print(result.label, result.probabilities)
"""

from ._errors import FerriteError, ModelError, SignatureError
from ._library import instruction_sets, version
from ._session import Input, Output, Result, Session

__all__ = ["FerriteError", "Input", "ModelError", "Output", "Result", "Session", "SignatureError", "instruction_sets", "version"]
__version__ = version
