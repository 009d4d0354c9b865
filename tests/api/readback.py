"""Every list of /openapi.json as JSON, CSV and Parquet: the same cells in all three.

readback.py URL
"""

import csv
import datetime
import io
import json
import sys
import urllib.parse
import urllib.request

import pyarrow
import pyarrow.parquet

# What lists need to be asked for, beside a window.
NEEDED = {"distributions": {"measure": "STARTUP"}, "host": {"node": "none"}, "interface": {"node": "none"}}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def get(url, name, **given):
    path = f"{url}/v1/{name}?{urllib.parse.urlencode(given)}"
    with urllib.request.urlopen(path, timeout=20) as response:
        return response.read()


def of_csv(text, kind):
    if text == "":
        return None
    if pyarrow.types.is_string(kind):
        return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
    if pyarrow.types.is_timestamp(kind):
        return time(text)
    if pyarrow.types.is_boolean(kind):
        return {"true": True, "false": False}[text]
    return json.loads(text)


def time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def still(rows):
    """Rows without what is another each time that it is asked for."""
    return [{name: cell for name, cell in row.items() if name != "as_of"} for row in rows]


def at_one_moment(url, name, given):
    """JSON, Parquet and CSV between two answers that are the same."""
    before = json.loads(get(url, name, format="json", **given))["rows"]
    for _ in range(10):
        parquet, text = (get(url, name, format=word, **given) for word in ("parquet", "csv"))
        after = json.loads(get(url, name, format="json", **given))["rows"]
        if still(before) == still(after):
            return before, parquet, text.decode()
        before = after
    raise AssertionError(f"{name} does not stand still")


def compare(url, name, given):
    rows, parquet, text = at_one_moment(url, name, given)
    file = pyarrow.parquet.ParquetFile(io.BytesIO(parquet))
    table = file.read()
    kinds = {field.name: field.type for field in table.schema}
    said = file.metadata.metadata or {}
    for key in (b"naap.formula", b"naap.licence", b"naap.request", b"naap.schema_version"):
        assert key in said, f"{name}: no {key} in {sorted(said)}"
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == table.num_rows == len(lines), (name, len(rows), table.num_rows, len(lines))
    for row, cells, line in zip(rows, table.to_pylist(), lines):
        assert list(row) == list(kinds) == list(line), f"{name}: columns differ"
        for column, kind in kinds.items():
            if column == "as_of":
                continue
            expected = row[column]
            if expected is not None and pyarrow.types.is_timestamp(kind):
                assert kind == pyarrow.timestamp("us", tz="UTC"), f"{name}.{column}: {kind}"
                expected = time(expected)
            for what, cell in (("parquet", cells[column]), ("csv", of_csv(line[column], kind))):
                assert cell == expected, f"{name}.{column} as {what}: {cell!r}, not {expected!r}"
    return len(rows)


def main():
    url = sys.argv[1].rstrip("/")
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=20) as response:
        paths = json.load(response)["paths"]
    now = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    begin, end = now - datetime.timedelta(days=7), now + datetime.timedelta(hours=1)
    window = {"from": begin.isoformat(), "to": end.isoformat()}
    lists = rows = 0
    for path, item in paths.items():
        name = path.removeprefix("/v1/")
        answers = item["get"]["responses"]["200"]["content"]
        if "application/vnd.apache.parquet" not in answers:
            continue
        known = {parameter["name"] for parameter in item["get"]["parameters"]}
        given = {key: value for key, value in window.items() if key in known}
        if "bucket" in known and name in ("host", "interface", "stream-status"):
            given["bucket"] = "H1"
        if name == "sessions" or name == "legs" or name == "jobs":
            given["origin"] = "ALL"
        elif "origin" in known:
            given["origin"] = "REPLAYED"
        n = compare(url, name, given | NEEDED.get(name, {}))
        lists, rows = lists + 1, rows + n
        print(f"{name}: {n} rows")
    assert lists > 10, f"only {lists} lists"
    print(f"{lists} lists, {rows} rows, the same in JSON, CSV and Parquet")


main()
