"""Settings of a deployment of several processes."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationInfo

from app.settings.values import Terms


def _one_of_the_servers(value: str, info: ValidationInfo) -> str:
    servers = info.data.get("fleet_servers", ())
    if value not in servers and (value or servers):
        raise ValueError("must be one of FLEET_SERVERS, written as there")
    return value


class FleetSettings(BaseModel):
    # --- Several processes ------------------------------------------------------------------------------------------
    fleet_servers: Terms = Field(
        (),
        description="The servers of nginx's upstream block, written as there, such as bridge-1:8000,bridge-2:8000; "
        "more than it has is fine, fewer are not (docs/operations.md). Empty: this process is the only one.",
    )
    fleet_server: Annotated[str, AfterValidator(_one_of_the_servers)] = Field(
        "", validate_default=True, description="Which of FLEET_SERVERS this process is, such as bridge-1:8000."
    )
    redis_url: SecretStr = Field(
        SecretStr(""),
        description="Where processes meet: redis://:password@host:6379/0. Empty: each knows its own calls only.",
    )
    fleet_max_concurrent_calls: int = Field(
        0,
        ge=0,
        le=100_000,
        description="Calls at once in all processes that share REDIS_URL. 0: each one's limit only.",
    )
