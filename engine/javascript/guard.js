// Secret parameters are given to an author's script as getters, so that it is known whether the script has read one.
// This file is one function: of the data, the names of its secret parameters, and what gives the data as they are now.
(function () {
  'use strict';
  // Taken before the script runs, which may change them.
  const { stringify } = JSON;
  const { keys, defineProperty, getOwnPropertyDescriptor, hasOwn } = Object;
  const bound = (method) => Function.prototype.call.bind(method);
  const push = bound(Array.prototype.push), join = bound(Array.prototype.join);

  return function (data, names, current) {
    const values = Object.create(null), getters = Object.create(null);
    let unread = '', ended = false;

    // As JSON.stringify writes it, but a secret parameter that is still there is not read, or is `left` out.
    function written(now, left) {
      const parts = [];
      for (const name of keys(now)) {
        const property = getOwnPropertyDescriptor(now, name);
        const is_guarded = property.get !== undefined && property.get === getters[name];
        if (name === '__root' || (is_guarded && left)) continue;
        let one = '';
        try {
          one = stringify({ [name]: is_guarded ? values[name] : now[name] }).slice(1, -1);
        } catch (error) {
          if (!left) throw error;
        }
        if (one) push(parts, one);
      }
      // A text that is put together by + is a rope, which does not leave QuickJS.
      return join(['{', join(parts, ','), '}'], '');
    }

    function note() {
      if (unread) return;
      unread = '{}';
      if (ended) return; // what is read only now is read for what is being written
      try { unread = written(current(), true); } catch { /* there is no data to keep in mind */ }
    }

    for (const name of names) {
      if (name === '__root' || !hasOwn(data, name)) continue;
      values[name] = data[name];
      getters[name] = () => { note(); return values[name]; };
      defineProperty(data, name, {
        get: getters[name],
        set(value) {
          defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
        },
        enumerable: true,
        configurable: true,
      });
    }

    return {
      // What the script has made of the data, as JSON. What is read while it is written, by a toJSON, counts.
      text(now) {
        ended = true;
        return typeof now.toJSON === 'function' ? stringify(now) : written(now, false);
      },
      // The parameters as they were when it first read a secret one, without the secret ones, as JSON; '': it read none.
      unread: () => unread,
    };
  };
})()
