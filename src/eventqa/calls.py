"""What a call of the page's server may hold: plain values, and of those no more than is needed.

Gradio fetches the url or the path of a `FileData` object wherever it stands in a call. Pure.
"""

from __future__ import annotations

import json
from typing import cast

Call = dict[str, object]

VALUES = ("question", "k", "since", "until", "asked_on", "time", "history")
"""What a program's call holds, in this order; the last is a list."""
_MCP_METHODS = frozenset(
    (
        "initialize",
        "notifications/initialized",
        "notifications/cancelled",
        "ping",
        "tools/list",
        "tools/call",
    )
)
# What a click on the page's own HTML sends.
_MOST_FIELDS, _LONGEST_FIELD = 40, 2000


def of_page(body: bytes) -> Call | None:
    """A call over Gradio's API, None when it holds more than texts, numbers and lists of them."""
    call = _object(body or b"{}")
    if call is None or not isinstance(data := call.get("data", []), list):
        return None
    if not all(map(_is_plain, cast("list[object]", data))):
        return None
    event = call.get("event_data")
    return call if event is None or _is_small(event) else None


def of_tool(body: bytes) -> Call | None:
    """The same of a call of a tool (JSON-RPC, one at a time)."""
    call = _object(body)
    if call is None or call.get("method") not in _MCP_METHODS:
        return None
    params = call.get("params", {})
    arguments = cast("Call", params).get("arguments", {}) if isinstance(params, dict) else None
    if not isinstance(arguments, dict):
        return None
    return call if all(map(_is_plain, cast("Call", arguments).values())) else None


def values_of(call: Call) -> bytes | None:
    """A program's call with its values alone, None when there are too few or too many.

    With any other field Gradio would run another function, or in another's session.
    """
    data = cast("list[object]", call.get("data", []))
    return json.dumps({"data": data}).encode() if len(data) == len(VALUES) else None


def _object(body: bytes) -> Call | None:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return cast("Call", call) if isinstance(call, dict) else None


def _is_plain(value: object, depth: int = 2) -> bool:
    """Whether it holds no object, and lists in lists at most."""
    if not isinstance(value, list):
        return not isinstance(value, dict)
    return depth > 0 and all(_is_plain(one, depth - 1) for one in cast("list[object]", value))


def _is_small(event: object) -> bool:
    """Whether it is as flat and as short as what a click on the page sends."""
    if not isinstance(event, dict) or len(cast("Call", event)) > _MOST_FIELDS:
        return False
    values = cast("Call", event).values()
    return not any(isinstance(one, dict | list) or len(str(one)) > _LONGEST_FIELD for one in values)
