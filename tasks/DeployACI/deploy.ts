import { ContainerGroups, type ContainerGroup } from '../common/azure/containerGroups/containerGroups';
import { fileShare } from '../common/azure/containerGroups/fileShare';
import { believedAbsence } from '../common/azure/http/believedAbsence';
import { healthRequest } from '../common/azure/containerGroups/healthRequest';
import { logAnalyticsWorkspace } from '../common/azure/containerGroups/logAnalytics';
import { adminUser } from '../common/azure/containerGroups/registryUser';
import { resolveIdentity } from '../common/azure/containerGroups/userAssignedIdentity';
import type { AzureSession } from '../common/azure/http/session';
import { requireRights } from '../common/azure/rights/requireRights';
import { deploymentTags, mainContainer } from '../common/deployment/containers';
import { encodePreviousDeployment, previousDeploymentVariable } from '../common/deployment/previousDeployment';
import { fingerprint } from '../common/deployment/secureValues';
import { untilDeadline } from '../common/deployment/untilDeadline';
import { append } from '../common/record/chain';
import { writeWebService } from '../common/record/compatibilityFiles';
import type { DeploymentSection } from '../common/record/record';
import { writeRecord } from '../common/record/recordFile';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import * as path from 'node:path';
import { containerGroupDefinition, type Surroundings } from './definition';
import type { Inputs } from './inputs';
import { toContainerGroupName } from './nameRules';
import { createParking, leftByDeadRun } from './parking';
import { neededRoles } from './neededRoles';
import { registryIdOf } from './registryId';
import { chooseRelease, type Release } from './release';
import { rollOut, type RolledOut } from './rollOut';
import { summary } from './summary';
import { leftDeployment } from './undo';

/** Runs the image of an approved model as a container group and waits until it serves. */
export async function deploy(inputs: Inputs, context: TaskContext): Promise<StageResult> {
  const { log, clock, signal, pipeline } = context;
  const places = { variable: context.recordVariable, artifacts: pipeline.directories.artifacts };
  const release = await chooseRelease(inputs, places, log);
  warnOfOpenDoors(inputs, log);

  const session = context.azure(inputs.connection);
  const groups = new ContainerGroups(session, inputs.resourceGroup);
  const name = inputs.containerGroup ?? toContainerGroupName(release.model?.name ?? release.registry);
  log.info(`Deploying ${release.image} as ${name} in ${inputs.resourceGroup}.`);
  await requireRights(session, neededRoles(inputs, release, groups.id(name)), context);
  const parking = createParking(session, inputs.resourceGroup, name);
  const ports = { log, clock, signal, health: healthRequest(session) };
  const { startTimeoutInMinutes: minutes } = inputs;
  const [current, parked, surroundings] = await untilDeadline(
    (until) =>
      Promise.all([
        believedAbsence(() => groups.find(name, until), clock, until),
        parking.find(until),
        lookUp(inputs, release, session, { ...context, signal: until }),
      ]),
    clock.now() + minutes * 60_000,
    ports,
  );
  const left = await leftByDeadRun(parking, parked, current, ports);
  const ran = left ?? current;
  const location =
    inputs.location ?? ran?.location?.replace(/\s/g, '').toLowerCase() ?? (await groups.resourceGroupLocation(signal));
  const definition = withTags(
    containerGroupDefinition(inputs, release, { ...surroundings, location }),
    tagsOf(inputs, release, context, ran),
  );

  const rolledOut = await rollOut(
    { groups, name, definition, current, left, options: inputs, leftWork: leftDeployment(context.state), parking },
    ports,
  );
  if (rolledOut.previous) {
    context.jobSecrets.set(previousDeploymentVariable, encodePreviousDeployment(rolledOut.previous));
  }
  return conclude(inputs, release, groups.id(name), name, rolledOut, context);
}

function warnOfOpenDoors({ https, apiKey, subnet }: Inputs, log: TaskContext['log']): void {
  if (subnet) return;
  if (!https && !apiKey) {
    log.warning(
      'The endpoint is open to the internet: everybody may call it, and calls cross the network in clear text. Set https and apiKey, or a subnet.',
    );
  } else if (!apiKey) {
    log.warning('The endpoint is open to the internet: everybody may call it. Set apiKey, or a subnet.');
  } else if (!https) {
    log.warning('Calls cross the network in clear text, the key among them. Set https, or a subnet.');
  }
}

/** Everything that must be asked of Azure, at once. */
async function lookUp(
  inputs: Inputs,
  release: Release,
  session: AzureSession,
  { log, signal, secret }: TaskContext,
): Promise<Omit<Surroundings, 'location'>> {
  const { registryAuthentication: by, resourceGroup, logAnalyticsWorkspace: wanted } = inputs;
  const [identity, registryUser, logAnalytics, certificateShare] = await Promise.all([
    by.kind === 'managedIdentity' ? resolveIdentity(session, resourceGroup, by.identity, signal) : undefined,
    by.kind === 'adminUser'
      ? adminUser(session, await registryIdOf(release, session), signal)
      : by.kind === 'credentials'
        ? by
        : undefined,
    wanted ? logAnalyticsWorkspace(session, resourceGroup, wanted, signal) : undefined,
    inputs.certificateShare ? fileShare(session, resourceGroup, inputs.certificateShare, signal) : undefined,
  ]);
  if (registryUser) secret(registryUser.password.reveal());
  if (logAnalytics) secret(logAnalytics.workspaceKey);
  if (certificateShare) secret(certificateShare.key);
  if (identity) log.info(`The image is pulled as ${identity.slice(identity.lastIndexOf('/') + 1)}.`);
  return {
    identity,
    registryUser: registryUser && { username: registryUser.username, password: registryUser.password.reveal() },
    logAnalytics,
    certificateShare,
  };
}

function tagsOf(
  inputs: Inputs,
  { model, digest }: Release,
  { pipeline }: TaskContext,
  ran: ContainerGroup | undefined,
): Record<string, string> {
  const tags: Record<string, string | undefined> = {
    ...inputs.tags,
    [deploymentTags.model]: model?.name,
    [deploymentTags.modelVersion]: model?.version,
    [deploymentTags.imageDigest]: digest,
    [deploymentTags.build]: pipeline.build?.number,
    [deploymentTags.run]: (pipeline.release ?? pipeline.build)?.url,
    [deploymentTags.previousImage]: ran && mainContainer(ran)?.image,
  };
  const short = Object.entries(tags).filter((entry): entry is [string, string] => !!entry[1] && entry[1].length <= 256);
  return Object.fromEntries(short);
}

function withTags(definition: ContainerGroup, tags: Record<string, string>): ContainerGroup {
  const secrets = fingerprint(definition);
  return { ...definition, tags: secrets ? { ...tags, [deploymentTags.secrets]: secrets } : tags };
}

function conclude(
  inputs: Inputs,
  release: Release,
  containerGroupId: string,
  name: string,
  rolledOut: RolledOut,
  context: TaskContext,
): StageResult {
  const { log, clock, publish } = context;
  const { group, origin, seconds } = rolledOut.ready;
  const { fqdn, ip } = group.ipAddress ?? {};
  const scoringUri = origin + release.scoringPath;
  const section: DeploymentSection = {
    containerGroup: name,
    containerGroupId,
    resourceGroup: inputs.resourceGroup,
    location: group.location ?? '',
    image: release.image,
    imageDigest: release.digest ?? '',
    scoringUri,
    fqdn,
    ipAddress: ip,
    previousImage: previousImageOf(rolledOut),
    deployedAt: new Date(clock.now()).toISOString(),
  };
  log.progress(100, 'serving');
  log.info(`${name} serves at ${scoringUri}${seconds > 0 ? `, after ${Math.round(seconds)} s` : ''}.`);
  publish.summary('Deployment', summary(section, rolledOut, { ...inputs, model: release.model }));

  if (release.record && release.recordFile) {
    const record = append(release.record, 'deployment', section);
    writeRecord(release.recordFile, record);
    writeWebService(path.dirname(release.recordFile), record);
  }
  return {
    outputs: {
      scoringUri,
      fqdn,
      ipAddress: ip,
      containerGroupId,
      previousImage: section.previousImage ?? undefined,
    },
    recordFile: release.recordFile,
  };
}

/**
 * Of what this run replaced, be it in an earlier try, which the tag remembers. Where it found its image running, that one
 * ran before.
 */
function previousImageOf({ previous, ready: { group }, isRepeated }: RolledOut): string | null {
  if (previous) return (previous.definition && mainContainer(previous.definition)?.image) ?? null;
  return (isRepeated ? group.tags?.[deploymentTags.previousImage] : mainContainer(group)?.image) ?? null;
}
