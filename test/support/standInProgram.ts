import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How a program was called. */
export interface Call {
  /** Its name. */
  readonly program: string;
  readonly words: string[];
  /** The variables that were asked for; one that is not set is empty. */
  readonly environment: Record<string, string>;
}

/** What it does then. */
export interface Deed {
  readonly out?: string;
  readonly err?: string;
  /** 0, unless given. */
  readonly code?: number;
  /** A program that goes on in its place. */
  readonly become?: readonly string[];
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** As Bash does it, by only what is built into it. */
function script({ out = '', err = '', code = 0, become }: Deed): string {
  const say = `printf %s ${quoted(out)}; printf %s ${quoted(err)} >&2; `;
  return say + (become ? `exec ${become.map(quoted).join(' ')}` : `exit ${code}`);
}

/**
 * Programs that a test stands in for: each is a line of Bash that hands its words to the test, and does what the test says. A Node
 * of its own for each call would take ten times as long to start as Bash, and would have to keep in files what it was called with.
 */
export class StandInPrograms {
  private constructor(
    private readonly server: Server,
    private readonly variables: readonly string[],
  ) {}

  /**
   * @param answer what a call does; a promise that is never kept lets the program stay
   * @param variables what a call says of its environment
   */
  static async start(
    answer: (call: Call) => Deed | Promise<Deed>,
    variables: readonly string[] = [],
  ): Promise<StandInPrograms> {
    const server = createServer((socket) => serve(socket, answer, variables));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StandInPrograms(server, variables);
  }

  /** Makes a file the program. Its name is the program's. */
  write(file: string): void {
    const { port } = this.server.address() as AddressInfo;
    const given = ['"$#"', '"${0##*/}"', '"$@"', ...this.variables.map((name) => `"$${name}"`)];
    const lines = [
      '#!/bin/bash',
      `exec 3<>/dev/tcp/127.0.0.1/${port}`,
      `printf '%s\\0' ${given.join(' ')} >&3`,
      "IFS= read -r -d '' deed <&3",
      'exec 3>&-',
      'eval "$deed"',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    chmodSync(file, 0o755);
  }

  close(): void {
    this.server.close();
  }
}

function serve(socket: Socket, answer: (call: Call) => Deed | Promise<Deed>, variables: readonly string[]): void {
  // Whoever was stopped while it stayed is gone when it is answered.
  socket.on('error', () => undefined);
  let said = '';
  let isRead = false;
  socket.setEncoding('utf8').on('data', (part: string) => {
    said += part;
    const [count, program, ...rest] = said.split('\0').slice(0, -1);
    if (isRead || count === undefined || rest.length < Number(count) + variables.length) return;
    isRead = true;
    const words = rest.slice(0, Number(count));
    const environment = Object.fromEntries(variables.map((name, index) => [name, rest[words.length + index]!]));
    void Promise.resolve({ program: program!, words, environment })
      .then(answer)
      .catch((error: Error) => ({ err: `${error.stack}\n`, code: 70 }))
      .then((deed) => socket.write(`${script(deed)}\0`));
  });
}
