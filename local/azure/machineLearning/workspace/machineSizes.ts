import type { FastifyInstance } from 'fastify';

/** USD an hour, on Linux and on Windows; undefined where the service names none. */
interface Prices {
  linux?: number;
  linuxLowPriority?: number;
  windows?: number;
  windowsLowPriority?: number;
}

/** Some of those that computes take. The sizes and prices of DS: azure-specs, examples/VirtualMachineSize/list.json; E4s: made up. */
const sizes: Array<[name: string, family: string, vCPUs: number, memoryGB: number, prices: Prices]> = [
  ['Standard_DS2_v2', 'standardDSv2Family', 2, 7, { linux: 0.15, linuxLowPriority: 0.03, windows: 0.25, windowsLowPriority: 0.1 }], // prettier-ignore
  ['Standard_DS3_v2', 'standardDSv2Family', 4, 14, { linux: 0.29, linuxLowPriority: 0.06, windows: 0.5, windowsLowPriority: 0.2 }], // prettier-ignore
  ['Standard_E4s_v3', 'standardESv3Family', 4, 32, { linux: 1, linuxLowPriority: 0.2 }],
];

/** The sizes of a region with what an hour of each costs by the service's own estimate, in US dollars. */
export function registerMachineSizes(app: FastifyInstance): void {
  app.get(
    '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location/vmSizes',
    async () => ({ value: sizes.map(answer) }),
  );
}

function answer([name, family, vCPUs, memoryGB, prices]: (typeof sizes)[number]) {
  const value = (retailPrice: number | undefined, osType: string, vmTier: string) =>
    retailPrice === undefined ? [] : [{ retailPrice, osType, vmTier }];
  return {
    name,
    family,
    vCPUs,
    gpus: 0,
    osVhdSizeMB: 1047552,
    maxResourceVolumeMB: 14336,
    memoryGB,
    lowPriorityCapable: true,
    premiumIO: true,
    estimatedVMPrices: {
      billingCurrency: 'USD',
      unitOfMeasure: 'OneHour',
      values: [
        ...value(prices.windows, 'Windows', 'Standard'),
        ...value(prices.linuxLowPriority, 'Linux', 'LowPriority'),
        ...value(prices.linux, 'Linux', 'Standard'),
        ...value(prices.windowsLowPriority, 'Windows', 'LowPriority'),
      ],
    },
    supportedComputeTypes: ['AmlCompute', 'ComputeInstance'],
  };
}
