import { ArmError } from '../context';
import { isTransitioning, transitioning, type ContainerGroup } from './containerGroup';
import type { ContainerGroups } from './containerGroups';
import type { ContainerLogs } from './containerLog';
import type { ExecSessions } from './execSessions';

/** The containers of groups as their users look into them: by their logs, and by commands in them. */
export class GroupContainers {
  constructor(
    private readonly groups: ContainerGroups,
    private readonly logs: ContainerLogs,
    private readonly sessions: ExecSessions,
  ) {}

  log(group: ContainerGroup, container: string, asked: { tail?: number; timestamps: boolean }): string {
    requireContainer(group, container);
    if (!this.logs.exists(group.uid, container)) {
      if (isTransitioning(group)) throw transitioning(group.name);
      throw new ArmError(
        404,
        'ContainerLogNotAvailable',
        `The log of container '${container}' in container group '${group.name}' is not available.`,
      );
    }
    const isRunning = this.groups.isRunning(group, container);
    return this.logs.read(group.uid, container, { ...asked, isRunning });
  }

  exec(group: ContainerGroup, container: string, command: string | undefined) {
    requireContainer(group, container);
    if (!command) throw new ArmError(400, 'InvalidRequestContent', 'The command is required.');
    const running = this.groups.running(group, container);
    if (running) return this.sessions.begin(running, command);
    // What Azure says here was not found.
    const message = `The container '${container}' in container group '${group.name}' is not running.`;
    throw new ArmError(409, 'ContainerNotRunning', message);
  }
}

function requireContainer({ name, definition }: ContainerGroup, wanted: string): void {
  const { containers, initContainers = [] } = definition.properties;
  if ([...containers, ...initContainers].some((each) => each.name === wanted)) return;
  throw new ArmError(404, 'ContainerNotFound', `The container '${wanted}' is not found in container group '${name}'.`);
}
