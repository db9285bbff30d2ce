// The class of a value that a program gives in place of its data; '' when it is as good as a plain object. What has a
// toJSON says itself what it is. This file is one function, for QuickJS and for node; the value may be of another realm.
(function (value) {
  const { getPrototypeOf, prototype } = Object;
  const parent = getPrototypeOf(value);
  if (parent === null || getPrototypeOf(parent) === null || typeof value.toJSON === 'function') return '';
  const { constructor } = value;
  const tag = prototype.toString.call(value).slice(8, -1);
  if (tag === 'Object' && constructor === Object) return '';
  const name = tag === 'Object' && typeof constructor === 'function' ? constructor.name : tag;
  return String(name || 'Object').slice(0, 100).toWellFormed();
})
