"""What surrounds a script in its context: how data goes in and comes out, and what is said of something thrown.

`HOST` evaluates to a function of a step's name. `read` gives the data as JavaScript writes it, `run` and `failed` what
is said of a failure or null, `__write` the data as JSON or, after a `!`, why there is none. Everything that it uses is
taken before the script runs, which may change any of it for itself. It runs within the script's limits: getters,
`toString` and `toJSON` are the script's code.
"""

from __future__ import annotations

LARGEST = 64_000_000  # bytes of a result
LONGEST = 2_000  # characters of what is said of something thrown

HOST = """
(function () {
  const global = globalThis, parse = JSON.parse, stringify = JSON.stringify;
  const isArray = Array.isArray, keys = Object.keys, text = String, NOT_AN_OBJECT = '!data is not an object';
  // By another name than eval it does not see what is in here.
  const evaluate = eval;
  const bound = (method) => Function.prototype.call.bind(method);
  const slice = bound(String.prototype.slice), indexOf = bound(String.prototype.indexOf);
  const wellFormed = bound(String.prototype.toWellFormed), then = bound(Promise.prototype.then);
  const before = (said, frame) => indexOf(said, frame) < 0 ? said : slice(said, 0, indexOf(said, frame));
  // How frames of a stack begin that are not the script's.
  const EVALUATED = '    at eval (native)', WRITTEN = '    at __write (';
  const nothing = () => {};
  let failed = null;

  global.console = {};
  for (const name of ['assert', 'count', 'debug', 'dir', 'error', 'group', 'groupEnd', 'info', 'log', 'table', 'time',
                      'timeEnd', 'timeLog', 'trace', 'warn']) global.console[name] = nothing;

  // A promise that somebody waits for may fail.
  const handled = new WeakSet(), add = bound(WeakSet.prototype.add), has = bound(WeakSet.prototype.has);
  Promise.prototype.then = function (done, undone) {
    add(handled, this);
    return then(this, done, undone);
  };

  function plain(thrown) {
    let said = '';
    try {
      said = text(thrown);
      if (typeof thrown !== 'object' || indexOf(said, '[object ') !== 0) return said;
    } catch { /* it cannot be a text */ }
    try {
      const json = stringify(thrown);
      return json === undefined || json === '{}' ? said : json;
    } catch { return said; }
  }

  // Where it was thrown, without the frames of this function.
  function place(thrown) {
    try {
      const { stack } = thrown;
      return typeof stack === 'string' && stack !== '' ? '\\n' + before(before(stack, EVALUATED), WRITTEN) : '';
    } catch { return ''; }
  }

  function described(thrown) {
    if (thrown === null || thrown === undefined) return 'the script threw ' + thrown;
    const said = plain(thrown) || 'an error without a text';
    return wellFormed(slice(said, 0, LONGEST) + slice(place(thrown), 0, LONGEST));
  }

  // Which parameter cannot be written, for the author to find it.
  function culprit(data) {
    try {
      const names = keys(data);
      for (let at = 0; at < names.length; at++) {
        try { stringify(data[names[at]]); } catch { return 'data.' + slice(names[at], 0, LONGEST) + ': '; }
      }
    } catch { /* it has no names to ask for */ }
    return '';
  }

  const steps = {
    read(data, root) {
      const found = parse(data);
      delete found.__root; // a parameter of this name is covered, and stays as it is
      const written = stringify(found);
      found.__root = parse(root);
      global.data = found;
      return written;
    },
    run(source) {
      try {
        const last = evaluate(source);
        try {
          if (!has(handled, last)) then(last, nothing, (reason) => { failed = described(reason); });
        } catch { /* it is no promise */ }
        return null;
      } catch (thrown) { return described(thrown); }
    },
    failed: () => failed,
    __write() {
      let data;
      try {
        data = global.data;
        if (data === null || typeof data !== 'object' || isArray(data)) return NOT_AN_OBJECT;
        if (!delete data.__root) { // it is frozen
          data = { ...data };
          delete data.__root;
        }
        const after = stringify(data);
        return after !== undefined && after[0] === '{' ? after : NOT_AN_OBJECT;
      } catch (thrown) { return wellFormed('!' + culprit(data)) + described(thrown); }
    },
  };
  return (name, first, second) => steps[name](first, second);
})()
""".replace("LONGEST", str(LONGEST))
