"""The deployed convs: found by id, alias or title, compiled when first used.

A snapshot of the registry, safe for many threads: it never changes but for what it compiles when that is first used.
A newer one is built by `Convs.renewed` or `Convs.moved`, which keep the programs that did not change.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

import msgspec
from pydantic import ValidationError

from .config import Settings
from .data import check_name, kind_of
from .database import Instance, read_instance
from .definition import Archive, Definition
from .errors import DefinitionError, LogicError, NotFound, UnknownConv, UnknownNode
from .fields import duration_ms, size_bytes
from .http import Egress, Endpoint, read_allowed
from .load.document import from_document
from .logic import Target
from .program import Program, Step
from .store.call import UNREADABLE, Partition
from .store.records import LANE_ALONE, LANE_RUN, CallLimit, QueueLimit
from .store.registry import Catalogue, ConvRecord, partition_in
from .variables import Variable, environment_name, resolve_variables


class Kept(NamedTuple):
    """What one end node keeps of its ended tasks, in one partition; `size_bytes` 0: of any size together."""

    age_ms: int
    tasks: int
    size_bytes: int


class Convs:
    """One version of what is deployed. `environment` gives variables that win over deployed values.

    `settings` (default: the defaults) are what the logics of its programs may and may not. `closed` tells the engine's
    own servers, as they are known at the moment: no call reaches them.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        environment: Mapping[str, str] | None = None,
        settings: Settings | None = None,
        closed: Callable[[], frozenset[Endpoint]] = frozenset,
    ) -> None:
        self.version = catalogue.version
        self.records: dict[int, ConvRecord] = dict(catalogue.convs)
        self.owners, self.moves = catalogue.owners, catalogue.moves
        self.unreadable = catalogue.unreadable
        self._environment = os.environ if environment is None else environment
        self._settings = settings
        self._allowed = read_allowed("" if settings is None else settings.egress_allow)
        self._closed = closed
        self._programs: dict[int, Program] = {}
        self._targets: dict[int, Target] = {}
        self._refusals: dict[tuple[str, int, int], str] = {}
        self._call_limits: dict[tuple[Partition, str], tuple[CallLimit, ...]] = {}
        self.by_alias: dict[str, int] = {}
        self.by_title: dict[str, list[int]] = {}
        for record in self.records.values():
            for alias in record.aliases:
                self.by_alias[alias] = record.conv_id
            self.by_title.setdefault(record.title, []).append(record.conv_id)
        self.instances = catalogue.instances
        self._deployed_variables = catalogue.variables
        self.variables: dict[str, Variable] = resolve_variables(catalogue.variables, self._environment)
        self.secret_variables = {
            name: variable.value
            for name, variable in self.variables.items()
            if variable.secret and isinstance(variable.value, str) and variable.value
        }

    def variable(self, name: str) -> tuple[Any, bool]:
        """A variable's value and whether it is secret. Raises NotFound."""
        variable = self.variables.get(name)
        if variable is None or variable.value is None:
            raise NotFound(f"variable {name} has no value; set {environment_name(name)} or add it to variables.yaml")
        return variable.value, variable.secret

    def instance(self, name: str) -> Instance:
        """As engine.logic.Site. Raises LogicError `db_call_unknown_instance` with the nearest name."""
        if name not in self.instances and name.isdecimal():
            name = next((key for key, entry in self.instances.items() if str(entry.get("id")) == name), name)
        if name not in self.instances:
            near = get_close_matches(name, self.instances, 1, 0.6)
            hint = f'did you mean "{near[0]}"?' if near else "they stand in processes/instances.yaml"
            raise LogicError("db_call_unknown_instance", f'no database instance "{name}" is deployed; {hint}')
        return read_instance(name, self.instances[name], self.variable)

    @property
    def egress(self) -> Egress:
        """As engine.logic.Site."""
        return Egress(self._allowed, self._closed())

    def renewed(self, catalogue: Catalogue) -> Convs:
        """The same for a newer catalogue; unchanged convs keep their programs.

        Of those that cannot be read what was read before holds.
        """
        known = {conv_id: self.records[conv_id] for conv_id in catalogue.unreadable if conv_id in self.records}
        return self._with_programs(catalogue._replace(convs={**catalogue.convs, **known}))

    def moved(self, catalogue: Catalogue) -> Convs:
        """The same with where tasks are now; what is deployed stays as it is here."""
        return self._with_programs(
            Catalogue(
                self.version,
                self.records,
                self._deployed_variables,
                catalogue.moves,
                catalogue.owners,
                self.instances,
                self.unreadable,
            )
        )

    def _with_programs(self, catalogue: Catalogue) -> Convs:
        new = Convs(catalogue, self._environment, self._settings)
        for conv_id, program in self._programs.items():
            record = new.records.get(conv_id)
            if record is not None and record.text_hash == program.version:
                new._programs[conv_id] = program
        return new

    def find(self, conv: Any) -> ConvRecord:
        """The conv named by an id (number or digits), `@alias` or title.

        Raises UnknownConv, with the nearest names or, for a title that several have, their ids.
        """
        if isinstance(conv, int) and conv.bit_length() > 64:  # str() refuses one of thousands of digits
            raise UnknownConv("no process or state diagram has an id of so many digits")
        if type(conv) not in (str, int):
            raise UnknownConv(f"a conv is named by its id, @alias or title, not by {kind_of(conv)}")
        text = str(conv).strip()
        if text.isascii() and text.isdigit() and len(text) < 20:
            record = self.records.get(int(text))
            if record is not None:
                return record
        elif text.startswith("@") and text[1:] in self.by_alias:
            return self.records[self.by_alias[text[1:]]]
        ids = self.by_title.get(text, [])
        if len(ids) == 1:
            return self.records[ids[0]]
        if ids:
            raise UnknownConv(f'"{text}" is the title of several: {", ".join(map(str, sorted(ids)))}; use the id')
        raise UnknownConv(self._unknown(text))

    def _unknown(self, text: str) -> str:
        if text in map(str, self.unreadable):
            why = self.unreadable[int(text)]
            return f"what the registry says of conv {text} cannot be read: {why}; restore it from a backup"
        if not self.records:
            return f'no process or state diagram "{text}": nothing is deployed; run conv deploy first'
        names = [*self.by_title, *("@" + alias for alias in self.by_alias), *map(str, self.records)]
        near = get_close_matches(text, names, 1, 0.6)
        hint = f'did you mean "{near[0]}"?' if near else "conv list shows what is deployed"
        return f'no process or state diagram "{text}"; {hint}'

    def program(self, conv_id: int) -> Program:
        """The compiled definition. Raises UnknownConv, and DefinitionError when the deployed one cannot be read."""
        program = self._programs.get(conv_id)
        if program is None:
            record = self.records.get(conv_id)
            if record is None:
                raise UnknownConv(self._unknown(str(conv_id)))
            program = compiled(record, self._settings)
            self._programs[conv_id] = program
        return program

    def node_id(self, record: ConvRecord, node: str) -> str:
        """The store's id of a node, by its name. Raises UnknownNode with the nearest name."""
        check_name(node, "the name of a node")
        node_id = record.node_ids.get(node)
        if node_id is None:
            near = get_close_matches(node, record.node_ids, 1, 0.6)
            hint = f'did you mean "{near[0]}"?' if near else "its nodes: " + ", ".join(record.node_ids)
            raise UnknownNode(f'"{record.title}" has no node "{node}"; {hint}')
        return node_id

    def partition(self, conv_id: int, ref_or_id: str) -> Partition:
        """Where a task lives. Raises UnknownConv."""
        record = self.records.get(conv_id)
        if record is None:
            raise UnknownConv(self._unknown(str(conv_id)))
        return partition_in(record, self.owners.get(conv_id), ref_or_id)

    def partitions(self, conv_id: int) -> list[Partition]:
        return [Partition(conv_id, number) for number in range(self.count(conv_id))]

    def count(self, conv_id: int) -> int:
        """How many partitions may hold tasks of a conv."""
        owners = self.owners.get(conv_id)
        return self.records[conv_id].partitions if owners is None else owners.partitions

    def call_limits(self, partition: Partition, step: Step) -> tuple[CallLimit, ...]:
        """What an outside call of this node keeps there: the node's limits, then those of the whole conv.

        Each partition keeps its share: with three of them `max_threads: 5` is 2, 2 and 1 (deploy sees to it that
        none is 0), and a rate is a third of the rate.
        """
        key = (partition, step.id)
        limits = self._call_limits.get(key)
        if limits is None:
            program, partitions = self.program(partition.conv_id), self.count(partition.conv_id)
            whole = program.definition
            outside = tuple(other.id for other in program.by_id.values() if other.max_threads)

            def share(at_once: int) -> int:
                return max(1, (at_once + partitions - 1 - partition.number) // partitions) if at_once else 0

            found = [CallLimit(step.id, share(step.max_threads), step.interval_us * partitions, (step.id,))]
            if whole.max_threads or whole.rate:
                found.append(CallLimit("*", share(whole.max_threads or 0), (whole.rate or 0) * partitions, outside))
            limits = self._call_limits[key] = tuple(found)
        return limits

    def queue_limit(self, conv_id: int) -> QueueLimit | None:
        """How many tasks may wait for a worker in each partition of a conv; None: any number."""
        program = self.program(conv_id)
        limit = program.definition.queue_limit
        if limit is None:
            return None
        lanes = (LANE_RUN, LANE_ALONE, *(step.id for step in program.by_id.values() if step.max_threads))
        return QueueLimit(-(-limit // self.count(conv_id)), lanes)

    def kept(self, partition: Partition) -> Kept:
        """What each end node keeps there: its share of what the definition says, or the settings."""
        program, partitions = self.program(partition.conv_id), self.count(partition.conv_id)
        whole = kept_of(program.definition, program.settings)
        return Kept(whole.age_ms, -(-whole.tasks // partitions), -(-whole.size_bytes // partitions))

    def refusal(self, word: Literal["readers", "callers"], conv_id: int, other_id: int) -> str:
        """Why the conv `other_id` may not read, or call, the conv `conv_id`: its `access`; "" when it may.

        Raises DefinitionError where the definition of `conv_id` cannot be read here: it may say anything.
        """
        key = (word, conv_id, other_id)
        refusal = self._refusals.get(key)
        if refusal is None:
            access = self.program(conv_id).definition.access if conv_id != other_id else None
            other = self.records.get(other_id)
            aliases, folder = (other.aliases, other.folder) if other is not None else ([], "")
            refusal = ""
            if access is not None and not access.lets(word, other_id, aliases, folder):
                named = f'"{other.title}" ({other_id})' if other is not None else str(other_id)
                refusal = f'{named} is not among the {word} of "{self.records[conv_id].title}" ({conv_id})'
            self._refusals[key] = refusal
        return refusal

    def target(self, conv: Any) -> Target:
        """A conv as a sender needs it. Raises LogicError `not_found_main_node` when it was never deployed."""
        try:
            record = self.find(conv)
            target = self._targets.get(record.conv_id)
            if target is None:
                program = self.program(record.conv_id)
        except (UnknownConv, DefinitionError) as error:
            raise LogicError("not_found_main_node", error.message) from error
        if target is None:
            target = self._targets[record.conv_id] = Target(
                record.conv_id,
                record.title,
                record.kind,
                record.status in ("active", "debug"),
                program.definition.params,
                program.secrets,
                frozenset(
                    name
                    for name, node in program.definition.nodes.items()
                    if any(action.is_queue for action in node.all_actions)
                ),
            )
        return target


def kept_of(definition: Definition, settings: Settings) -> Kept:
    """What an end node keeps, in all partitions together."""
    said = definition.archive or Archive()
    age_ms = settings.archive_age_ms if said.age is None else int(duration_ms(said.age))
    return Kept(age_ms, said.at_most or settings.archive_count, 0 if said.size is None else size_bytes(said.size))


def definition_of(record: ConvRecord) -> Definition:
    """The deployed definition. Raises DefinitionError when it cannot be read."""
    try:
        return from_document(msgspec.json.decode(record.document))
    except (*UNREADABLE, RecursionError) as error:
        raise _unreadable(record, error) from error


def compiled(record: ConvRecord, settings: Settings | None) -> Program:
    """The deployed definition, ready to run. Raises DefinitionError when it cannot be read."""
    definition = definition_of(record)
    try:
        return Program(definition, record.node_ids, record.text_hash, settings)
    except (*UNREADABLE, DefinitionError) as error:
        raise _unreadable(record, error) from error


def _unreadable(record: ConvRecord, error: Exception) -> DefinitionError:
    return DefinitionError(
        f'the deployed definition of "{record.title}" ({record.conv_id}) cannot be read here: {_reason(error)}; upgrade'
        " this conv to the version that deployed it, or deploy it again from here"
    )


def _reason(error: Exception) -> str:
    """What is wrong in a line, without the values that stand there."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    found = error.errors(include_url=False, include_context=False, include_input=False)
    reasons = [
        f'it does not know "{place}"' if one["type"] == "extra_forbidden" else f"{place}: {one['msg']}"
        for one in found[:3]
        for place in [".".join(map(str, one["loc"]))]
    ]
    return ", ".join([*reasons, *(["and more"] if len(found) > 3 else [])])
