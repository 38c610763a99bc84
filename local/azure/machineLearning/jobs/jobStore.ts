import type { Collection, LocalAzureContext } from '../../context';
import {
  artifactContainer,
  artifactPrefix,
  resolveStorageUri,
  type OutputLocations,
  type StorageLocation,
} from '../assets/storageLocation';
import type { AssetStores } from '../assets/assetStore';
import type { RunStore } from '../runs/runStore';
import type { SystemData } from '../systemData';
import { findDatastore } from '../workspace/datastores';
import type { AzureDevOpsWebhook } from './azureDevOpsWebhook';
import type { JobSpecification } from './jobSpecification';

/** A job's specification. How it goes, its tags and properties are its run's (RunStore), which has the same name. */
export interface Job {
  name: string;
  specification: JobSpecification;
  /** Where its named outputs go, settled when it is made. */
  outputUris: Record<string, string>;
  /** A trial of a sweep, or a node of a pipeline. */
  parent?: string;
  /** Who is told when it has ended, by the names that they gave themselves. */
  webhooks?: Record<string, AzureDevOpsWebhook>;
  system: SystemData;
}

export class JobStore implements OutputLocations {
  private readonly jobs: Collection<Job>;

  constructor(
    context: LocalAzureContext,
    private readonly runs: RunStore,
    private readonly assets: AssetStores,
  ) {
    this.jobs = context.collection('machineLearning.jobs');
  }

  get(name: string): Job | undefined {
    return this.jobs.get(name);
  }

  put(job: Job): void {
    this.jobs.put(job.name, job);
  }

  /** Oldest first. */
  list(): Job[] {
    return this.jobs.list().map((entry) => entry.value);
  }

  outputLocation(name: string, output: string): StorageLocation | undefined {
    if (output === 'artifacts' || output === 'default') {
      return this.runs.get(name) ? { container: artifactContainer, path: artifactPrefix(name) } : undefined;
    }
    const uri = this.get(name)?.outputUris[output];
    if (!uri) return undefined;
    const location = resolveStorageUri(uri, this.assets, this);
    return 'problem' in location ? undefined : location;
  }
}

/** The URI that each named output of a job goes to: the one it asks for, else a folder of its own on the default datastore. */
export function outputUris(name: string, specification: JobSpecification): Record<string, string> {
  return Object.fromEntries(
    Object.entries(specification.outputs ?? {})
      .filter(([output]) => output !== 'default')
      .map(([output, { uri, jobOutputType }]) => {
        const asked = uri?.replace(/\$\{\{name\}\}/g, name).replace(/\$\{\{output_name\}\}/g, output);
        const folder = jobOutputType === 'uri_file' ? '' : '/';
        return [
          output,
          asked ??
            `azureml://datastores/${findDatastore('workspaceblobstore')?.name}/paths/azureml/${name}/${output}${folder}`,
        ];
      }),
  );
}
