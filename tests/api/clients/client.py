"""The generated client against a running API that shows a replayed fixture: it gives what a plain request
gives, as the types that it promises."""

import re
import sys
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Optional, TypeVar

import httpx
from pydantic import BaseModel

from naap_client import Client, DemandOverTime, GraphQLClientGraphQLMultiError, OrchestratorPage
from naap_client import OrchestratorPageOrchestratorsNodes as Row
from naap_client.enums import Basis, Bucket, Dimension, Origin, Outcome
from naap_client.input_types import Window

url = sys.argv[1].rstrip("/") + "/graphql"
document = Path("queries.graphql").read_text()
origin = Origin.REPLAYED
client = Client(url)
Answer = TypeVar("Answer", bound=BaseModel)


def plain(operation: str, variables: dict[str, object]) -> Any:
    body = {"query": document, "operationName": operation, "variables": variables}
    answer = httpx.post(url, json=body).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def check(typed: object, json: Any, path: str = "data") -> None:
    """That a typed value says what this JSON says."""
    if isinstance(typed, BaseModel):
        fields = {field.alias or name: name for name, field in type(typed).model_fields.items()}
        assert fields.keys() == json.keys(), path
        for key, name in fields.items():
            check(getattr(typed, name), json[key], f"{path}.{key}")
    elif isinstance(typed, list):
        assert len(typed) == len(json), path
        for index, pair in enumerate(zip(typed, json)):
            check(*pair, f"{path}.{index}")
    elif isinstance(typed, datetime):
        assert typed.utcoffset() == timedelta(0), path
        assert typed == datetime.fromisoformat(json.replace("Z", "+00:00")), path
    elif isinstance(typed, Enum):
        assert typed.value == json, path
    elif path.endswith("Wei") and typed is not None:
        assert type(typed) is int and str(typed) == json, path
    else:
        assert typed == json and (typed is None) == (json is None), f"{path}: {typed!r}, {json!r}"


def same(ask: Callable[[], Answer], operation: str, **variables: object) -> Answer:
    """The client's answer, between two plain ones that agree: what changed meanwhile is no fault of it."""
    for tries in range(5):
        before, typed, after = plain(operation, variables), ask(), plain(operation, variables)
        if before == after:
            break
    check(typed, after)
    return typed


version = same(client.schema_version, "SchemaVersion").status.schema_version
assert version > 0


def page(first: int, after: Optional[str] = None) -> OrchestratorPage:
    return same(
        lambda: client.orchestrator_page(first=first, after=after, origin=origin),
        "OrchestratorPage",
        first=first,
        after=after,
        origin=origin,
    )


rows: list[Row] = []
cursor: Optional[str] = None
while True:
    one = page(1, cursor).orchestrators
    assert len(one.nodes) == 1
    rows += one.nodes
    cursor = one.page_info.end_cursor
    if not one.page_info.has_next_page:
        break
whole = page(200).orchestrators
assert whole.total_count == len(rows)
assert [row.address for row in rows] == [row.address for row in whole.nodes]
assert all(re.fullmatch("0x[0-9a-f]{40}", row.address) for row in rows)
# One of the fixture's tells its hardware.
assert {None, 1} <= {row.gpu_count for row in rows}


def demand(window: Window, json: dict[str, object]) -> DemandOverTime:
    return same(
        lambda: client.demand_over_time(
            window=window, bucket=Bucket.H1, group_by=[Dimension.MODEL], origin=origin
        ),
        "DemandOverTime",
        window=json,
        bucket="H1",
        groupBy=["MODEL"],
        origin=origin,
    )


day = demand(Window(last="24h"), {"last": "24h"}).demand
assert (day.bucket, day.basis, day.origin) == (Bucket.H1, Basis.SESSIONS, origin)
assert timedelta(days=1) <= day.to - day.from_ <= timedelta(hours=25)
points = [point for group in day.groups for point in group.points]
assert any(p.served > 0 and p.fees_eth and p.missing_minutes is None for p in points)
assert all(type(part.dimension) is Dimension for group in day.groups for part in group.key)
# Times go back in as they came out.
json: dict[str, object] = {"from": day.from_.isoformat(), "to": day.to.isoformat()}
assert demand(Window.model_validate({"from": day.from_, "to": day.to}), json).demand.groups == day.groups

sessions = same(
    lambda: client.session_page(first=200, origin=origin), "SessionPage", first=200, origin=origin
).sessions.nodes
assert any(s.outcome is Outcome.SERVED and s.fee_wei for s in sessions)
assert any(s.fee_wei is None for s in sessions)

# A refusal comes with its code.
try:
    client.orchestrator_page(first=1000, origin=origin)
    raise AssertionError("1000 on a page were not refused")
except GraphQLClientGraphQLMultiError as refusal:
    extensions = refusal.errors[0].extensions
    assert extensions and extensions["code"] == "BAD_ARGUMENT", refusal

# What must not pass the type checker: null taken for a number.
count: int = rows[0].gpu_count  # type: ignore[assignment]
print(f"Python: {len(rows)} orchestrators, {len(points)} points, {len(sessions)} sessions")
