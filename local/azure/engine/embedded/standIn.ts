import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPython, type Python } from '../../../python/findPython';
import { formatImageReference, type ImageReference } from '../imageReference';
import { outcomeFormat } from './buildCache';
import { standInLabel, writeEnvironment, type ImageConfig } from '../imageConfig';
import { layerTime } from './layerEntry';
import type { Layer, LayerStore } from './layerStore';
import { RootFileReader } from './rootFileReader';
import type { WorkFolder } from '../workFolder';

const run = promisify(execFile);

/** Where the Python of a stand-in is inside the image. */
export const standInPython = '/opt/python';
const directories = [
  'app',
  'etc',
  'home',
  'mnt',
  'opt',
  'root',
  'srv',
  'tmp',
  'usr/local/bin',
  'var/azureml-app',
  'var/log',
];

export interface StandIn {
  config: ImageConfig;
  layers: Layer[];
  python: Python;
}

/**
 * Takes the place of a base image that is not on this machine: an empty system with a virtual environment of this machine's
 * Python in it. Its layer is made once for each Python and kept in the cache.
 */
export class StandInBases {
  private layer: Promise<{ layer: Layer; python: Python }> | undefined;

  constructor(
    private readonly cacheDir: string,
    private readonly store: LayerStore,
    private readonly work: WorkFolder,
  ) {}

  async get(reference: ImageReference, architecture: string): Promise<StandIn> {
    this.layer ??= this.make();
    this.layer.catch(() => (this.layer = undefined));
    const { layer, python } = await this.layer;
    const created = layerTime.toISOString();
    const path = [
      `${standInPython}/bin`,
      '/usr/local/sbin',
      '/usr/local/bin',
      '/usr/sbin',
      '/usr/bin',
      '/sbin',
      '/bin',
    ];
    const config: ImageConfig = {
      created,
      architecture,
      os: 'linux',
      config: {
        Env: writeEnvironment({ PATH: path.join(':'), LANG: 'C.UTF-8', AML_APP_ROOT: '/var/azureml-app' }),
        Cmd: ['python3'],
        Labels: { [standInLabel]: formatImageReference(reference) },
      },
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
      history: [{ created, created_by: `stand-in with Python ${python.version} of this machine` }],
    };
    return { config, layers: [layer], python };
  }

  private async make(): Promise<{ layer: Layer; python: Python }> {
    const python = await findPython();
    const recipe = JSON.stringify([outcomeFormat, python, directories]);
    const key = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
    const record = join(this.cacheDir, 'stand-ins', `${key}.json`);
    if (existsSync(record)) {
      const layer = this.store.find((JSON.parse(readFileSync(record, 'utf8')) as { diffId: string }).diffId);
      if (layer) return { layer, python };
    }
    const root = this.work.reserve('stand-in');
    try {
      for (const directory of directories) mkdirSync(join(root, directory), { recursive: true });
      await makeEnvironment(python, root + standInPython);
      const layer = await this.store.create(await new RootFileReader(root).entries('', ''));
      mkdirSync(join(this.cacheDir, 'stand-ins'), { recursive: true });
      writeFileSync(record, JSON.stringify({ diffId: layer.diffId }));
      return { layer, python };
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
}

async function makeEnvironment(python: Python, directory: string): Promise<void> {
  try {
    // Compiled files are checked by content, as the layer sets the time of every file.
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(layerTime.getTime() / 1000) };
    await run(python.executable, ['-m', 'venv', directory], { env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const hint = /ensurepip/.test(stdout + stderr) ? ' Install the package python3-venv.' : '';
    throw new Error(`${python.executable} could not make a virtual environment.${hint}\n${stdout}${stderr}`.trim(), {
      cause: error,
    });
  }
}
