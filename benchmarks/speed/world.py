"""The migration that a generated tree is about: its plan, and the modules that it names."""

from __future__ import annotations

OLD = "depot.app.agents.supervisor.dispatch_engine"
OLD_TOO = "depot.app.agents.dispatch_engine_consolidated"
NEW = "depot.app.agents.supervisor.user_dispatch_engine"
CONTEXT = "depot.app.services.user_dispatch_context"
OLD_NAME, NEW_NAME, CALLEE = "DispatchEngine", "UserDispatchEngine", "UserDispatchContext"
FACTORY, CREATE = "DispatchEngineFactory", "create_scoped_engine"
ALIAS, CALLEE_ALIAS = "PlannedDispatcher", "CallerContext"
RENAMED, KEYWORD, ADDED = "metadata", "agent_context", "audit_metadata"

OWN_WORDS = ("depot", "dispatch_engine", OLD_NAME, CALLEE, FACTORY, CREATE, ALIAS, CALLEE_ALIAS)
"""What no other text of a generated tree may hold."""

MOVED = frozenset({f"{OLD}.{OLD_NAME}", f"{OLD_TOO}.{OLD_NAME}", f"{NEW}.{NEW_NAME}"})
CALLED = frozenset({f"{CONTEXT}.{CALLEE}"})

PLAN = f"""\
[plan]
name = "speed"
budget_minutes = 50

[phase1]
minutes = 10
[[phase1.redirect]]
module = "{OLD}"
docstring = "DEPRECATED: use {NEW_NAME}."
exports = ["{NEW}:{NEW_NAME} as {OLD_NAME}", "{NEW}:{FACTORY}", "{NEW}:{CREATE}"]

[phase2]
minutes = 10
[[phase2.redirect]]
module = "{OLD_TOO}"
docstring = "DEPRECATED: use {NEW_NAME}."
exports = ["{NEW}:{NEW_NAME} as {OLD_NAME}"]

[phase3]
minutes = 10
[[phase3.move]]
old = "{OLD}:{OLD_NAME}"
new = "{NEW}:{NEW_NAME}"
[[phase3.move]]
old = "{OLD_TOO}:{OLD_NAME}"
new = "{NEW}:{NEW_NAME}"

[phase4]
minutes = 10
[[phase4.call]]
callee = "{CONTEXT}:{CALLEE}"
rename = {{ {RENAMED} = "{KEYWORD}" }}
add = {{ {ADDED} = "{{}}" }}

[phase5]
minutes = 10
"""

_ENGINES = '''\
"""Runs what was planned."""


class {engine}:
    """One engine."""

    def __init__(self, context=None):
        self.context = context


class {factory}:
    """Makes engines."""

    def make(self, context):
        return {engine}(context)


def {create}(context):
    return {engine}(context)
'''

_CONTEXT = f'''\
"""For whom something runs."""


class {CALLEE}:
    """A request of one user."""

    def __init__(self, user_id, thread_id, run_id, request_id=None, {KEYWORD}=None, {ADDED}=None):
        self.ids = (user_id, thread_id, run_id, request_id)
        self.{KEYWORD} = {KEYWORD}
        self.{ADDED} = {ADDED}

    @classmethod
    def from_request(cls, user_id, thread_id, run_id, {RENAMED}=None):
        return cls(user_id, thread_id, run_id, {KEYWORD}={RENAMED}, {ADDED}={{}})
'''


def path_of(module: str) -> str:
    """The file of a module."""
    return f"{module.replace('.', '/')}.py"


def homes() -> dict[str, str]:
    """The modules that the plan names, and their packages: path to text."""
    engines = {OLD: OLD_NAME, OLD_TOO: OLD_NAME, NEW: NEW_NAME}
    files = {
        path_of(module): _ENGINES.format(engine=engine, factory=FACTORY, create=CREATE)
        for module, engine in engines.items()
    }
    files[path_of(CONTEXT)] = _CONTEXT
    packages = {module.rsplit(".", up)[0] for module in (*engines, CONTEXT) for up in range(1, module.count(".") + 1)}
    return files | {f"{package.replace('.', '/')}/__init__.py": "" for package in packages}
