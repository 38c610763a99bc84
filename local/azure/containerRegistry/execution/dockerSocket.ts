import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakableConnections } from '../../breakableConnections';
import type { CommandOutcome, DockerCommand } from './dockerCommand';

/** What lets a script on this machine call the `docker` of a run. */
export interface DockerSocket {
  /** Of a folder with the program, which goes first on the script's PATH. */
  readonly programs: string;
  readonly environment: Readonly<Record<string, string>>;
  close(): void;
}

/** Every step of ACR Tasks has Docker's socket; here it is one of the run's own, which knows only the run's containers. */
export async function openDockerSocket(docker: DockerCommand): Promise<DockerSocket> {
  // Short: the path of a socket has 100 characters.
  const folder = mkdtempSync(join(tmpdir(), 'acr-'));
  const socket = join(folder, 'docker.sock');
  const program = join(folder, 'docker');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(__dirname, 'docker-program.cjs')}" "$@"\n`);
  chmodSync(program, 0o755);
  const server = breakableConnections(createServer());
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const { words, directory } = JSON.parse(text) as { words: string[]; directory: string };
      docker
        .run(words, directory)
        .catch((error: Error): CommandOutcome => ({ stdout: '', stderr: `${error.message}\n`, exitCode: 125 }))
        .then((outcome) => response.end(JSON.stringify(outcome)))
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socket, resolve));
  return {
    programs: folder,
    environment: { LOCAL_AZURE_DOCKER: socket },
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
