import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer, type WebSocket } from 'ws';
import type { AttachedProgram, RunningContainer } from '../engine/engine';

interface Session {
  container: RunningContainer;
  command: string;
  password: string;
}

/** How long a session waits for its client, in milliseconds. */
const patience = 60_000;

/**
 * Programs that clients start in running containers and talk to by a web socket, as `az container exec` does: the first message is
 * the password, what follows is typed, and what the program writes comes back. Source: azure-cli, command_modules/container.
 * A program here has no terminal of its own, so that what a terminal does (echo, line ends, Ctrl+C and Ctrl+D) is done for it.
 */
export class ExecSessions {
  private readonly waiting = new Map<string, Session>();
  private readonly sockets = new WebSocketServer({ noServer: true });

  /** @param url of local Azure */
  constructor(private readonly url: string) {}

  /** ACI starts one program, without arguments. Source: learn.microsoft.com, container-instances-exec, restrictions. */
  begin(container: RunningContainer, command: string): { webSocketUri: string; password: string } {
    const id = randomUUID();
    const password = randomBytes(24).toString('base64url');
    this.waiting.set(id, { container, command, password });
    setTimeout(() => this.waiting.delete(id), patience).unref();
    return { webSocketUri: `${this.url.replace(/^https:/, 'wss:')}/exec/${id}`, password };
  }

  register(app: FastifyInstance): void {
    app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const id = /^\/exec\/([^/?]+)/.exec(request.url ?? '')?.[1] ?? '';
      const session = this.waiting.get(id);
      this.waiting.delete(id);
      if (!session) return socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
      this.sockets.handleUpgrade(request, socket, head, (client) => serve(client, session));
    });
  }

  close(): void {
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
  }
}

function serve(client: WebSocket, { container, command, password }: Session): void {
  let program: AttachedProgram | undefined;
  client.once('message', (given) => {
    if (textOf(given) !== password) return client.close(1008, 'The password is not the one of this session.');
    program = container.attach(command);
    if (!program) {
      client.send(`OCI runtime exec failed: exec failed: unable to start container process: exec: "${command}": executable file not found in $PATH: unknown\r\n`); // prettier-ignore
      return client.close(1000);
    }
    const show = (chunk: Buffer) => client.send(chunk.toString().replace(/\r?\n/g, '\r\n'));
    program.output(show);
    client.on('message', (typed) => type(program!, textOf(typed), (echo) => client.send(echo)));
    void program.ended.then(() => client.close(1000));
  });
  client.once('close', () => program?.end());
}

/** What a terminal makes of what is typed. */
function type(program: AttachedProgram, typed: string, echo: (text: string) => void): void {
  for (const character of typed) {
    if (character === '\u0003') {
      echo('^C\r\n');
      program.interrupt();
    } else if (character === '\u0004') program.close();
    else {
      echo(character === '\r' || character === '\n' ? '\r\n' : character);
      program.write(character === '\r' ? '\n' : character);
    }
  }
}

const textOf = (data: unknown): string => (Array.isArray(data) ? Buffer.concat(data as Buffer[]) : (data as Buffer)).toString(); // prettier-ignore
