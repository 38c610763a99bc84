import path from 'node:path';
import { parseArgs } from 'node:util';

export const help = `npm run real-azure [-- options]

Creates a resource group of its own in your Azure subscription with only what is needed, runs the quickstart's pipeline and the cases
that nothing has proven yet, records the traffic (sanitised), says what differs from local Azure, and removes everything it created.
Before it creates anything, it says what it will cost and asks for confirmation.

  --list               the cases, with what is assumed, minutes and cost; creates nothing
  --only name          only this case; may be repeated
  --subscription id    the subscription that pays, if you have several
  --location name      the region (default: eastus)
  --hours n            when everything is removed at the latest (default: 3)
  --yes                does not ask for confirmation
  --no-comparison      does not run the same cases against local Azure
  --clean-up           removes what interrupted runs have left, also those of other machines, and ends
  --directory folder   where recordings and the report are put (default: .local/real-azure)

Signed in by az login, or by AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET. Another cloud: ARM_CLOUD_METADATA_URL.
See docs/guides/real-azure.md.`;

export interface Options {
  list: boolean;
  only: string[];
  subscription?: string;
  location: string;
  /** Whole or broken. */
  hours: number;
  yes: boolean;
  comparison: boolean;
  cleanUp: boolean;
  folder: string;
}

/** @returns undefined where the help was asked for */
export function readOptions(args: string[], root: string): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean' },
      list: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      subscription: { type: 'string' },
      location: { type: 'string', default: 'eastus' },
      hours: { type: 'string', default: '3' },
      yes: { type: 'boolean', default: false },
      'no-comparison': { type: 'boolean', default: false },
      'clean-up': { type: 'boolean', default: false },
      directory: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const hours = Number(values.hours);
  if (!(hours > 0 && hours <= 24))
    throw new Error(`--hours takes a number above 0, 24 at most, and got '${values.hours}'.`);
  return {
    list: values.list,
    only: values.only.flatMap((names) => names.split(',')).filter(Boolean),
    subscription: values.subscription ?? process.env.AZURE_SUBSCRIPTION_ID,
    location: values.location,
    hours,
    yes: values.yes,
    comparison: !values['no-comparison'],
    cleanUp: values['clean-up'],
    folder: path.resolve(values.directory ?? path.join(root, '.local', 'real-azure')),
  };
}
