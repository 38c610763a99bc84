import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram, goProgram } from './installation';
import { tryCommand, type Client, type Tried, type World } from './world';

/** Every kind of user name and password that a registry takes. */
const logins = ({ environment }: World): Array<[string, string, string]> => [
  ['a service principal', environment.CLIENT ?? '', environment.SECRET ?? ''],
  ['the admin user', environment.REGISTRY ?? '', environment.ADMIN_PASSWORD ?? ''],
  ['a token', '00000000-0000-0000-0000-000000000000', environment.REFRESH_TOKEN ?? ''],
];

/** A folder with a layer in it, for as long as the action takes. */
async function withLayer(act: (folder: string, layer: string) => Promise<Tried[]>): Promise<Tried[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layer-'));
  try {
    const layer = join(folder, 'layer.tar');
    execFileSync('tar', ['-cf', layer, '-C', __dirname, 'main.ts']);
    return await act(folder, layer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const crane: Client = {
  name: 'crane',
  version: 'v0.20.2',
  install() {
    return goProgram('github.com/google/go-containerregistry/cmd/crane', this.version);
  },
  run: (world, program) =>
    withLayer(async (folder, layer) => {
      const server = world.environment.LOGIN_SERVER ?? '';
      const results: Tried[] = [];
      const tried = async (operation: string, args: string[], refusal?: RegExp): Promise<void> => {
        const command = { program, args, environment: { DOCKER_CONFIG: folder } };
        results.push(await tryCommand(world, operation, command, refusal));
      };
      await tried('catalog without a login', ['catalog', server], /UNAUTHORIZED/);
      await tried('pull with a wrong password', ['auth', 'login', server, '-u', 'someone', '-p', 'wrong']);
      await tried('catalog with a wrong password', ['catalog', server], /UNAUTHORIZED/);
      for (const [who, user, password] of logins(world)) {
        await tried(`auth login as ${who}`, ['auth', 'login', server, '-u', user, '-p', password]);
        await tried(`append as ${who}`, ['append', '-f', layer, '-t', `${server}/crane:1`]);
        await tried(`pull as ${who}`, ['pull', `${server}/crane:1`, join(folder, 'image.tar')]);
      }
      await tried('ls', ['ls', `${server}/crane`]);
      await tried('digest', ['digest', `${server}/crane:1`]);
      await tried('manifest', ['manifest', `${server}/crane:1`]);
      await tried('config', ['config', `${server}/crane:1`]);
      await tried('copy to another repository', ['copy', `${server}/crane:1`, `${server}/copied:1`]);
      await tried('push', ['push', join(folder, 'image.tar'), `${server}/pushed:1`]);
      await tried('mutate', ['mutate', `${server}/crane:1`, '--label', 'a=b', '-t', `${server}/crane:mutated`]);
      await tried('mutate with an annotation', [
        'mutate',
        `${server}/crane:1`,
        '--annotation',
        'a=b',
        '-t',
        `${server}/crane:noted`,
      ]);
      await tried('flatten', ['flatten', `${server}/crane:1`, '-t', `${server}/crane:flat`]);
      await tried('export', ['export', `${server}/crane:1`, join(folder, 'files.tar')]);
      await tried('ls with the whole names', ['ls', '--full-ref', `${server}/crane`]);
      await tried('digest with the whole name', ['digest', '--full-ref', `${server}/crane:1`]);
      await tried('copy of all tags', ['copy', '--all-tags', `${server}/crane`, `${server}/all`]);
      await tried('index append', ['index', 'append', '-m', `${server}/crane:1`, '-t', `${server}/crane:index`]);
      await tried('tag', ['tag', `${server}/crane:1`, '2']);
      await tried('validate', ['validate', '--remote', `${server}/crane:1`]);
      await tried('catalog', ['catalog', server]);
      await tried('delete of a tag', ['delete', `${server}/crane:2`]);
      await tried('manifest of a tag that is not there', ['manifest', `${server}/crane:none`], /MANIFEST_UNKNOWN/);
      await tried('ls of a repository that is not there', ['ls', `${server}/nonesuch`], /NAME_UNKNOWN/);
      return results;
    }),
};

export const skopeo: Client = {
  name: 'skopeo',
  version: "Debian's",
  install: () => debianProgram('skopeo'),
  run: (world, program) =>
    withLayer(async (folder, layer) => {
      const server = world.environment.LOGIN_SERVER ?? '';
      const results: Tried[] = [];
      const tried = async (operation: string, args: string[], refusal?: RegExp): Promise<void> => {
        results.push(await tryCommand(world, operation, { program, args }, refusal));
      };
      const image = `docker://${server}/skopeo:1`;
      await tried(
        'inspect without credentials',
        ['inspect', '--no-creds', image],
        /authentication required|unauthorized/,
      );
      for (const [who, user, password] of logins(world)) {
        const credentials = `${user}:${password}`;
        const archive = `tarball:${layer}`;
        await tried(`copy to the registry as ${who}`, ['copy', '--dest-creds', credentials, archive, image]);
        await tried(`inspect as ${who}`, ['inspect', '--creds', credentials, image]);
        await tried(`list-tags as ${who}`, ['list-tags', '--creds', credentials, image.replace(':1', '')]);
        const folderOf = `dir:${join(folder, who.replace(/ /g, '-'))}`;
        await tried(`copy from the registry as ${who}`, ['copy', '--src-creds', credentials, image, folderOf]);
      }
      const [[, user = '', password = ''] = []] = logins(world);
      const credentials = `${user}:${password}`;
      const both = ['--src-creds', credentials, '--dest-creds', credentials];
      await tried('copy within the registry', ['copy', ...both, image, `docker://${server}/other:1`]);
      await tried('copy in the format of Docker', ['copy', '-f', 'v2s2', ...both, image, `docker://${server}/other:2`]);
      await tried('inspect --config', ['inspect', '--config', '--creds', credentials, image]);
      await tried('inspect --raw', ['inspect', '--raw', '--creds', credentials, image]);
      await tried('copy to an archive of OCI', [
        'copy',
        '--src-creds',
        credentials,
        image,
        `oci-archive:${join(folder, 'oci.tar')}`,
      ]);
      await tried('copy from an archive of OCI', ['copy', '--dest-creds', credentials, `oci-archive:${join(folder, 'oci.tar')}`, `docker://${server}/archived:1`]); // prettier-ignore
      await tried('copy of all architectures', ['copy', '--all', ...both, image, `docker://${server}/other:3`]);
      await tried('sync to a folder', ['sync', '--src', 'docker', '--dest', 'dir', '--src-creds', credentials, `${server}/skopeo`, join(folder, 'synced')]); // prettier-ignore
      await tried('sync from a folder', ['sync', '--src', 'dir', '--dest', 'docker', '--dest-creds', credentials, join(folder, 'synced'), `${server}/synced`]); // prettier-ignore
      await tried('list-tags of what is not there', ['list-tags', '--creds', credentials, `docker://${server}/nonesuch`], /404/); // prettier-ignore
      await tried('delete', ['delete', '--creds', credentials, `docker://${server}/other:1`]);
      await tried('inspect of what is not there', ['inspect', '--creds', credentials, `docker://${server}/other:1`], /manifest unknown|not found/); // prettier-ignore
      return results;
    }),
};
