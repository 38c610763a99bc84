import type { Distribution } from '../jobs/jobSpecification';

/** One process of a job, with what tells it its place. */
export interface Rank {
  /** Relative to the run's artifacts. */
  logFile: string;
  env: Record<string, string>;
}

/**
 * The processes of a job on its nodes, which are all this machine here. One without distribution and on one node logs to
 * std_log.txt, any other to a file for each process.
 */
export function ranksOf(distribution: Distribution | undefined, instanceCount: number, masterPort: number): Rank[] {
  if (distribution?.distributionType === 'TensorFlow') return tensorFlowRanks(distribution, instanceCount, masterPort);
  const perNode = distribution?.processCountPerInstance ?? 1;
  const size = perNode * instanceCount;
  if (!distribution && size === 1) return [{ logFile: 'user_logs/std_log.txt', env: {} }];
  return Array.from({ length: size }, (_, rank) => ({
    logFile: `user_logs/std_log_process_${String(rank).padStart(2, '0')}.txt`,
    env: {
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(masterPort),
      NODE_RANK: String(Math.floor(rank / perNode)),
      RANK: String(rank),
      LOCAL_RANK: String(rank % perNode),
      WORLD_SIZE: String(size),
      LOCAL_WORLD_SIZE: String(perNode),
      AZUREML_NODE_COUNT: String(instanceCount),
      ...(distribution?.distributionType === 'Mpi'
        ? {
            OMPI_COMM_WORLD_RANK: String(rank),
            OMPI_COMM_WORLD_SIZE: String(size),
            OMPI_COMM_WORLD_LOCAL_RANK: String(rank % perNode),
            OMPI_COMM_WORLD_LOCAL_SIZE: String(perNode),
          }
        : {}),
    },
  }));
}

function tensorFlowRanks(distribution: Distribution, instanceCount: number, masterPort: number): Rank[] {
  const counts = { worker: distribution.workerCount ?? instanceCount, ps: distribution.parameterServerCount ?? 0 };
  const addresses = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `127.0.0.1:${masterPort + from + index}`);
  const cluster = {
    worker: addresses(0, counts.worker),
    ...(counts.ps > 0 ? { ps: addresses(counts.worker, counts.ps) } : {}),
  };
  return (['worker', 'ps'] as const).flatMap((type) =>
    Array.from({ length: counts[type] }, (_, index) => ({
      logFile: `user_logs/std_log_${type}_${index}.txt`,
      env: { TF_CONFIG: JSON.stringify({ cluster, task: { type, index }, environment: 'cloud' }) },
    })),
  );
}
