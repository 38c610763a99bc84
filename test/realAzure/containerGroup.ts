import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from './send';
import { resourceId } from './belongings';
import type { World } from './world';

export interface GroupOptions {
  image: string;
  container?: Record<string, unknown>;
  ipAddress?: Record<string, unknown>;
}

/** A container group of a case, in the resource group of the run. */
export class ContainerGroup {
  readonly id: string;

  constructor(
    private readonly world: World,
    name: string,
  ) {
    this.id = resourceId(world.belongings, 'Microsoft.ContainerInstance/containerGroups', name);
  }

  async put({ image, container, ipAddress }: GroupOptions): Promise<Answer> {
    const { pullIdentity } = this.world.resources;
    const { location, tags } = this.world.belongings;
    return this.world.arm.ask('PUT', this.id, {
      location,
      tags,
      identity: { type: 'UserAssigned', userAssignedIdentities: { [pullIdentity]: {} } },
      properties: {
        osType: 'Linux',
        restartPolicy: 'Always',
        imageRegistryCredentials: [{ server: image.split('/')[0], identity: pullIdentity }],
        ipAddress,
        containers: [
          {
            name: 'main',
            properties: {
              image,
              ports: ipAddress && [{ port: 8080, protocol: 'TCP' }],
              resources: { requests: { cpu: 0.5, memoryInGB: 0.5 } },
              ...container,
            },
          },
        ],
      },
    });
  }

  /** Makes it and waits until its container runs. @throws where it ends otherwise, with what Azure says */
  async start(options: GroupOptions): Promise<Answer> {
    const answer = await this.putOnceAllowed(options);
    if (answer.status >= 300) {
      throw new Error(`The container group was refused: ${answer.status} ${answer.text.slice(0, 400)}`);
    }
    return this.until(({ containers, provisioningState }) => {
      if (provisioningState === 'Failed') throw new Error(`The container group failed: ${JSON.stringify(containers[0]?.properties.instanceView ?? {}).slice(0, 600)}`); // prettier-ignore
      return (
        provisioningState === 'Succeeded' && containers[0].properties.instanceView?.currentState?.state === 'Running'
      );
    });
  }

  /** It takes some minutes until a registry knows of the role of an identity that was just made. */
  private async putOnceAllowed(options: GroupOptions): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await this.put(options);
      if (tries === 10 || !/InaccessibleImage|InvalidImageRegistryIdentity/.test(answer.text)) return answer;
      await sleep(30_000, undefined, { signal: this.world.signal });
    }
  }

  get(): Promise<Answer> {
    return this.world.arm.must('GET', this.id);
  }

  action(name: 'restart' | 'stop' | 'start'): Promise<Answer> {
    return this.world.arm.ask('POST', `${this.id}/${name}`);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async until(isAsWanted: (properties: any) => boolean, pause = 2000): Promise<Answer> {
    for (;;) {
      const answer = await this.get();
      if (isAsWanted(answer.json.properties)) return answer;
      await sleep(pause, undefined, { signal: this.world.signal });
    }
  }

  async delete(): Promise<void> {
    await this.world.arm.complete('DELETE', this.id);
    while ((await this.world.arm.ask('GET', this.id)).status !== 404)
      await sleep(1000, undefined, { signal: this.world.signal });
  }
}

/** Of the one container: state, start, restarts and the kinds of its events. */
export function viewOf({ json }: Answer) {
  const view = json.properties.containers[0].properties.instanceView ?? {};
  return {
    provisioningState: json.properties.provisioningState as string,
    state: view.currentState?.state as string | undefined,
    startTime: view.currentState?.startTime as string | undefined,
    restartCount: view.restartCount as number | undefined,
    events: (view.events ?? []) as Array<{ name: string; message: string; count: number }>,
  };
}
