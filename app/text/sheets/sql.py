"""A plan as SQL (DuckDB's) and as words. Nothing of it is written by anybody else: names and values are quoted here."""

from __future__ import annotations

from app.text.sheets.plan import Column, Condition, Operator, Plan, Sheet

ROW = "#row"
"""The column that says which row it is, from 0; no other is called so."""
_FUNCTIONS = {"sum": "SUM", "average": "AVG", "min": "MIN", "max": "MAX"}
_SIGNS: dict[Operator, str] = {
    "is": "=", "is not": "<>", "above": ">", "at least": ">=", "below": "<", "at most": "<="
}  # fmt: skip
MOST_ROWS = 200
"""Groups or rows of a result."""


def identifier(name: str) -> str:
    """A name as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL takes it, whatever it holds: in a standard string only the quotation mark means anything."""
    return "'" + value.replace("'", "''") + "'"


def table_name(sheet: Sheet) -> str:
    return sheet.name or sheet.document


def sql_of(plan: Plan, sheet: Sheet) -> str:
    """The query. Its first column is the group where there is one, its last the figure; of a list, `plan.show`."""
    source = f"FROM {identifier(table_name(sheet))}"
    where = _where(plan, sheet)
    if plan.operation == "list":
        shown = ", ".join(identifier(name) for name in plan.show)
        extra = f"{where} AND" if where else "WHERE"
        rows = f"{extra} {identifier(plan.column)} IS NOT NULL" if plan.column else where
        order = f"ORDER BY {identifier(plan.column)}{' DESC' if plan.order == 'down' else ''}, {identifier(ROW)}"
        order = order if plan.order else f"ORDER BY {identifier(ROW)}"
        return _joined(f"SELECT {shown}, {identifier(ROW)}", source, rows, order, _limit(plan))
    if plan.operation == "share":
        return _share(plan, sheet)
    figure = _figure(plan)
    if not plan.group:
        return _joined(f"SELECT {figure}", source, where)
    group = identifier(plan.group)
    order = f"ORDER BY 2{' DESC' if plan.order == 'down' else ''}, 1" if plan.order else "ORDER BY 1"
    return _joined(f"SELECT {group}, {figure}", source, where, f"GROUP BY {group}", order, _limit(plan))


def rows_sql(plan: Plan, sheet: Sheet) -> str:
    """The rows that go into the figure: of a largest or smallest value those that hold it."""
    source, where = f"FROM {identifier(table_name(sheet))}", _where(plan, sheet)
    held = identifier(plan.column) if plan.column else ""
    conditions = [where.removeprefix("WHERE ")] if where else []
    if held:
        conditions.append(f"{held} IS NOT NULL")
    if plan.operation in ("min", "max"):
        conditions.append(f"{held} = (SELECT {_FUNCTIONS[plan.operation]}({held}) {_joined(source, where)})")
    both = "WHERE " + " AND ".join(conditions) if conditions else ""
    return _joined(f"SELECT {identifier(ROW)}", source, both, f"ORDER BY {identifier(ROW)}")


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _limit(plan: Plan) -> str:
    """One row more than is wanted tells whether there are more, or as large."""
    return f"LIMIT {(plan.limit or MOST_ROWS) + 1}"


def _figure(plan: Plan) -> str:
    if plan.operation == "count":
        return "COUNT(*)"
    column = identifier(plan.column)
    return f"COUNT(DISTINCT {column})" if plan.operation == "distinct" else f"{_FUNCTIONS[plan.operation]}({column})"


def _share(plan: Plan, sheet: Sheet) -> str:
    conditions = _conditions(plan, sheet)
    if plan.column:
        column = identifier(plan.column)
        part = f"SUM({column}) FILTER (WHERE {conditions})"
        return f"SELECT 100 * COALESCE({part}, 0) / SUM({column}) FROM {identifier(table_name(sheet))}"
    part = f"COUNT(*) FILTER (WHERE {conditions})"
    return f"SELECT 100 * {part} / COUNT(*) FROM {identifier(table_name(sheet))}"


def _where(plan: Plan, sheet: Sheet) -> str:
    conditions = _conditions(plan, sheet)
    return f"WHERE {conditions}" if conditions else ""


def _conditions(plan: Plan, sheet: Sheet) -> str:
    return " AND ".join(_condition(each, sheet) for each in plan.conditions)


def _condition(condition: Condition, sheet: Sheet) -> str:
    column = sheet.column(condition.column)
    assert column is not None
    name, values = identifier(column.name), [_value(value, column) for value in condition.values]
    if len(values) == 1:
        return f"{name} {_SIGNS[condition.operator]} {values[0]}"
    return f"{name} {'NOT ' if condition.operator == 'is not' else ''}IN ({', '.join(values)})"


def _value(value: str, column: Column) -> str:
    if column.kind == "number":
        return value
    return f"DATE {text(value)}" if column.kind == "date" else text(value)
