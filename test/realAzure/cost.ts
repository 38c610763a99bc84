/** What a run uses, in the units that Azure bills. */
export interface Use {
  /** Hours of a container group's vCPU and of its GB. */
  containerCpuHours?: number;
  containerGbHours?: number;
  /** Minutes of two vCPU of ACR Tasks. */
  taskMinutes?: number;
  /** Hours of a node of four vCPU that a job runs on. */
  nodeHours?: number;
  /** Days of a Basic registry that have begun. */
  registryDays?: number;
}

interface Price {
  what: string;
  unit: string;
  usd: number;
}

/**
 * List prices of pay-as-you-go in East US, rounded up, noted by hand from the pages of `pricesFrom`: they are for an estimate, and
 * regions and agreements differ. What a few hours of a storage account and a key vault cost is below a cent.
 */
export const pricesNoted = '2026-11';
export const pricesFrom = 'https://azure.microsoft.com/pricing/';
const prices: Record<keyof Use, Price> = {
  containerCpuHours: { what: 'Container Instances, vCPU', unit: 'hour', usd: 0.05 },
  containerGbHours: { what: 'Container Instances, memory', unit: 'GB hour', usd: 0.006 },
  taskMinutes: { what: 'Container Registry tasks, 2 vCPU', unit: 'minute', usd: 0.012 },
  nodeHours: { what: 'Azure Machine Learning, a node of 4 vCPU', unit: 'hour', usd: 0.3 },
  registryDays: { what: 'Container Registry, Basic', unit: 'day', usd: 0.17 },
};
/** Storage, key vault, traffic. */
const small = 0.02;

export function sumOf(uses: readonly Use[]): Use {
  const total: Use = {};
  for (const use of uses) {
    for (const name of Object.keys(use) as Array<keyof Use>) total[name] = (total[name] ?? 0) + (use[name] ?? 0);
  }
  return total;
}

/** US dollars. */
export function costOf(use: Use): number {
  return (Object.keys(use) as Array<keyof Use>).reduce((sum, name) => sum + (use[name] ?? 0) * prices[name].usd, 0);
}

export const dollars = (usd: number): string => `USD ${usd < 0.01 ? '0.01' : usd.toFixed(2)}`;

/** What is said before anything is made. */
export function estimate(use: Use, minutes: number, hours: number): string {
  const rows = (Object.keys(use) as Array<keyof Use>)
    .filter((name) => (use[name] ?? 0) > 0)
    .map((name) => {
      const { what, unit, usd } = prices[name];
      const count = use[name] ?? 0;
      return `  ${what.padEnd(44)}${count.toFixed(2).padStart(7)} ${`${unit}${count === 1 ? '' : 's'}`.padEnd(10)}${dollars(count * usd).padStart(9)}`;
    });
  return [
    `Estimate: ${dollars(costOf(use) + small)} for about ${minutes} minutes, by list prices of ${pricesNoted} (${pricesFrom}, East US, pay as you go).`,
    ...rows,
    `  ${'Storage account, key vault, traffic'.padEnd(62)}${dollars(small).padStart(9)}`,
    `It is an estimate: the prices were noted by hand and may have changed, and your region and agreement may differ. All that is made is removed when it ends, after ${hours} hours at the latest.`,
  ].join('\n');
}
