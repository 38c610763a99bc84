import type { ContainerGroup } from '../common/azure/containerGroups/containerGroups';
import { believedAbsence } from '../common/azure/http/believedAbsence';
import { deploymentTags, mainContainer } from '../common/deployment/containers';
import { encodePreviousDeployment, previousDeploymentVariable } from '../common/deployment/previousDeployment';
import { fingerprint } from '../common/deployment/secureValues';
import { untilDeadline } from '../common/deployment/untilDeadline';
import { append } from '../common/record/chain';
import { writeWebService } from '../common/record/compatibilityFiles';
import { placesOf } from '../common/record/places';
import type { Approvals, Attestations, DeploymentSection } from '../common/record/record';
import { writeRecord } from '../common/record/recordFile';
import { stageApprovals } from '../common/hosts/stageApprovals';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import * as path from 'node:path';
import { containerGroupDefinition, type Surroundings } from './definition';
import type { Inputs } from './inputs';
import { toContainerGroupName } from './nameRules';
import { leftByDeadRun, type Parking } from './parking';
import { chooseRelease, type Release } from './release';
import { rollOut, type RolledOut } from './rollOut';
import { openServices, type Services } from './services';
import { summary } from './summary';
import { leftDeployment } from './undo';

/** Runs the image of an approved model as a container group and waits until it serves. */
export async function deploy(inputs: Inputs, context: TaskContext): Promise<StageResult> {
  return deployWith(openServices(inputs, context), inputs, context);
}

/** As `deploy`, with its services given. */
export async function deployWith(services: Services, inputs: Inputs, context: TaskContext): Promise<StageResult> {
  const { log, clock, signal, pipeline } = context;
  const { groups, health } = services;
  const places = { variable: context.recordVariable, artifacts: pipeline.directories.artifacts };
  const release = await chooseRelease(inputs, places, log);
  warnOfOpenDoors(inputs, log);

  const name = inputs.containerGroup ?? toContainerGroupName(release.model?.name ?? release.registry);
  log.info(`Deploying ${release.image} as ${name} in ${inputs.resourceGroup}.`);
  await services.requireRights(inputs, release, groups.id(name));
  const { trustedKeys } = inputs;
  const verified = trustedKeys && (await services.requireEvidence({ ...inputs, trustedKeys }, release));
  const parking = services.parking(name);
  const ports = { log, clock, signal, health };
  const { current, parked, surroundings } = await lookUp(name, parking, release, services, inputs, context);
  const left = await leftByDeadRun(parking, parked, current, ports);
  const ran = left ?? current;
  const location = inputs.location ?? locationOf(ran) ?? (await groups.resourceGroupLocation(signal));
  const definition = withTags(
    containerGroupDefinition(inputs, release, { ...surroundings, location }),
    tagsOf(inputs, release, context, ran),
  );

  const leftWork = leftDeployment(context.state);
  const rolledOut = await rollOut(
    { groups, name, definition, current, left, options: inputs, leftWork, parking },
    ports,
  );
  if (rolledOut.previous) {
    context.jobSecrets.set(previousDeploymentVariable, encodePreviousDeployment(rolledOut.previous));
  }
  const approvals = release.record && (await stageApprovals(context));
  return conclude(inputs, { ...release, verified, approvals }, groups.id(name), name, rolledOut, context);
}

function warnOfOpenDoors({ https, apiKey, subnet }: Inputs, log: TaskContext['log']): void {
  if (subnet) return;
  if (!https && !apiKey) {
    log.warning(
      'The endpoint is open to the internet: anyone can call it, and calls cross the network in clear text. Set https and apiKey, or a subnet.',
    );
  } else if (!apiKey) {
    log.warning('The endpoint is open to the internet: anyone can call it. Set apiKey, or a subnet.');
  } else if (!https) {
    log.warning('Calls cross the network in clear text, the key among them. Set https, or a subnet.');
  }
}

/** What stands in Azure before the deployment, asked for at once, within the time that it may take. */
function lookUp(
  name: string,
  parking: Parking,
  release: Release,
  services: Services,
  inputs: Inputs,
  { log, clock, signal, secret }: TaskContext,
): Promise<Found> {
  return untilDeadline(
    async (until) => {
      const [current, parked, surroundings] = await Promise.all([
        believedAbsence(() => services.groups.find(name, until), clock, until),
        parking.find(until),
        findSurroundings(inputs, release, services, { log, secret, signal: until }),
      ]);
      return { current, parked, surroundings };
    },
    clock.now() + inputs.startTimeoutInMinutes * 60_000,
    { clock, signal },
  );
}

interface Found {
  /** What runs under the name now. */
  readonly current?: ContainerGroup;
  /** What a run that died in the middle has noted of what ran before it. */
  readonly parked?: ContainerGroup;
  readonly surroundings: Omit<Surroundings, 'location'>;
}

async function findSurroundings(
  inputs: Inputs,
  release: Release,
  services: Services,
  { log, signal, secret }: Pick<TaskContext, 'log' | 'signal' | 'secret'>,
): Promise<Omit<Surroundings, 'location'>> {
  const { registryAuthentication: by, logAnalyticsWorkspace: wanted } = inputs;
  const registryUserOf = () => {
    if (by.kind === 'adminUser') return services.adminUser(release, signal);
    if (by.kind !== 'credentials') return undefined;
    return { username: by.connection.userName, password: by.connection.password };
  };
  const [identity, registryUser, logAnalytics, certificateShare] = await Promise.all([
    by.kind === 'managedIdentity' ? services.identity(by.identity, signal) : undefined,
    registryUserOf(),
    wanted ? services.logAnalytics(wanted, signal) : undefined,
    inputs.certificateShare ? services.fileShare(inputs.certificateShare, signal) : undefined,
  ]);
  const secrets = [registryUser?.password, logAnalytics?.workspaceKey, certificateShare?.accountKey];
  for (const each of secrets) if (each) secret(each);
  if (identity) log.info(`The image is pulled as ${identity.slice(identity.lastIndexOf('/') + 1)}.`);
  return { identity, registryUser, logAnalytics, certificateShare };
}

/** Azure shows a region in words or in one, "West Europe" or "westeurope". */
function locationOf(group: ContainerGroup | undefined): string | undefined {
  return group?.location?.replace(/\s/g, '').toLowerCase();
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
  release: Release & { readonly verified?: Attestations; readonly approvals?: Approvals },
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
    verifiedAttestations: release.verified,
    approvals: release.approvals,
    deployedAt: new Date(clock.now()).toISOString(),
  };
  log.progress(100, 'serving');
  log.info(`${name} serves at ${scoringUri}${seconds > 0 ? `, after ${Math.round(seconds)} s` : ''}.`);
  const places = release.record ? placesOf({ ...release.record, deployment: section }) : [];
  publish.summary('Deployment', summary(section, rolledOut, { ...inputs, model: release.model, places }));

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
