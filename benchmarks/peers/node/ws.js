// A chat server on `ws` with ioredis between processes: one JSON.stringify and one Buffer a message.
// node ws.js <port> <redis url>
import Redis from "ioredis";
import { WebSocket, WebSocketServer } from "ws";

const [port, url] = process.argv.slice(2);
const publisher = new Redis(url);
const subscriber = new Redis(url);
const rooms = new Map();

function join(name, socket) {
  if (!rooms.has(name)) {
    rooms.set(name, new Set());
    subscriber.subscribe(name);
  }
  rooms.get(name).add(socket);
}

subscriber.on("messageBuffer", (channel, data) => {
  for (const socket of rooms.get(channel.toString())) {
    if (socket.readyState === WebSocket.OPEN) socket.send(data, { binary: false });
  }
});

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), backlog: 2048, perMessageDeflate: false });
server.on("connection", (socket, request) => {
  const name = request.url;
  join(name, socket);
  socket.on("message", (text) => {
    const { message } = JSON.parse(text);
    publisher.publish(name, JSON.stringify({ message }));
  });
  socket.on("close", () => rooms.get(name).delete(socket));
});
