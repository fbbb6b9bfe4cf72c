"""What long-running operators have in common."""

from __future__ import annotations

from typing import Any

import fiftyone.operators as foo
from fiftyone.operators import types

from . import _forms, _models
from ._base import Operator, check


class LongOperator(Operator):
    """Calls one function of the library and reports progress to the App."""

    #: the operator's and the library function's names
    operator_name = function = ""
    label = description = icon = ""
    #: heading of the answer; empty means the label
    title = ""
    #: whether FiftyOne checks parameters by the form, or the library does, with a clearer message
    checked_by_form = True

    @property
    def config(self) -> Any:
        """What the App shows of this operator."""
        return foo.OperatorConfig(
            name=self.operator_name,
            label=self.label,
            description=self.description,
            icon=self.icon,
            dynamic=True,
            execute_as_generator=True,
            allow_immediate_execution=True,
            allow_delegated_execution=True,
            disable_schema_validation=not self.checked_by_form,
            risk_level=types.RiskLevel.MEDIUM,
        )

    def resolve_delegation(self, ctx: Any) -> None:
        """Checks the parameters before they are stored with queued work.

        Raises:
            SettingError: if one is out of bounds, or holds a password or key
        """
        check(ctx.params)
        _models.address_of(ctx.params)

    def resolve_output(self, ctx: Any) -> Any:
        """Shows the answer."""
        return _forms.text_output(ctx, self.title or self.label)
