// Promises that fail and that nobody waits for. This file is one function; it gives one to be called twice: when the
// script has run, and when all that it left to run later has run. What an async function gives is known only once
// somebody has asked for it, or when the script ends with it: QuickJS tells us of no other.
(function () {
  'use strict';
  const Native = Promise, { prototype } = Native;
  const { construct, ownKeys } = Reflect, { defineProperty, getOwnPropertyDescriptor } = Object;
  const bound = (method) => Function.prototype.call.bind(method);
  const then = bound(prototype.then), push = bound(Array.prototype.push);
  const waited = new WeakSet(), add = bound(WeakSet.prototype.add), has = bound(WeakSet.prototype.has);
  const failed = [], nothing = () => {};
  let inside = false, begun = false;

  function watch(promise) {
    inside = true; // the promise that `then` gives is ours
    try {
      then(promise, nothing, (error) => { push(failed, { promise, error }); });
    } finally { inside = false; }
  }

  // In place of Promise, so that `await` too, as it finds another one than its own, asks `then`.
  function Watched(executor) {
    if (new.target === undefined) return Native(executor); // throws what it should
    const promise = construct(Native, [executor], new.target);
    if (!inside) watch(promise);
    return promise;
  }
  for (const name of ownKeys(Native)) defineProperty(Watched, name, getOwnPropertyDescriptor(Native, name));
  defineProperty(prototype, 'constructor', { value: Watched, writable: true, configurable: true });
  defineProperty(globalThis, 'Promise', { value: Watched, writable: true, configurable: true });
  prototype.then = function (done, undone) {
    add(waited, this);
    return then(this, done, undone);
  };

  return function (state) {
    if (begun) {
      for (const { promise, error } of failed) {
        if (has(waited, promise)) continue;
        state.thrown = { error };
        return;
      }
      return;
    }
    begun = true;
    try {
      watch(state.last);
    } catch { /* it is no promise */ }
  };
})()
