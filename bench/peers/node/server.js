// The same order taken with Node's own HTTP server.
const { writeSync } = require("node:fs");
const { createServer } = require("node:http");

const server = createServer((request, response) => {
  const id = request.headers["x-fc-request-id"];
  writeSync(1, `FC Invoke Start RequestId: ${id}\n`);
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const { item, count } = JSON.parse(Buffer.concat(pieces));
    const body = JSON.stringify({ text: `${count} x ${item}` });
    writeSync(1, `FC Invoke End RequestId: ${id}\n`);
    response.writeHead(200, { "x-fc-status": "200", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
// Function Compute keeps connections open.
server.keepAliveTimeout = 0;
server.listen(Number(process.env.FC_SERVER_PORT), "127.0.0.1");
