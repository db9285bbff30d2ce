"""What surrounds a script in its context, as JavaScript: how data goes in and comes out, and what is said of a failure.

It runs within the script's limits: getters, `toString` and `toJSON` are the script's code. To compile it takes longer
than most scripts run, so there is only what this script needs.
"""

from __future__ import annotations

from pathlib import Path

LARGEST = 64_000_000  # bytes of a result
LONGEST = 2_000  # characters of what is said of something thrown

# Steps, by name. `read` takes the data and gives it as JavaScript writes it; `guard` takes guard.js and the names of
# secret parameters; `run` takes the script; `write` gives the data as JSON, or false when they are no ordinary ones;
# `ask` gives what a function makes of the state. One that fails gives what was thrown. All that is used is taken before
# the script runs, which may change any of it for itself.
HOST = """
(function () {
  const global = globalThis, parse = JSON.parse, stringify = JSON.stringify, evaluate = eval;
  const { isArray } = Array, { getPrototypeOf, prototype } = Object, state = {};
  return function __host(step, text, root) {
    try {
      if (step === 'run') state.last = evaluate(text);
      else if (step === 'read') {
        const data = global.data = parse(text);
        delete data.__root; // a parameter of this name is covered, and stays as it is
        const before = stringify(data);
        data.__root = parse(root);
        return before;
      } else if (step === 'guard') state.guard = text(global.data, parse(root), () => global.data);
      else if (step === 'write') {
        const data = state.data = global.data;
        if (data !== null && typeof data === 'object' && !isArray(data)) {
          if (getPrototypeOf(data) !== prototype) return false;
          if (state.guard) return state.guard.text(data);
        }
        return delete data.__root && stringify(data);
      } else if (text) return text(state);
    } catch (error) { state.thrown = { error }; }
    return state.thrown;
  };
})()
"""

GUARD = (Path(__file__).parent / "guard.js").read_text("utf-8")
UNREAD = "((state) => state.guard.unread())"

# For data that are out of the ordinary: of a class of their own, or frozen. A space and the class's name: refused.
UNUSUAL = """
((state) => {
  const { data, guard } = state, kind = (PLAIN)(data);
  if (kind) return ' ' + kind;
  if (guard) return guard.text(data);
  if (delete data.__root) return JSON.stringify(data);
  const copy = { ...data };
  delete copy.__root;
  return JSON.stringify(copy);
})
""".replace("PLAIN", (Path(__file__).parent / "plain.js").read_text("utf-8"))

REQUIRE = """
globalThis.require = (function (known) {
  return function (name) {
    if (!known.includes(name)) throw new Error('there is no library ' + name);
  };
})(%s);
"""

CONSOLE = """
(function (nothing) {
  globalThis.console = {
    assert: nothing, count: nothing, countReset: nothing, debug: nothing, dir: nothing, dirxml: nothing, error: nothing,
    group: nothing, groupCollapsed: nothing, groupEnd: nothing, info: nothing, log: nothing, table: nothing,
    time: nothing, timeEnd: nothing, timeLog: nothing, trace: nothing, warn: nothing, clear: nothing,
  };
})(function () {})
"""

# For scripts with promises: each that fails without anybody to wait for it fails the script. See promises.js.
WATCH = (Path(__file__).parent / "promises.js").read_text("utf-8")

# After the script, which may have spoiled what this uses: it tells less then.
TELL = """
(function (state) {
  const thrown = state.thrown.error, { data } = state;

  function plain() {
    if (thrown === null || thrown === undefined) return 'the script threw ' + thrown;
    let said = '';
    try {
      said = String(thrown);
      if (typeof thrown !== 'object' || !said.startsWith('[object ')) return said;
    } catch { /* it cannot be a text */ }
    try {
      const json = JSON.stringify(thrown);
      return json === undefined || json === '{}' ? said : json;
    } catch { return said; }
  }

  // Where it was thrown, without the frames that are not the script's.
  function place() {
    try {
      const { stack } = thrown;
      return typeof stack === 'string' && stack ? '\\n' + stack.split(/    at (?:eval .native|__host )/)[0] : '';
    } catch { return ''; }
  }

  // Which parameter cannot be written, for the author to find it.
  function culprit() {
    try {
      for (const name of Object.keys(data)) {
        try { JSON.stringify(data[name]); } catch { return 'data.' + name.slice(0, LONGEST) + ': '; }
      }
    } catch { /* it has no names to ask for */ }
    return '';
  }

  if (data === null || 'data' in state && data === undefined) return 'data is not an object';
  const said = (plain() || 'an error without a text').slice(0, LONGEST) + place().slice(0, LONGEST);
  // A character of number 0 would end the text.
  return (data === undefined ? said : culprit() + said).toWellFormed().replaceAll('\\0', '\\ufffd');
})
""".replace("LONGEST", str(LONGEST))
