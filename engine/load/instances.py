"""The file of database instances: NAME: {url} or NAME: {driver, host, database, …}. Source: ours; reference 3.13."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ..database import InstanceEntry
from ..errors import TemplateSyntaxError
from ..template import compile_text
from .draft import Draft, Mention
from .problems import quoted, shown
from .source import Source
from .tree import Entry, Leaf, Map, Part
from .values import describe, read_model

FILE = "instances.yaml"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,126}")
_ADVICE = "the password stands in a file; name a secret variable instead: {{env_var[@NAME]}}"


def read_instances(source: Source, root: Part | None) -> tuple[Draft, dict[str, Any]]:
    """The instances by name as plain JSON, without defaults; and a draft with the problems and the variables named."""
    draft = Draft(source)
    if root is None or (isinstance(root, Leaf) and root.is_null):
        return draft, {}
    if not isinstance(root, Map):
        draft.problem(root, f"database instances are a map of name → {{url: …}}, not {describe(root)}")
        return draft, {}
    draft.body = root
    made: dict[str, Any] = {}
    ids: dict[int, str] = {}
    for entry in root.entries:
        name = entry.key.text
        if not _NAME.fullmatch(name):
            message = f"the name of a database instance has letters, digits, _ and -, not {quoted(name)}"
            draft.problem(entry.key, message)
        model = _instance(draft, entry)
        if model is None:
            continue
        if model.id is not None and model.id in ids:
            part = entry.value.get("id") if isinstance(entry.value, Map) else None
            draft.problem(part, f'id {model.id} is taken by the instance "{shown(ids[model.id])}"')
        ids.setdefault(model.id or 0, name)
        made[name] = model.model_dump(exclude_defaults=True)
    return draft, made


def _instance(draft: Draft, entry: Entry) -> InstanceEntry | None:
    what = f"database instance {quoted(entry.key.text)}"
    body = entry.value
    model = read_model(draft, InstanceEntry, body, entry.key, what, readings=False)
    if model is None or not isinstance(body, Map):
        return None
    is_fine = True
    for key in model.texts:
        part = body.get(key)
        if isinstance(part, Leaf):
            is_fine = _check_text(draft, key, part) and is_fine
    password = body.get("password")
    if model.password and not _names_something(model.password):
        draft.problem(password, _ADVICE, warning=True)
    elif model.url and _has_password(model.url):
        draft.problem(body.get("url"), _ADVICE, warning=True)
    return model if is_fine else None


def _check_text(draft: Draft, key: str, leaf: Leaf) -> bool:
    """Whether the text parses and names nothing but variables; those are noted."""
    try:
        template = compile_text(leaf.text)
    except TemplateSyntaxError as error:
        draft.problem(leaf, shown(error.message, 300), position=error.position)
        return False
    is_fine = True
    for reference in template.references:
        if reference.kind != "variable":
            message = "a database instance names variables only: {{env_var[@NAME]}}"
            draft.problem(leaf, message, position=reference.position)
            is_fine = False
        elif reference.name is not None:
            draft.mentions.append(Mention("variable", None, reference.name, leaf, reference.position, action=key))
    return is_fine


def check_secret(draft: Draft, mention: Mention, variables: Mapping[str, Any]) -> None:
    """Tell of a password that comes from a variable which is shown to everybody."""
    variable = variables.get(mention.name)
    if mention.action == "password" and variable is not None and not variable["secret"]:
        message = f'the variable {quoted(mention.name)} is a password; give it "secret: true"'
        draft.problem(mention.leaf, message, position=mention.position, warning=True)


def _names_something(text: str) -> bool:
    return "{{" in text or "<<" in text


def _has_password(url: str) -> bool:
    """Whether a URL has a password that is written out."""
    try:
        password = urlsplit(re.sub(r"\{\{.*?\}\}|<<.*?>>", "", url)).password
    except ValueError:
        return False
    return bool(password)
