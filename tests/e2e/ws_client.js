// Speaks with an echo websocket through npm's ws: ws_client.js URL.
"use strict";
const assert = require("node:assert");
const WebSocket = require("/usr/share/nodejs/ws");

function open() {
  return new Promise((done, failed) => {
    const socket = new WebSocket(process.argv[2]);
    socket.once("open", () => done(socket));
    socket.once("error", failed);
  });
}

function next(socket, event = "message") {
  return new Promise((done) => socket.once(event, (...values) => done(values)));
}

async function echo(socket, message) {
  const answer = next(socket);
  socket.send(message);
  const [data, isBinary] = await answer;
  assert.strictEqual(isBinary, Buffer.isBuffer(message));
  assert.ok(Buffer.from(message).equals(data));
}

async function main() {
  const socket = await open();
  for (const message of ["", "hello", "grüße", "x".repeat(1 << 20), Buffer.alloc(0), Buffer.alloc(1 << 20, 7)]) {
    await echo(socket, message);
  }

  const whole = next(socket);
  socket.send("one ", { fin: false });
  socket.ping("between fragments");
  socket.send("two", { fin: true });
  const [pong] = await next(socket, "pong");
  assert.strictEqual(pong.toString(), "between fragments");
  assert.strictEqual((await whole)[0].toString(), "one two");

  const closed = next(socket, "close");
  socket.close(4321, "bye");
  assert.strictEqual((await closed)[0], 4321);

  const large = await open();
  const refused = next(large, "close");
  large.send("x".repeat((1 << 20) + 1));
  assert.strictEqual((await refused)[0], 1009);
  console.log("all went well");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
