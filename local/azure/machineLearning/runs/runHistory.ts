import { createHash } from 'node:crypto';
import { localCloud } from '../../context';
import { notFound } from '../mlError';
import type { JobSpecification } from '../jobs/jobSpecification';
import type { JobStore } from '../jobs/jobStore';
import { runOutputs } from './runOutputs';
import type { RunArtifacts } from './runArtifacts';
import type { Run, RunStore } from './runStore';

const logDirectories = ['user_logs/', 'azureml-logs/', 'system_logs/', 'logs/'];

/** What a run is, how it goes, and where its logs are. */
export class RunHistory {
  constructor(
    private readonly runs: RunStore,
    private readonly artifacts: RunArtifacts,
    private readonly jobs: JobStore,
  ) {}

  find(runId: string): Run {
    const run = this.runs.get(runId);
    if (!run) throw notFound(`Run ${runId}`);
    return run;
  }

  async details(run: Run) {
    // By directory: a run may leave any number of other files.
    const logs = (
      await Promise.all(logDirectories.map((directory) => this.artifacts.list(run.runId, directory)))
    ).flat();
    return {
      runId: run.runId,
      runUuid: uuidOf(run.runId),
      parentRunUuid: run.parentRunId ? uuidOf(run.parentRunId) : null,
      rootRunUuid: uuidOf(run.rootRunId),
      target: run.target ?? null,
      status: run.status,
      parentRunId: run.parentRunId ?? null,
      dataContainerId: `dcid.${run.runId}`,
      createdTimeUtc: run.createdUtc,
      startTimeUtc: run.startTimeUtc ?? null,
      endTimeUtc: run.endTimeUtc ?? null,
      error: errorAnswer(run),
      warnings: run.warnings,
      tags: run.tags,
      properties: run.properties,
      parameters: {},
      services: {},
      inputDatasets: null,
      outputDatasets: [],
      runDefinition: null,
      logFiles: Object.fromEntries(logs.map((file) => [file.path, this.artifacts.readUrl(run.runId, file.path)])),
      jobCost: { chargedCpuCoreSeconds: null, chargedCpuMemoryMegabyteSeconds: null, chargedGpuSeconds: null, chargedNodeUtilizationSeconds: null }, // prettier-ignore
      revision: run.revision,
      runTypeV2: { orchestrator: null, traits: [], attribution: null, computeType: null },
      settings: {},
      ...nodesOf(run, this.jobs.get(run.runId)?.specification),
      currentAttemptId: 1,
    };
  }

  summary(run: Run) {
    return {
      runNumber: run.runNumber,
      rootRunId: run.rootRunId,
      experimentId: this.runs.experiment(run.experimentName).id,
      createdUtc: run.createdUtc,
      createdBy: { userObjectId: localCloud.clientId, userTenantId: localCloud.tenantId, userName: 'Local Azure' },
      runId: run.runId,
      parentRunId: run.parentRunId ?? null,
      status: run.status,
      startTimeUtc: run.startTimeUtc ?? null,
      endTimeUtc: run.endTimeUtc ?? null,
      name: run.displayName ?? run.runId,
      displayName: run.displayName ?? run.runId,
      description: run.description ?? null,
      dataContainerId: `dcid.${run.runId}`,
      runType: run.runType,
      hidden: false,
      target: run.target ?? null,
      error: errorAnswer(run),
      warnings: run.warnings,
      tags: run.tags,
      properties: run.properties,
      outputs: runOutputs(this.jobs.get(run.runId)),
      revision: run.revision,
    };
  }

  children(run: Run) {
    const children = this.runs.childrenOf(run.runId);
    return { value: children.map((child) => this.summary(child)), continuationToken: null, nextLink: null };
  }
}

/**
 * What a run holds nodes of. A parent holds none of its own. Source: details of runs as the studio shows them, 2024: there, too, those of
 * serverless runs tell the size.
 */
function nodesOf({ target }: Run, job: JobSpecification | undefined) {
  const { instanceCount = 1, instanceType } = (job?.jobType === 'Command' ? job.resources : undefined) ?? {};
  const isServerless = !job?.computeId;
  const vmSize = isServerless ? (instanceType ?? 'Standard_DS3_v2') : 'STANDARD_DS3_V2';
  return {
    computeRequest: job?.jobType === 'Command' ? { nodeCount: instanceCount, gpuCount: 0 } : null,
    compute: {
      target: target ?? null,
      targetType: 'AmlCompute',
      vmSize,
      instanceType: vmSize,
      instanceCount,
      gpuCount: null,
      priority: isServerless && isSpot(job) ? 'LowPriority' : 'Dedicated',
      region: null,
      armId: null,
      properties: null,
    },
  };
}

function isSpot(job: JobSpecification | undefined): boolean {
  return /^spot$/i.test((job?.queueSettings as { jobTier?: string } | undefined)?.jobTier ?? '');
}

/** A run has a number of its own beside the name; the same run always the same one. */
function uuidOf(runId: string): string {
  const digest = createHash('sha256').update(runId).digest('hex');
  return [8, 4, 4, 4, 12].map((length, index) => digest.slice(index * 12, index * 12 + length)).join('-');
}

function errorAnswer(run: Run) {
  if (!run.error) return null;
  return {
    error: {
      severity: null,
      messageFormat: null,
      messageParameters: {},
      referenceCode: null,
      detailsUri: null,
      target: null,
      details: [],
      ...run.error,
    },
    correlation: { operation: null, request: run.runId },
    environment: localCloud.location,
    location: localCloud.location,
    time: run.endTimeUtc ?? run.createdUtc,
    componentName: 'CommonRuntime',
  };
}
