"""What surrounds a script in its context, as JavaScript: how data goes in and comes out, and what is said of a failure.

It runs within the script's limits: getters, `toString` and `toJSON` are the script's code. To compile it takes longer
than most scripts run, so there is only what this script needs.
"""

from __future__ import annotations

from pathlib import Path

LARGEST = 64_000_000  # bytes of a result
LONGEST = 2_000  # characters of what is said of something thrown

# Steps, by name. `read` takes the data and gives it as JavaScript writes it; `guard` takes guard.js and the names of
# secret parameters; `run` takes the script; `write` gives the data as JSON, or false when it cannot be changed; `ask`
# gives what a function makes of the state. One that fails gives what was thrown. All that is used is taken before the
# script runs, which may change any of it for itself.
HOST = """
(function () {
  const global = globalThis, parse = JSON.parse, stringify = JSON.stringify, evaluate = eval;
  const { isArray } = Array, state = {};
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
        if (state.guard && data !== null && typeof data === 'object' && !isArray(data)) return state.guard.text(data);
        return delete data.__root && stringify(data);
      } else if (text) return text(state);
    } catch (error) { state.thrown = { error }; }
    return state.thrown;
  };
})()
"""

GUARD = (Path(__file__).parent / "guard.js").read_text("utf-8")
UNREAD = "((state) => state.guard.unread())"

COPY = """
((state) => {
  const data = { ...state.data };
  delete data.__root;
  return JSON.stringify(data);
})
"""

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

# For scripts with promises: the last value of a script may be one that fails, unless somebody waits for it.
WATCH = """
(function () {
  const bound = (method) => Function.prototype.call.bind(method);
  const waited = new WeakSet(), add = bound(WeakSet.prototype.add), has = bound(WeakSet.prototype.has);
  const then = bound(Promise.prototype.then), nothing = () => {};
  Promise.prototype.then = function (done, undone) {
    add(waited, this);
    return then(this, done, undone);
  };
  return function (state) {
    try {
      if (!has(waited, state.last)) then(state.last, nothing, (error) => { state.thrown = { error }; });
    } catch { /* it is no promise */ }
  };
})()
"""

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
  return (data === undefined ? said : culprit() + said).toWellFormed();
})
""".replace("LONGEST", str(LONGEST))
