import type { ContainerGroup, ContainerGroups } from '../azure/containerGroups/containerGroups';
import type { DeploymentSection } from '../record/record';
import type { Secret } from '../secret';
import { TaskFailure } from '../taskFailure';
import { look, removeAndWait } from './apply';
import { mainContainer } from './containers';
import type { DeploymentPorts } from './ports';
import { keptFor, previousDeployment, type PreviousDeployment } from './previousDeployment';
import { restore } from './restore';

export interface RollbackOptions {
  /** The groups of `deployment.resourceGroup`. */
  readonly groups: ContainerGroups;
  /** What is to be undone, from the model record. */
  readonly deployment: DeploymentSection;
  /** What Deploy-ACI left in this job: `context.jobSecrets.get(previousDeploymentVariable)`. */
  readonly handedOver?: Secret;
  /** How long the previous image may take until it serves; 10 unless told. */
  readonly startTimeoutInMinutes?: number;
  readonly ports: DeploymentPorts;
}

export interface RollbackResult {
  /**
   * restored: the previous image serves again, proven by its health route. removed: nothing ran before, the group is gone.
   * kept: the deployment changed nothing, so that there is nothing to undo.
   */
  readonly outcome: 'restored' | 'removed' | 'kept';
  /** The image that runs; null where nothing ran before. */
  readonly image: string | null;
  readonly scoringUri?: string;
}

/**
 * Undoes a deployment: what ran before is put back and proven to serve by its health route, at the address that users
 * call; where nothing ran before, the group is removed, and where the deployment changed nothing, it is left alone. What
 * another release has deployed in the meantime is not touched.
 *
 * Secrets: Azure never gives secure values (secret environment variables, registry passwords, Log Analytics keys) back.
 * Deploy-ACI therefore leaves the previous definition, with the secrets of its own run, in a secret variable of the job.
 * A later task of the same job needs no secret input: it passes that variable as `handedOver`. In another job there is
 * no such variable; then the previous image is put into the definition that runs now, which works wherever that one
 * holds no secure value.
 *
 * @throws TaskFailure if another release's image runs, if a secure value is missing (nothing is changed then), or if the
 * previous image does not serve either
 */
export async function rollback({
  groups,
  deployment,
  handedOver,
  startTimeoutInMinutes = 10,
  ports,
}: RollbackOptions): Promise<RollbackResult> {
  const { containerGroup: name, previousImage, scoringUri } = deployment;
  const { clock, log } = ports;
  const deadline = clock.now() + startTimeoutInMinutes * 60_000;
  const current = await look(groups, name, deadline, ports);
  const running = imageOf(current);
  const isOurs = running === deployment.image;
  if (current && !isOurs && running !== previousImage) throw deployedByOthers(deployment, running);
  const kept = keptFor(deployment, handedOver);
  // A deployment of the same image may have changed something else. Where it is not ours any more, it was restored.
  if (current && previousImage === running && !(kept && isOurs)) {
    log.info(`${name} runs ${running}, as before this deployment: it is left alone.`);
    return { outcome: 'kept', image: running };
  }
  const previous = kept ?? (previousImage ? withImage(groups, name, current, previousImage) : undefined);
  if (!previous?.definition) {
    // What a test took for gone is not removed: should the look be wrong, it serves.
    if (!current)
      log.info(`${name} is not there, and nothing ran as ${name} before this deployment: there is nothing to undo.`);
    else {
      log.info(`Nothing ran as ${name} before this deployment: the container group is removed.`);
      await removeAndWait(groups, name, deadline, ports);
    }
    return { outcome: 'removed', image: null };
  }
  const image = mainContainer(previous.definition)!.image;
  log.info(`Restoring ${image} as ${name}.`);
  const { origin, seconds } = await restore({ groups, name, previous, minutes: startTimeoutInMinutes }, ports);
  log.info(`${image} serves again at ${origin}, after ${Math.round(seconds)} s.`);
  return { outcome: 'restored', image, scoringUri: origin + new URL(scoringUri).pathname };
}

const imageOf = (group: ContainerGroup | undefined): string | undefined => group && mainContainer(group)?.image;

function deployedByOthers({ containerGroup, image }: RollbackOptions['deployment'], running = 'nothing'): TaskFailure {
  return new TaskFailure(
    `${containerGroup} is not rolled back: it runs ${running}, which another release deployed after ${image}.`,
    'Test that release; it is the one that users call.',
    { help: 'what-ran-before-is-not-restored' },
  );
}

/** What runs now, with another image. */
function withImage(
  groups: ContainerGroups,
  name: string,
  current: ContainerGroup | undefined,
  image: string,
): PreviousDeployment {
  if (!current) {
    throw new TaskFailure(
      `The container group ${name} no longer exists, and this job does not know what ran in it before.`,
      'Deploy the previous release again, or run Deploy-ACI and this task in one job.',
      { help: 'what-ran-before-is-not-restored' },
    );
  }
  const main = mainContainer(current);
  const containers = current.containers.map((each) => (each === main ? { ...each, image } : each));
  return previousDeployment(groups.id(name), { ...current, containers }, { ...current, containers: [] });
}
