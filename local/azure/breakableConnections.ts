import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Lets a server break off its connections by their sockets. Node's own closeAllConnections and closeIdleConnections (which
 * close() calls) go by its parsers, and throw where one of them has lost its socket, as after a planned reset, so that the
 * server would never close.
 */
export function breakableConnections<S extends Server>(server: S): S {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.closeAllConnections = () => sockets.forEach((socket) => socket.destroy());
  // Whoever closes such a server breaks off all its connections.
  server.closeIdleConnections = () => undefined;
  return server;
}
