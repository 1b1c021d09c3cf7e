// Speaks with a daemon through npm's undici and ws: http_clients.mjs URL NAME PASSWORD. The modules lie in MODULES.
import assert from "node:assert";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.MODULES}/`);
const { Agent, fetch, request } = require("undici");
const WebSocket = require("ws");

const [url, name, password] = process.argv.slice(2);
const login = { authorization: "Basic " + Buffer.from(`${name}:${password}`).toString("base64") };

async function logsIn() {
  assert.strictEqual((await fetch(`${url}/session/check_login`)).status, 401);
  const answer = await fetch(`${url}/session/check_login`, { headers: login });
  assert.strictEqual(answer.status, 200);
  const cookie = answer.headers.get("set-cookie").split(";")[0];
  assert.strictEqual((await fetch(`${url}/session/check_session`, { headers: { cookie } })).status, 200);
}

async function getsManyOnOneConnection() {
  const dispatcher = new Agent({ connections: 1, pipelining: 10 });
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => request(`${url}/demo/index.html`, { headers: login, dispatcher })),
  );
  for (const { statusCode, body } of answers) {
    assert.strictEqual(statusCode, 200);
    assert.match(await body.text(), /<\/html>/);
  }
  await dispatcher.close();
}

async function getsCompressed() {
  const answer = await fetch(`${url}/app.js`);
  assert.strictEqual(answer.headers.get("content-encoding") !== null, true);
  const plain = await request(`${url}/app.js`);
  assert.strictEqual(await answer.text(), await plain.body.text());
}

async function posts() {
  const answer = await fetch(`${url}/demo/variables.html`, {
    method: "POST",
    headers: login,
    body: new URLSearchParams({ colour: "red & blue" }),
  });
  assert.match(await answer.text(), /red &amp; blue/);
}

async function streamsAndLeaves() {
  const leaving = new AbortController();
  const answer = await fetch(`${url}/demo/stream.txt`, { headers: login, signal: leaving.signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("line 2")) text += (await reader.read()).value;
  leaving.abort();
  await assert.rejects(reader.read());
}

async function hearsEvents() {
  const socket = new WebSocket(`${url.replace("http", "ws")}/eventbus/events.ws`, { headers: login });
  await new Promise((done, failed) => socket.once("open", done).once("error", failed));
  socket.send(JSON.stringify({ SUBSCRIBE: "TIMESTAMP" }));
  const data = await new Promise((done) => socket.once("message", done));
  assert.ok(JSON.parse(data).TIMESTAMP);
  const closed = new Promise((done) => socket.once("close", done));
  socket.close(1000);
  assert.strictEqual(await closed, 1000);
}

for (const act of [logsIn, getsManyOnOneConnection, getsCompressed, posts, streamsAndLeaves, hearsEvents]) {
  await act();
  console.log(act.name);
}
