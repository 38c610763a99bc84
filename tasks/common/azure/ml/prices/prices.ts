import { isAzureFailure } from '../../http/azureFailure';
import { messageOf } from '../../../messageOf';
import type { Cluster, Computes } from '../computes';
import type { Workspace } from '../workspace';
import { priceIn, readPriceList, type HourlyPrice, type PriceList } from './priceList';

/** What a job, a trial or a step says of where it runs. */
export interface ComputeUse {
  /** Name or ARM id of a compute; undefined or `serverless` for serverless compute. */
  readonly compute?: string;
  /** The size of serverless nodes. */
  readonly instanceType?: string;
  /** Serverless nodes that may be taken away. */
  readonly isLowPriority?: boolean;
}

/** Where something runs, with what an hour of a node costs there, or why nobody knows. */
export interface Machine {
  readonly compute: string;
  readonly price?: HourlyPrice;
  /** A sentence that says why there is no price. */
  readonly gap?: string;
  readonly scale?: Cluster['scale'];
}

type Answer<T> = { readonly value: T } | { readonly gap: string };

/**
 * What the nodes of a workspace's computes cost. Whatever is asked is asked of Azure once: one request for the computes, which are
 * read anyhow before a job is sent to them, and one for the price list of a region. What cannot be read is a gap, which is not asked for again.
 */
export class Prices {
  private readonly clusters = new Map<string, Promise<Answer<Cluster>>>();
  private readonly lists = new Map<string, Promise<Answer<PriceList>>>();
  private readAt: number | undefined;

  constructor(
    private readonly workspace: Workspace,
    private readonly computes: Computes,
    private readonly now: () => number,
    private readonly signal: AbortSignal,
  ) {}

  /** When the price list was read: milliseconds since the epoch. */
  get asOf(): number | undefined {
    return this.readAt;
  }

  /** Where each of these runs, in the same order. */
  async of(uses: readonly ComputeUse[]): Promise<Machine[]> {
    const names = new Set(uses.map(nameOf).filter((name) => name !== undefined));
    this.askFor([...names].filter((name) => !this.clusters.has(name.toLowerCase())));
    return Promise.all(uses.map((use) => this.machine(use)));
  }

  private askFor(names: readonly string[]): void {
    const isSeveral = names.length > 1;
    for (const name of names) {
      const what = isSeveral ? 'The computes' : `The compute ${name}`;
      const asked = this.try(() => this.computes.find(name, isSeveral), what);
      this.clusters.set(
        name.toLowerCase(),
        asked.then((answer) => foundOf(answer, name)),
      );
    }
  }

  private async machine(use: ComputeUse): Promise<Machine> {
    const name = nameOf(use);
    if (name === undefined) return this.serverless(use);
    const found = (await this.clusters.get(name.toLowerCase()))!;
    if ('gap' in found) return { compute: name, gap: found.gap };
    const { kind, size, os, isLowPriority, location, scale } = found.value;
    const common = { compute: name, ...(scale && { scale }) };
    if (kind !== 'AmlCompute' && kind !== 'ComputeInstance') {
      return { ...common, gap: `Azure ML has no price for computes of the kind ${kind}, such as ${name}.` };
    }
    if (!size) return { ...common, gap: `Azure ML does not say of which size the nodes of ${name} are.` };
    return { ...common, ...(await this.price(size, os, isLowPriority, location)) };
  }

  private async serverless({ instanceType, isLowPriority = false }: ComputeUse): Promise<Machine> {
    const compute = 'serverless';
    if (!instanceType)
      return { compute, gap: 'Azure ML chooses the size of serverless nodes where the job names none.' };
    return { compute, ...(await this.price(instanceType, 'Linux', isLowPriority)) };
  }

  private async price(
    size: string,
    os: HourlyPrice['os'],
    isLowPriority: boolean,
    location?: string,
  ): Promise<Pick<Machine, 'price' | 'gap'>> {
    const place = await this.place(location);
    if ('gap' in place) return place;
    const list = await this.list(place.value);
    if ('gap' in list) return list;
    const found = priceIn(list.value, { size, os, isLowPriority });
    if (typeof found !== 'string') return { price: found };
    return { gap: `Azure ML gives no price in ${place.value}: ${found}.` };
  }

  private async place(location: string | undefined): Promise<Answer<string>> {
    if (location) return { value: location.toLowerCase().replace(/\s+/g, '') };
    return this.try(
      async () => (await this.workspace.resource()).location.toLowerCase(),
      'The region of the workspace',
    );
  }

  private list(location: string): Promise<Answer<PriceList>> {
    const known = this.lists.get(location);
    if (known) return known;
    const read = async () => {
      const list = await readPriceList(this.workspace, location, this.signal);
      this.readAt ??= this.now();
      return list;
    };
    const asked = this.try(read, `Azure ML's price list of ${location}`);
    this.lists.set(location, asked);
    return asked;
  }

  private async try<T>(read: () => Promise<T>, what: string): Promise<Answer<T>> {
    try {
      return { value: await read() };
    } catch (error) {
      if (this.signal.aborted) throw error;
      const right = isAzureFailure(error, 401, 403) && /price list/.test(what) ? neededRight : '';
      return { gap: `${what} cannot be read: ${messageOf(error)}${right}` };
    }
  }
}

const neededRight =
  ' It takes the right Microsoft.MachineLearningServices/locations/vmSizes/read on the subscription, which the role Reader has.';

function foundOf(answer: Answer<Cluster | undefined>, name: string): Answer<Cluster> {
  if ('gap' in answer) return answer;
  return answer.value ? { value: answer.value } : { gap: `The workspace has no compute ${name}.` };
}

/** The name of the compute; undefined for serverless. */
function nameOf({ compute }: ComputeUse): string | undefined {
  const name = compute
    ?.replace(/^azureml:(?!\/)/i, '')
    .split('/')
    .at(-1);
  return name === undefined || name === '' || /^serverless$/i.test(name) ? undefined : name;
}
