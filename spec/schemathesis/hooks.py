"""What the document cannot say, and a fuzzer would waste its time on."""

from itertools import count

import schemathesis

_calls = count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Keeps calls apart and short; what is invalid stays as it was drawn."""
    if next(_calls) % 4:
        _make_idempotency_key_fresh(case.headers)
    _wait_a_second_at_most(case.query)
    _spoil_blanks(case.body)


def _make_idempotency_key_fresh(headers):
    """A key that came with another body is a 422 and says nothing about this one. Each fourth stays, for replays."""
    for name, key in list((headers or {}).items()):
        if name.lower() == "idempotency-key" and _is_plain(key):
            headers[name] = f"{key[:200]}-{next(_calls)}"


def _is_plain(key):
    return isinstance(key, str) and 0 < len(key) <= 255 and key.isascii() and key.isalnum()


def _spoil_blanks(body):
    """A blank text is the same as null, which a `format` cannot say: what was drawn as no address and no id shall be none."""
    for item in body if isinstance(body, list) else [body]:
        for name, value in item.items() if isinstance(item, dict) else []:
            if value == "" and name.endswith(("email", "id")):
                item[name] = "-"


def _wait_a_second_at_most(query):
    """`GET /v1/changes` waits up to 30 seconds for news when asked to: that is 30 seconds without a test."""
    wait = (query or {}).get("wait")
    if isinstance(wait, int) and not isinstance(wait, bool) and 1 < wait <= 30:
        query["wait"] = 1
