// The process of a JavaScript handler; process.py starts it, nobody else. CommonJS and ES modules.
'use strict';

const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');
const { pathToFileURL } = require('url');

// Taken before the handler is loaded, which may change them.
const parse = JSON.parse, stringify = JSON.stringify, isArray = Array.isArray, exit = process.reallyExit.bind(process);
const write = fs.writeSync, toBuffer = Buffer.from, { String, setImmediate } = globalThis;
const print = process.stderr.write.bind(process.stderr);
const LONGEST = 2000; // characters of what is said of an error
const LONGEST_STACK = 4000;
const answers = Number(process.argv[process.argv.length - 1]);

function shared(name) {
  return vm.runInThisContext(fs.readFileSync(path.join(__dirname, '..', 'javascript', name), 'utf8'));
}

const kind = shared('plain.js');

// What is said, as JSON: `"result": …` or `"error": …`.
function say(answer) {
  const line = toBuffer(`{"jsonrpc":"2.0","id":1,${answer}}\n`);
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

// Where it was thrown, without the frames that are not the handler's, into the log.
function trace(error) {
  try {
    const { stack } = error;
    if (typeof stack !== 'string') return;
    const lines = stack.slice(0, LONGEST_STACK).replaceAll(/data:text\/javascript[^:)]*/g, 'usercode.mjs').split('\n');
    print(lines.filter((line) => !line.includes(__filename) && !line.includes('(node:internal/')).join('\n') + '\n');
  } catch { /* it has no place */ }
}

function fail(error) {
  trace(error);
  const message = said(error).slice(0, LONGEST), data = guard === null ? '' : guard.unread();
  say(`"error":${stringify({ code: -32000, message, data })}`);
}

function isModule(source) {
  try {
    vm.compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname']);
    return false;
  } catch (error) {
    return /\b(import|export|await|module)\b/.test(String(error));
  }
}

async function load({ file, source }) {
  if (file) return import(pathToFileURL(file).href);
  if (isModule(source)) return import('data:text/javascript,' + encodeURIComponent(source));
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
    guard = shared('guard.js')(data, params.secrets, () => data);
  }
  if (params.tells) write(answers, '{"jsonrpc":"2.0","method":"started"}\n');
  const handler = chosen(await load(params), params.handler);
  const returned = await handler(data);
  const result = returned === undefined || returned === null ? data : returned;
  if (typeof result !== 'object' || isArray(result)) {
    throw new TypeError(`the handler returned ${isArray(result) ? 'an array' : 'a ' + typeof result}, not an object`);
  }
  const name = kind(result);
  if (name) throw new TypeError(`the handler returned a value of class ${name}, not a plain object`);
  const text = guard === null ? stringify(result) : guard.text(result);
  if (typeof text !== 'string' || text[0] !== '{') throw new TypeError('what the handler returned is no object as JSON');
  await new Promise(setImmediate); // a promise that fails and that nobody waits for is known by then
  say(`"result":{"before":${before},"data":${text},"unread":${stringify(guard === null ? '' : guard.unread())}}`);
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
