/** The regions of the local cloud, by their short names. */
export const regionNames: Record<string, string> = { eastus: 'East US', westus: 'West US', westeurope: 'West Europe' };
