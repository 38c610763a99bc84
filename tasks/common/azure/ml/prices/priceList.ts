import type { VirtualMachineSize } from '@azure/arm-machinelearning';
import type { Workspace } from '../workspace';

/** What an hour of one node costs, by Azure ML's own estimate: a list price, without the discounts of a contract. */
export interface HourlyPrice {
  /** As the price list spells it, e.g. Standard_DS3_v2. */
  readonly size: string;
  readonly tier: 'Standard' | 'LowPriority' | 'Spot';
  readonly os: 'Linux' | 'Windows';
  readonly perHour: number;
  /** Such as USD. */
  readonly currency: string;
}

/** The sizes of a region with their prices, as far as they are needed here. */
export type PriceList = readonly Pick<VirtualMachineSize, 'name' | 'estimatedVMPrices'>[];

/** What prices are asked for. */
export interface Wanted {
  readonly size: string;
  readonly os: HourlyPrice['os'];
  readonly isLowPriority: boolean;
}

/** Source: azure-rest-api-specs, machineLearningServices.json, VirtualMachineSizes_List. */
export async function readPriceList(workspace: Workspace, location: string, signal: AbortSignal): Promise<PriceList> {
  const { value = [] } = await workspace.ask(
    ({ virtualMachineSizes }, _, options) => virtualMachineSizes.list(location, options),
    { shape: { value: 'list' }, signal },
  );
  return value;
}

/**
 * The price of a size. Of several for the same machine the highest counts: a budget must not be passed because of a low guess.
 * @returns why there is none, as a part of a sentence, where the list does not say it in full
 */
export function priceIn(list: PriceList, { size, os, isLowPriority }: Wanted): HourlyPrice | string {
  const found = list.find(({ name }) => name?.toLowerCase() === size.toLowerCase());
  if (!found) return `the price list does not have the size ${size}`;
  const { billingCurrency: currency, unitOfMeasure: unit, values = [] } = found.estimatedVMPrices ?? {};
  // What is cheap because it may be taken away is called Spot in one place and LowPriority in another.
  const tiers: readonly HourlyPrice['tier'][] = isLowPriority ? ['LowPriority', 'Spot'] : ['Standard'];
  for (const tier of tiers) {
    const prices = values
      .filter(({ osType, vmTier }) => same(osType, os) && same(vmTier, tier))
      .map(({ retailPrice }) => retailPrice)
      .filter((price) => typeof price === 'number' && Number.isFinite(price) && price > 0);
    if (prices.length === 0) continue;
    if (!same(unit, 'OneHour')) return `the price of ${size} is by ${unit}, not by the hour`;
    if (!currency) return `the price of ${size} names no currency`;
    return { size: found.name ?? size, tier, os, perHour: Math.max(...prices), currency };
  }
  return `the price list has no ${isLowPriority ? 'low-priority ' : ''}${os} price for the size ${size}`;
}

function same(one: string | undefined, other: string): boolean {
  return one?.toLowerCase() === other.toLowerCase();
}
