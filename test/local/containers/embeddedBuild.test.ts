import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { archive, buildImage, registryPath, type BuildResult, type Files } from './acrBuild';
import { cloudClient, type CloudClient } from './cloudClient';

interface Layer {
  [path: string]: { type: string; mode: number; content: string; linkname?: string | null; mtime: number; uid: number };
}

describe('embedded builds', function () {
  // Room for a machine that does much else meanwhile.
  this.timeout(180_000);
  let cloud: CloudClient;
  let authorization: string;
  let count = 0;

  before(async function () {
    this.timeout(180_000);
    cloud = await cloudClient();
    const { json } = await cloud.arm('POST', `${registryPath}/listCredentials?api-version=2023-07-01`);
    authorization = `Basic ${Buffer.from(`${json.username}:${json.passwords[0].value}`).toString('base64')}`;
  });

  const fetchBytes = async (path: string): Promise<Buffer> => {
    const answer = await cloud.send('GET', `https://${cloud.loginServer}/v2/${path}`, { headers: { authorization } });
    assert.equal(answer.status, 200, path);
    return answer.bytes;
  };

  async function read(built: BuildResult): Promise<{
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    manifest: any;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    config: any;
    layers: Layer[];
  }> {
    const [[name, digest]] = Object.entries(built.digests) as [[string, string]];
    const repository = name.split(':')[0] as string;
    const manifest = JSON.parse((await fetchBytes(`${repository}/manifests/${digest}`)).toString());
    const config = JSON.parse((await fetchBytes(`${repository}/blobs/${manifest.config.digest}`)).toString());
    const layers: Layer[] = [];
    for (const descriptor of manifest.layers) {
      layers.push(await readLayer(await fetchBytes(`${repository}/blobs/${descriptor.digest}`)));
    }
    return { manifest, config, layers };
  }

  async function build(files: Files, request: Record<string, unknown> = {}): Promise<BuildResult> {
    const built = await buildImage(cloud, files, { imageNames: [`built-${++count}:1`], ...request });
    assert.equal(built.status, 'Succeeded', built.log);
    return built;
  }

  async function failure(
    dockerfile: string,
    files: Files = {},
    request: Record<string, unknown> = {},
  ): Promise<string> {
    const built = await buildImage(cloud, { Dockerfile: dockerfile, ...files }, request);
    assert.equal(built.status, 'Failed', built.log);
    return built.log;
  }

  it('copies as Docker does: folders by content, files into folders, wildcards, links, modes', async () => {
    const built = await build({
      Dockerfile: [
        'FROM scratch',
        'WORKDIR /app',
        'COPY src ./',
        'COPY run.sh renamed.sh',
        'COPY *.txt /texts/',
        'COPY ["with space.md", "/docs dir/"]',
      ].join('\n'),
      'src/a.py': 'a',
      'src/deep/b.py': 'b',
      'run.sh': { content: '#!/bin/sh\n', mode: 0o755 },
      'one.txt': '1',
      'two.txt': '2',
      'with space.md': 'text',
    });
    const { layers, config } = await read(built);
    const paths = layers.map((layer) => Object.keys(layer));
    assert.deepEqual(paths, [
      ['app/'],
      ['app/a.py', 'app/deep/', 'app/deep/b.py'],
      ['app/renamed.sh'],
      ['texts/', 'texts/one.txt', 'texts/two.txt'],
      ['docs dir/', 'docs dir/with space.md'],
    ]);
    assert.equal(layers[2]?.['app/renamed.sh']?.mode, 0o755);
    for (const file of layers.flatMap((layer) => Object.values(layer))) {
      assert.deepEqual([file.uid, file.mtime], [0, Date.UTC(2000, 0, 1)]);
    }
    assert.equal(config.config.WorkingDir, '/app');
    assert.deepEqual([config.os, config.architecture], ['linux', 'amd64']);
    assert.equal(config.rootfs.diff_ids.length, layers.length);
    assert.equal(config.history.filter((entry: { empty_layer?: boolean }) => !entry.empty_layer).length, layers.length);
  });

  it('gives each command the changes that it made itself, whatever stands between', async () => {
    const files = {
      Dockerfile: [
        'FROM python:3.11-slim',
        'WORKDIR /app',
        // New in each run: what the store and the cache know already is made another way.
        `RUN echo ${randomUUID()} > one`,
        'ENV NAME=two',
        'RUN echo $NAME > two',
        'COPY three three',
        'RUN echo four > four && rm one',
        'WORKDIR /app/five',
        'RUN echo five > five',
      ].join('\n'),
      three: '3',
    };
    const built = await build(files);
    const paths = (await read(built)).layers.map((layer) => Object.keys(layer).sort()).slice(-6);
    assert.deepEqual(paths, [
      ['app/one'],
      ['app/two'],
      ['app/three'],
      ['app/.wh.one', 'app/four'],
      ['app/five/'],
      ['app/five/five'],
    ]);
  });

  it('leaves out what .dockerignore says, and says what is not there', async () => {
    const files = {
      '.dockerignore': '# nothing secret\n*.key\nnode_modules\n!public.key\n**/*.tmp\n',
      'private.key': 'x',
      'public.key': 'x',
      'node_modules/x.js': 'x',
      'a/b/c.tmp': 'x',
      'a/b/c.txt': 'x',
    };
    const { layers } = await read(await build({ Dockerfile: 'FROM scratch\nCOPY . /all/\n', ...files }));
    assert.deepEqual(Object.keys(layers[0] ?? {}), [
      'all/', 'all/.dockerignore', 'all/Dockerfile', 'all/a/', 'all/a/b/', 'all/a/b/c.txt', 'all/public.key',
    ]); // prettier-ignore
    assert.match(
      await failure('FROM scratch\nCOPY private.key /\n', files),
      /file not found in build context or excluded by .dockerignore: stat private.key/,
    );
    assert.match(await failure('FROM scratch\nCOPY ../x /\n'), /forbidden path outside the build context/);
    assert.match(
      await failure('FROM scratch\nCOPY a b /c\n', { a: '', b: '' }),
      /must be a directory and end with a \//,
    );
  });

  it('runs commands on only the image, and keeps what they change as a layer', async () => {
    const built = await build({
      Dockerfile: [
        'FROM python:3.11-slim',
        'WORKDIR /place',
        'ENV NEW=/srv/made',
        'COPY old gone ./',
        'RUN mkdir -p /srv/made /etc/app && echo "path $NEW" > /etc/app/conf && cp old "$NEW/copy" && rm gone && chmod 700 old',
        "RUN [\"python\", \"-c\", \"import sys, os; open('/tmp-is-not-this' if 0 else 'where', 'w').write(sys.prefix + ' ' + os.getcwd())\"]",
        'RUN apt-get update && apt-get install -y curl && useradd -m app && chown app /place/old',
      ].join('\n'),
      old: 'old',
      gone: 'gone',
    });
    const { layers } = await read(built);
    const changed = layers.at(-2) ?? {};
    assert.deepEqual(Object.keys(changed), [
      'etc/app/', 'etc/app/conf', 'place/.wh.gone', 'place/old', 'srv/made/', 'srv/made/copy',
    ]); // prettier-ignore
    assert.equal(changed['etc/app/conf']?.content, 'path /srv/made\n', "the image's own path, not where it lies here");
    assert.equal(changed['place/old']?.mode, 0o700);
    assert.equal(layers.at(-1)?.['place/where']?.content, '/opt/python /place');
    assert.match(built.log, /^embedded engine: skipped apt-get install -y curl/m);
    assert.match(built.log, /^embedded engine: skipped useradd -m app/m);
    assert.match(built.log, /python is not on this machine: using the embedded stand-in \(Python 3\./);
  });

  it('builds in stages, up to the target, with arguments and variables', async () => {
    const Dockerfile = [
      'ARG BASE=scratch',
      'FROM ${BASE} AS tools',
      'ARG WORD=standard',
      'ENV SAID="${WORD} word" PATH=/tools:$PATH',
      'COPY tool /tools/${WORD}/',
      'FROM scratch AS middle',
      'COPY --from=tools /tools/ /taken/',
      'FROM middle',
      'COPY --from=0 /tools/given/tool /alone',
      'LABEL org.opencontainers.image.title="A tool" plain=label',
      'EXPOSE 5001 6000-6001/udp',
      'USER 10001:10001',
      'VOLUME /data',
      'STOPSIGNAL SIGINT',
      'HEALTHCHECK --interval=1m30s --retries=2 CMD check me',
      'ENTRYPOINT ["/taken/run"]',
      'CMD ["--fast"]',
    ].join('\n');
    const built = await build(
      { Dockerfile, tool: 'tool' },
      {
        arguments: [
          { name: 'WORD', value: 'given' },
          { name: 'UNUSED', value: 'x' },
        ],
      },
    );
    const { config, layers, manifest } = await read(built);
    assert.deepEqual(
      layers.map((layer) => Object.keys(layer)),
      [['taken/', 'taken/given/', 'taken/given/tool'], ['alone']],
    );
    assert.deepEqual(config.config, {
      Labels: { 'org.opencontainers.image.title': 'A tool', plain: 'label' },
      ExposedPorts: { '5001/tcp': {}, '6000/udp': {}, '6001/udp': {} },
      User: '10001:10001',
      Volumes: { '/data': {} },
      StopSignal: 'SIGINT',
      Healthcheck: { Test: ['CMD-SHELL', 'check me'], Interval: 90e9, Retries: 2 },
      Entrypoint: ['/taken/run'],
      Cmd: ['--fast'],
    });
    assert.equal(manifest.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
    assert.equal(manifest.annotations, undefined, "Docker's form has no place for annotations");
    assert.match(built.log, /One or more build-args \[UNUSED\] were not consumed/);

    const target = await read(await build({ Dockerfile, tool: 'tool' }, { target: 'tools' }));
    assert.deepEqual(target.config.config.Env, ['SAID=standard word', 'PATH=/tools:']);
    assert.match(await failure(Dockerfile, {}, { target: 'none' }), /failed to reach build target none/);
  });

  it('takes unchanged steps from the cache, and makes the same image of the same content', async () => {
    const unique = `${Date.now()}`;
    const files = {
      Dockerfile: 'FROM python:3.11\nRUN echo made > /made && echo $$ > /process\nCOPY code /code\nCOPY model /model\n',
      code: `code ${unique}`,
      model: '1',
    };
    const first = await build({ ...files, Dockerfile: `${files.Dockerfile}LABEL of=${unique}\n` });
    const again = await build({ ...files, Dockerfile: `${files.Dockerfile}LABEL of=${unique}\n` });
    assert.deepEqual(Object.values(again.digests), Object.values(first.digests));
    assert.equal(again.log.match(/^ ---> CACHED/gm)?.length, 3);
    const model = await build({ ...files, model: '2' });
    assert.equal(model.log.match(/^ ---> CACHED/gm)?.length, 2, 'a new model changes only the last layer');
    const fresh = await build(files, { noCache: true });
    assert.doesNotMatch(fresh.log, /CACHED/);
  });

  it('is not spoilt by a command that writes into files of an earlier layer', async () => {
    const head = 'FROM python:3.11\nCOPY log /log\n';
    const log = `line ${Date.now()}\n`;
    await build({ Dockerfile: `${head}RUN echo more >> /log && chmod 600 /log\n`, log });
    const { layers } = await read(await build({ Dockerfile: `${head}RUN cp /log /copy && ls -l /log > /mode\n`, log }));
    assert.equal(layers.at(-1)?.copy?.content, log);
    assert.match(layers.at(-1)?.mode?.content ?? '', /^-rw-r--r--/);
  });

  it('adds archives unpacked', async () => {
    const inner = await archive({ 'bin/tool': { content: 'tool', mode: 0o755 } });
    const { layers } = await read(
      await build({ Dockerfile: 'FROM scratch\nADD tools.tar.gz notes /opt/\n', 'tools.tar.gz': inner, notes: 'n' }),
    );
    assert.deepEqual(Object.keys(layers[0] ?? {}), ['opt/', 'opt/bin/', 'opt/bin/tool', 'opt/notes']);
    assert.equal(layers[0]?.['opt/bin/tool']?.mode, 0o755);
  });

  it('installs by pip into the image, and makes conda environments of the same Python', async () => {
    const wheel = makeWheel();
    const built = await build({
      Dockerfile: [
        'FROM mcr.microsoft.com/azureml/minimal-py311-inference:latest',
        'WORKDIR /app',
        'COPY . ./',
        'RUN conda env create --quiet --prefix environment --file conda.yaml && conda clean --all --yes',
        'RUN environment/bin/hello > said && environment/bin/python -c "import hello; print(hello.__file__)" >> said',
        'RUN python -m venv --system-site-packages venv && pip install --no-index ./hello_wheel-1.0-py3-none-any.whl && venv/bin/python -c "import hello; print(hello.__file__)" >> said',
        'RUN cat said && head -1 environment/bin/hello',
      ].join('\n'),
      'hello_wheel-1.0-py3-none-any.whl': wheel,
      'conda.yaml':
        'name: e\ndependencies:\n  - python=3.9\n  - pip\n  - libgomp\n  - pip:\n    - ./hello_wheel-1.0-py3-none-any.whl\n',
    });
    const { layers } = await read(built);
    const environment = layers.find((layer) => layer['app/environment/bin/hello']);
    assert.match(environment?.['app/environment/bin/hello']?.content ?? '', /^#!\/app\/environment\/bin\/python/);
    assert.match(built.log, /skipped the conda package libgomp/);
    assert.match(built.log, /the conda file asks for Python 3.9; this machine has 3\.\d+/);
    const text = JSON.stringify(layers.map((layer) => Object.values(layer).map((file) => file.content)));
    assert.ok(!text.includes('.local/cache/work'), 'no place of this machine in the layers');
    assert.match(
      built.log,
      /^hello\n\/app\/environment\/lib\/python[\d.]+\/site-packages\/hello\.py\n\/opt\/python\/lib\/python[\d.]+\/site-packages\/hello\.py\n#!\/app\/environment\/bin\/python/m,
    );
  });

  it('takes the packages of a Python of this machine where the package index is out of reach, and says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'python-'));
    const former = { ...process.env };
    try {
      const wheel = join(folder, 'hello.whl');
      writeFileSync(wheel, makeWheel());
      execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')]);
      const python = join(folder, 'venv', 'bin', 'python3');
      const where = ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'];
      const packages = execFileSync(python, where, { encoding: 'utf8' }).trim();
      execFileSync(python, ['-m', 'zipfile', '-e', wheel, packages]);
      // Nobody listens there.
      Object.assign(process.env, { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_FIND_LINKS: '', PIP_RETRIES: '0' });
      process.env.PATH = `${join(folder, 'venv', 'bin')}:${former.PATH}`;
      const install = (wheel: string): string => `FROM python:3.11\nRUN pip install ${wheel}\nRUN hello\n`;
      const built = await build({ Dockerfile: install('hello-wheel==1.0') }, { noCache: true });
      assert.match(
        built.log,
        /the package index is out of reach: trying again with the packages of .*venv\/bin\/python/,
      );
      assert.match(built.log, /the image uses packages of .*venv\/bin\/python/);
      assert.match(built.log, /^hello$/m);
      const other = await failure(install('hello-wheel==2.0'));
      assert.match(other, /no Python of this machine has what the command asks for \(tried: .*venv/);
      assert.match(other, /The command '\/bin\/sh -c pip install hello-wheel==2.0' returned a non-zero code: 1/);
    } finally {
      for (const name of ['PIP_INDEX_URL', 'PIP_FIND_LINKS', 'PIP_RETRIES', 'PATH']) {
        if (former[name] === undefined) delete process.env[name];
        else process.env[name] = former[name];
      }
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses what ACR's builder does not know, and what cannot be carried out", async () => {
    assert.match(
      await failure('FROM scratch\nRUN --mount=type=cache,target=/x true\n'),
      /--mount option requires BuildKit/,
    );
    assert.match(await failure('FROM scratch\nRUN <<EOF\necho\nEOF\n'), /unknown instruction: ECHO \(line 3\)/);
    assert.match(await failure('RUN x\n'), /no build stage/);
    assert.match(await failure('FROM scratch\nRUN echo\n'), /\/bin\/sh: no such file or directory/);
    assert.match(await failure('FROM scratch\nADD https://example.com/x /x\n'), /ADD of a URL is not carried out/);
    assert.match(await failure('FROM Not/Valid\n'), /invalid reference format/);
    assert.match(await failure('FROM scratch\n', {}, { dockerFilePath: 'Other' }), /lstat Other: no such file/);
  });
});

async function readLayer(compressed: Buffer): Promise<Layer> {
  const layer: Layer = {};
  const tar = extract();
  tar.end(gunzipSync(compressed));
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, type, mode = 0, linkname, mtime, uid = 0 } = entry.header;
    const content = Buffer.concat(chunks).toString('latin1');
    layer[name] = { type: type ?? 'file', mode, content, linkname, mtime: mtime?.getTime() ?? 0, uid };
  }
  return layer;
}

/** A wheel with one module and one program, so that no package index is needed. */
function makeWheel(): Buffer {
  const script = [
    'import io, sys, zipfile',
    'buffer = io.BytesIO()',
    'archive = zipfile.ZipFile(buffer, "w")',
    'info = "hello_wheel-1.0.dist-info/"',
    'files = {',
    '  "hello.py": "def main():\\n    print(\'hello\')\\n",',
    '  info + "METADATA": "Metadata-Version: 2.1\\nName: hello-wheel\\nVersion: 1.0\\n",',
    '  info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",',
    '  info + "entry_points.txt": "[console_scripts]\\nhello = hello:main\\n",',
    '}',
    'for name, content in files.items(): archive.writestr(name, content)',
    'archive.writestr(info + "RECORD", "".join(name + ",,\\n" for name in [*files, info + "RECORD"]))',
    'archive.close()',
    'sys.stdout.buffer.write(buffer.getvalue())',
  ].join('\n');
  return execFileSync('python3', ['-c', script]);
}
