// Behaviour of a CloudFront viewer-request function: `node edge_function.mjs FILE`.
//
// Paths of an API have a behaviour and a function of their own (`edge_function.py` looks at the behaviours), so a
// function that rewrites never sees them.
//
// The code runs in an empty context, so `require`, `process`, timers and the network are not there, as in
// CloudFront. Its grammar is ES 5.1 and a list of later features; what is not on the list is looked for here.
// Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
// (read 2026-11-22).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const REQUEST_ID = "EdgeRequestId_0123456789-abcdefghijklmnopqrstuvwxyz==";
const TIMEOUT_MS = 1000;
const code = readFileSync(process.argv[2], "utf8");
// What stands in the id beside letters, digits, dots, dashes and underscores does not travel well in logs.
const EDGE_ID = REQUEST_ID.replaceAll("=", "");
const spa = code.includes("uri = '/index.html'");
const pages = code.includes("uri += '/index.html'");

test("uses only the language of cloudfront-js-2.0", () => {
  const words = withoutLiterals(code);
  for (const absent of ["import", "export", "require", "process", "class", "eval", "setTimeout", "fetch", "XMLHttpRequest", "globalThis"]) {
    assert.doesNotMatch(words, new RegExp(`\\b${absent}\\b`), `\`${absent}\` is not available`);
  }
  assert.doesNotMatch(words, /\bnew\s+Function\b|\?\.|\?\?/, "a construct the runtime does not have");
});

test("declares a global function named handler", () => {
  assert.match(code, /\bfunction\s+handler\s*\(\s*event\s*\)/);
  assert.equal(typeof load(), "function");
});

for (const valid of ["abcdefgh", "A.b_c-9012", "01J9ZK3V7M5Q8R2T4W6X8Y0Z1A", "x".repeat(128)]) {
  test(`keeps the valid x-request-id ${summary(valid)}`, async () => {
    assert.equal((await run("/", { "x-request-id": { value: valid } })).headers["x-request-id"].value, valid);
  });
}

for (const invalid of ["", "short", "x".repeat(129), "has space in it", "semi;colon;x", "line\nbreak\nxx", "trailing-newline\n", "ümläut-ümläut", "<script>alert</script>"]) {
  test(`replaces the invalid x-request-id ${summary(invalid)}`, async () => {
    assert.equal((await run("/", { "x-request-id": { value: invalid } })).headers["x-request-id"].value, EDGE_ID);
  });
}

test("adds a missing x-request-id", async () => {
  assert.equal((await run("/", {})).headers["x-request-id"].value, EDGE_ID);
});

test("replaces an x-request-id that came twice", async () => {
  const twice = { value: "first-id;", multiValue: [{ value: "first-id;" }, { value: "second-id" }] };
  const header = (await run("/", { "x-request-id": twice })).headers["x-request-id"];
  assert.equal(header.value, EDGE_ID);
  assert.equal(header.multiValue, undefined);
});

test("keeps method, query string, cookies and the other headers", async () => {
  const request = await run("/v1/orders", { accept: { value: "text/html" } });
  assert.equal(request.method, "GET");
  assert.equal(request.headers.accept.value, "text/html");
  assert.deepEqual(plain(request.querystring), { page: { value: "2" } });
  assert.deepEqual(plain(request.cookies), { theme: { value: "dark" } });
});

for (const uri of ["/config.json", "/.well-known/apple-app-site-association", "/assets/app.3f2a.js", "/favicon.ico", "/index.html"]) {
  test(`leaves ${uri} as it is`, async () => {
    assert.equal((await run(uri, {})).uri, uri);
  });
}

for (const uri of ["/orders/1", "/orders", "/orders/1/items"]) {
  const expected = spa ? "/index.html" : pages ? `${uri}/index.html` : uri;
  test(`serves ${expected} for ${uri}`, async () => {
    assert.equal((await run(uri, {})).uri, expected);
  });
}

/** Evaluates the code in an empty context and returns its handler. */
function load() {
  const context = vm.createContext(Object.create(null), { codeGeneration: { strings: false, wasm: false } });
  new vm.Script(`"use strict";\n${code}`).runInContext(context, { timeout: TIMEOUT_MS });
  return vm.runInContext("handler", context);
}

async function run(uri, headers) {
  const event = {
    version: "1.0",
    context: { distributionDomainName: "d111111abcdef8.cloudfront.net", distributionId: "EDFDVBD6EXAMPLE", eventType: "viewer-request", requestId: REQUEST_ID },
    viewer: { ip: "198.51.100.11" },
    request: { method: "GET", uri, querystring: { page: { value: "2" } }, headers, cookies: { theme: { value: "dark" } } },
  };
  const result = await load()(event);
  assert.ok(result && typeof result.uri === "string", "the handler does not return a request");
  return result;
}

/** Comments, strings and regular expressions hold words that are not code. */
function withoutLiterals(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, '""')
    .replace(/\/\/[^\n]*/g, " ")
    .replace(/([=(,:!&|?;]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g, "$1null");
}

/** Objects of another context differ in their prototype only. */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

function summary(value) {
  return JSON.stringify(value.length > 30 ? `${value.slice(0, 10)}… (${value.length})` : value);
}
