// The process of a JavaScript handler; process.py starts it, nobody else. CommonJS and ES modules.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');
const { pathToFileURL } = require('url');

// Taken before the handler is loaded, which may change them.
const parse = JSON.parse, stringify = JSON.stringify, isArray = Array.isArray, exit = process.reallyExit.bind(process);
const write = fs.writeSync, toBuffer = Buffer.from, { String } = globalThis;
const LONGEST = 2000; // characters of what is said of an error
const answers = Number(process.argv[process.argv.length - 1]);

function say(answer) {
  const line = toBuffer(stringify({ jsonrpc: '2.0', id: 1, ...answer }) + '\n');
  for (let at = 0; at < line.length;) at += write(answers, line, at);
  exit(0); // no timer and no exit function of the handler goes on
}

function said(error) {
  if (error === null || error === undefined) return `the handler threw ${error}`;
  let text = '';
  try {
    text = String(error);
    if (typeof error !== 'object' || !text.startsWith('[object ')) return text;
  } catch { /* it is the handler's class */ }
  try {
    const json = stringify(error);
    return json === undefined || json === '{}' ? text : json;
  } catch { return text; }
}

function fail(error) {
  say({ error: { code: -32000, message: said(error).slice(0, LONGEST), data: guard === null ? '' : guard.unread() } });
}

async function load({ file, source }) {
  if (file) return import(pathToFileURL(file).href);
  const module = new Module(path.join('/', 'usercode.js'));
  module.paths = [];
  module._compile(source, 'usercode.js');
  return { default: module.exports };
}

function chosen(loaded, name) {
  const exported = loaded.default;
  const handler = name ? (exported?.[name] ?? loaded[name]) : exported ?? loaded.handle;
  if (typeof handler === 'function') return handler;
  throw new TypeError(name ? `the handler's file exports no function ${name}` : 'module.exports is not a function');
}

let guard = null;

async function main(params) {
  const data = params.data;
  const before = stringify(data);
  if (params.secrets?.length) {
    const file = path.join(__dirname, '..', 'javascript', 'guard.js');
    guard = vm.runInThisContext(fs.readFileSync(file, 'utf8'))(data, params.secrets, () => data);
  }
  const handler = chosen(await load(params), params.handler);
  const returned = await handler(data);
  const result = returned === undefined || returned === null ? data : returned;
  if (typeof result !== 'object' || isArray(result)) {
    throw new TypeError(`the handler returned ${isArray(result) ? 'an array' : 'a ' + typeof result}, not an object`);
  }
  if (guard === null) return say({ result: { before: parse(before), data: result } });
  const text = guard.text(result);
  say({ result: { before: parse(before), data: parse(text), unread: guard.unread() } });
}

let text = '', started = false;
process.on('uncaughtException', fail);
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  if (started) return;
  text += chunk;
  if (!text.endsWith('\n')) return;
  started = true;
  main(parse(text).params).catch(fail);
});
// The one who asked is gone: nobody waits for an answer.
process.stdin.on('end', () => exit(1));
