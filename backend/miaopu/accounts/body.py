"""Bodies that hold what somebody looks for: no answer and no log repeats it."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from miaopu.problems import BadRequestError


class Body(BaseModel):
    """What a request asks for."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


Model = TypeVar("Model", bound=Body)


class WrongBodyError(BadRequestError):
    """Fields of a body that are wrong."""

    def __init__(self, fields: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{one['field']}: {one['msg']}" for one in fields))
        self.fields = fields


async def body_of(request: Request, model: type[Model]) -> Model:
    """The body as `model`. Raises WrongBodyError, which names the field that is wrong, and never
    repeats its value."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise WrongBodyError(
            [
                {"field": ".".join(map(str, e["loc"])) or "body", "msg": e["msg"]}
                for e in error.errors(include_url=False, include_input=False, include_context=False)
            ]
        ) from None
