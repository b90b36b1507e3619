"""The house's rules as functions from a source to the faults in it; `test_house_rules.py` applies them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LONGEST_FILE = 250
LONGEST_FUNCTION = 49
STEPS = "store/migrations/versions/"  # a step of the schema is one list of statements, however long
FORBIDDEN_NAMES = frozenset(
    {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
)

PLAIN = frozenset(
    {
        "errors",
        "store.approval_model",
        "store.batch_model",
        "store.errors",
        "store.holds",
        "store.home_model",
        "store.installation_model",
        "store.listing_model",
        "store.model",
        "store.outbox_model",
        "store.proposal_model",
        "store.recorded",
        "store.records_model",
    }
)  # types and errors: no I/O, nothing behind them
EVERYTHING = frozenset({"*"})
# Which rooms a room may look into (itself always). `store` is all of it, `store.model` its plain types; any
# other dotted name is that one module.
ROOMS: Mapping[str, frozenset[str]] = {
    "listeners": PLAIN
    | {"service", "parsing", "batch_text", "views", "catalogue", "policy", "loops", "draft", "words", "seal"}
    | {"bot.intake.ids", "job_look", "job_filter", "list_dates", "list_text", "list_words"},
    "service": PLAIN
    | {"store", "turns", "catalogue", "config", "parsing", "policy", "customer_ids", "draft", "intake"}
    | {
        "batch_codes",
        "batch_text",
        "job_look",
        "job_filter",
        "applications",
        "freezes",
        "run_at",
        "vocabulary",
    },
    "runner": PLAIN | {"cluster", "store", "turns", "loops"},
    "outbox": PLAIN | {"views", "store", "turns", "loops", "slack_errors", "slack_addresses"},
    "pictures": frozenset(),  # a process of its own, fed with plain figures
    "windows": frozenset({"seal", "views", "errors", "loops", "slack_errors"}),
    "views": PLAIN | {"bot.intake.ids", "draft", "job_look", "job_filter", "applications", "run_at"},
    "cluster": frozenset({"errors"}),
    "turns": frozenset({"store.single", "store.postgres", "store.errors"}),
    "store": frozenset(),
    "config": frozenset({"catalogue", "customer_ids", "errors", "freezes", "policy"}),
    "parsing": frozenset({"catalogue", "customer_ids", "errors", "intake", "run_at", "vocabulary", "words"}),
    "intake": frozenset({"customer_ids", "errors", "vocabulary", "words"}),
    "draft": frozenset({"errors", "bot.intake.ids"}),
    "applications": frozenset(),
    "job_look": frozenset({"store.model", "store.recorded"}),
    "batch_codes": frozenset(),
    "batch_text": frozenset(
        {"batch_codes", "catalogue", "customer_ids", "parsing", "run_at", "vocabulary", "words"}
    ),
    "job_filter": PLAIN,
    "list_dates": frozenset(),
    "list_words": PLAIN | {"catalogue", "job_filter"},
    "list_reading": PLAIN
    | {"batch_codes", "catalogue", "customer_ids", "job_filter", "list_dates", "list_words", "vocabulary"},
    "list_text": frozenset(
        {"catalogue", "errors", "list_dates", "list_reading", "list_words", "vocabulary", "words"}
    ),
    "seal": frozenset({"errors", "words"}),
    "words": frozenset(),
    "run_at": frozenset({"errors"}),
    "freezes": frozenset(),
    "vocabulary": frozenset({"catalogue"}),
    "catalogue": frozenset({"errors"}),
    "customer_ids": frozenset(),
    "policy": frozenset(),
    "errors": frozenset(),
    "logs": frozenset(),
    "loops": frozenset({"turns", "store.errors"}),
    "slack_errors": frozenset(),
    "slack_addresses": frozenset(),
    "slack_files": frozenset({"draft", "intake", "slack_addresses", "slack_errors"}),
    "rosters": PLAIN | {"membership"},
    "channels": frozenset({"slack_errors"}),
    "time_zones": PLAIN | {"list_dates", "slack_errors"},
    "membership": PLAIN | {"slack_errors"},
    "profiles": PLAIN | {"policy"},
    "socket_mode": frozenset({"loops", "parts", "slack_errors"}),
    "http_mode": frozenset({"http_server", "loops", "parts", "signature", "store"}),
    "http_server": frozenset({"errors", "loops"}),
    "workspaces": frozenset({"config", "errors", "scopes", "slack_errors", "store"}),
    "status": frozenset({"metrics", "store", "turns"}),
    "metrics": frozenset({"store.gauges"}),
    "signature": frozenset(),
    "scopes": frozenset(),
    "healthy": frozenset(),
    "introduction": frozenset({"errors", "slack_errors"}),
    "lanes": frozenset({"cluster", "config", "runner"}),
    "doctor": EVERYTHING,
    "retention": frozenset({"store"}),
    "parts": frozenset(),
    "app": EVERYTHING,
    "joining": EVERYTHING,
    "joining_many": EVERYTHING,
    "lodging": EVERYTHING,
    "reception": EVERYTHING,
    "use_cases": EVERYTHING,
    "speech": EVERYTHING,
    "cli": EVERYTHING,
    "cli_database": frozenset({"terminal", "store"}),
    "terminal": frozenset({"config", "errors", "store"}),
    "audit_export": EVERYTHING,
    "serving": EVERYTHING,
    "__main__": frozenset({"cli", "importing"}),
    "importing": frozenset(),
    "sandbox": PLAIN,
}
_TALKS_TO_SLACK = frozenset(
    {"outbox", "windows", "slack_files", "membership", "socket_mode", "introduction", "app", "reception"}
    | {"speech", "time_zones", "profiles", "rosters", "channels", "doctor", "lodging"}
    | {"workspaces", "joining_many"}
)
# Which rooms, or single modules, may use a library; what is not listed may be used by all. The longest
# name that fits decides.
LIBRARIES: Mapping[str, frozenset[str]] = {
    "matplotlib": frozenset({"pictures"}),  # heavy: never in the bot's own process
    "httpx": frozenset({"cluster", "lanes"}),
    "sqlalchemy": frozenset({"store"}),
    "sqlalchemy.Connection": frozenset(
        {"store", "service", "runner", "outbox", "audit_export", "workspaces"}
    ),
    "sqlalchemy.make_url": frozenset({"store", "turns"}),
    "sqlite3": frozenset({"store"}),
    "psycopg": frozenset({"bot.turns.postgres"}),
    "alembic": frozenset({"store"}),
    "slack_bolt": frozenset({"reception", "listeners"}),
    "slack_sdk": frozenset(),
    "slack_sdk.web": _TALKS_TO_SLACK,
    "slack_sdk.oauth": frozenset({"workspaces", "joining_many"}),
    "cryptography": frozenset({"workspaces"}),
    "slack_sdk.errors": _TALKS_TO_SLACK | {"slack_errors"},
    "slack_sdk.models.blocks": frozenset({"views", "listeners"}),
    "slack_sdk.models.views": frozenset({"views", "listeners", "windows", "outbox"}),
    "aiohttp": _TALKS_TO_SLACK | {"sandbox"},
    "uvicorn": frozenset({"http_server"}),
    "starlette": frozenset({"http_server", "http_mode", "parts", "status", "workspaces"}),
    "typer": frozenset({"cli", "cli_database", "terminal", "doctor", "sandbox"}),
    "rich": frozenset({"cli", "sandbox"}),
}
TYPES_ONLY = {"lanes": "httpx"}  # the room may name the library in annotations, and nowhere else


@dataclass(frozen=True)
class Source:
    """A module: `path` relative to the checkout, like `bot/views/card.py`."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return room_of(self.module) or self.module


def sources(root: Path, *folders: str) -> list[Source]:
    """Every Python file under the folders."""
    found = sorted(file for folder in folders for file in (root / folder).rglob("*.py"))
    return [Source(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")) for file in found]


def room_of(name: str) -> str | None:
    """The room a dotted name lies in; None where it is none of ours."""
    first, _, rest = name.partition(".")
    if first == "store":
        return next((plain for plain in PLAIN if f"{name}.".startswith(f"{plain}.")), "store")
    return (rest.partition(".")[0] or "bot") if first == "bot" else None


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, wherever in the file; `from a import b` is `a.b`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            within = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{within}.{alias.name}") for alias in node.names)


def import_faults(source: Source) -> Iterator[str]:
    """Imports against the direction of the house."""
    own = "store" if source.module.partition(".")[0] == "store" else source.room
    if own not in ROOMS and source.module != "bot":
        yield f"{source.path}: a room without a rule; say in tests/house.py what it may import"
        return
    for line, name in imported(source):
        if name.startswith("."):
            yield f"{source.path}:{line}: a relative import hides where it leads"
        elif not (_ours_allowed(own, name) and _library_allowed({own, source.module}, name)):
            yield f"{source.path}:{line}: {own} may not import {name}"
    if own in TYPES_ONLY:
        yield from _used_beyond_types(source, TYPES_ONLY[own])
    for call in _calls(source.tree):
        if _called(call) in ("__import__", "import_module"):
            yield f"{source.path}:{call.lineno}: an import that cannot be seen"


def _ours_allowed(own: str, name: str) -> bool:
    room = room_of(name)
    if room == "bot":
        return True  # the package itself holds nothing
    if room is None or room == own or (own == "store" and room in PLAIN and name.startswith("store.")):
        return True
    if room == "sandbox":
        return False
    allowed = ROOMS.get(own, frozenset())
    if allowed == EVERYTHING or room in allowed or ("store" in allowed and name.startswith("store")):
        return True
    return any(f"{name}.".startswith(f"{module}.") for module in allowed if "." in module)


def _library_allowed(own: set[str], name: str) -> bool:
    fitting = [library for library in LIBRARIES if f"{name}.".startswith(f"{library}.")]
    return not fitting or bool(own & LIBRARIES[max(fitting, key=len)])


def _used_beyond_types(source: Source, library: str) -> Iterator[str]:
    typed: set[ast.AST] = set()
    for node in ast.walk(source.tree):
        for field in ("annotation", "returns"):
            if annotation := getattr(node, field, None):
                typed.update(ast.walk(annotation))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == library and node not in typed:
            yield f"{source.path}:{node.lineno}: {source.room} may name {library} as a type only"


def shape_faults(source: Source) -> Iterator[str]:
    """Files and functions too long, names that say nothing, checks switched off."""
    lines = source.text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{source.path}: {lines} lines; a room has at most {LONGEST_FILE}"
    if FORBIDDEN_NAMES & set(re.split(r"[/_.]", source.path)):
        yield f"{source.path}: a name that does not say what belongs there"
    if source.text and not ast.get_docstring(source.tree):
        yield f"{source.path}: the first line must say what belongs here"
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION and not source.path.startswith(STEPS):
                yield f"{source.path}:{node.lineno}: {node.name} has {length} lines"
    yield from ignored_types(source)


def ignored_types(source: Source) -> Iterator[str]:
    """Comments that switch the type checker off."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and re.search(r"type:\s*ignore|mypy:\s*ignore", token.string):
            yield f"{source.path}:{token.start[0]}: {token.string}"


def broad_excepts(source: Source) -> Iterator[str]:
    """Handlers that swallow whatever comes."""
    for node in ast.walk(source.tree):
        caught: list[ast.expr | None] = []
        if isinstance(node, ast.ExceptHandler):
            caught = list(node.type.elts) if isinstance(node.type, ast.Tuple) else [node.type]
        elif isinstance(node, ast.Call) and _called(node) == "suppress":
            caught = list(node.args)
        for kind in caught:
            if kind is None or _last_name(kind) in ("Exception", "BaseException"):
                yield f"{source.path}:{getattr(node, 'lineno', 0)}: catches everything"


_REWRITES = re.compile(
    r"\b(?:UPDATE|DELETE\s+FROM|DROP\s+TABLE|REPLACE\s+INTO|TRUNCATE(?:\s+TABLE)?)"
    r"(?:\s+(?:IF\s+EXISTS|ONLY|OR\s+\w+))*\s+\W?audit_log",
    re.IGNORECASE,
)


def rewritten_records(source: Source) -> Iterator[str]:
    """Anything that would change or remove a row of the audit log."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            on = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            about = {_last_name(part) for part in [*on, *node.args[:1]]}
            if "audit_log" in about and _called(node) in ("update", "delete", "drop", "drop_table", "upsert"):
                yield f"{source.path}:{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _REWRITES.search(node.value):
            yield f"{source.path}:{node.lineno}: {node.value!r}"


# What reads, writes, connects, or builds something that does.
_DOES_IO = re.compile(
    "open|print|input|exit|connect|create_engine|create_connection|getenv|run|Popen|system|sleep|urlopen|mkdir"
    "|(?:read|write)_(?:text|bytes)|exists|is_file|is_dir|iterdir|glob|stat|unlink|listdir|gethostname|load"
    "|AsyncClient|Client|ClientSession|AsyncApp|App|AsyncWebClient|WebClient|Database|Hold|configure|basicConfig"
)


def import_time_io(source: Source) -> Iterator[str]:
    """Calls that touch the world while the module is being imported."""
    for node in _at_import(source.tree):
        if isinstance(node, ast.Call) and _DOES_IO.fullmatch(_called(node) or ""):
            yield f"{source.path}:{node.lineno}: {ast.unparse(node)[:60]} at import"
        elif isinstance(node, ast.Attribute) and node.attr == "environ":
            yield f"{source.path}:{node.lineno}: {ast.unparse(node)} at import"


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that runs when the module is imported: not the bodies of functions, nor a main program."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "__name__" in ast.unparse(child.test):
            continue
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            outside = [*getattr(child, "decorator_list", ()), *child.args.defaults, *child.args.kw_defaults]
            for part in filter(None, outside):
                yield part
                yield from _at_import(part)
            continue
        yield child
        yield from _at_import(child)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str | None:
    return _last_name(call.func)


def _last_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
