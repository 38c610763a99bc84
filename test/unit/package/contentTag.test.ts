import assert from 'node:assert/strict';
import type { RegisteredModel } from '../../../tasks/common/azure/ml/registeredModel';
import type { AzureRequest } from '../../../tasks/common/azure/http/session';
import { fakeWorkspace } from '../../support/fakeWorkspace';
import { textFile } from '../../../tasks/PackageImage/context/buildContext';
import { contentTag, environmentTag } from '../../../tasks/PackageImage/plan/contentTag';
import type { BuildArgument, ImagePlan } from '../../../tasks/PackageImage/plan/imagePlan';
import { registerEnvironment } from '../../../tasks/PackageImage/image/registeredEnvironment';
import { Secret } from '../../../tasks/common/secret';

const signal = new AbortController().signal;

interface Parts {
  base: string;
  requirements: string;
  code: string;
  id: string;
  server: string;
  secret: string;
  argument: string;
}
const parts: Parts = {
  base: 'b@1',
  requirements: 'numpy',
  code: 'x',
  id: '/models/m/versions/1',
  server: 's',
  secret: 'p',
  argument: 'a',
};

function plan({ base, requirements, code, server, secret, argument }: Parts): ImagePlan {
  const secretArgument: BuildArgument = { name: 'PIP_INDEX_URL', value: new Secret(secret) };
  return {
    environment: {
      dockerfile: `FROM ${base}`,
      files: [textFile('requirements.txt', requirements)],
      arguments: [secretArgument],
    },
    dockerfile: (environment) => `FROM ${environment}\nCMD ${server}`,
    dockerfilePath: 'Dockerfile',
    files: [textFile('score.py', code)],
    arguments: [{ name: 'A', value: argument }],
    port: 5001,
    readinessPath: '/',
    scoringPath: '/score',
  };
}

const tagOf = (changes: Partial<Parts> = {}) => {
  const all = { ...parts, ...changes };
  return contentTag(plan(all), { id: all.id } as RegisteredModel, signal);
};

describe('the tag of a content', () => {
  it('is a tag, and the same for the same content', async () => {
    assert.match(await tagOf(), /^content-[0-9a-f]{32}$/);
    assert.equal(await tagOf(), await tagOf());
    assert.equal(await tagOf({ id: parts.id.toUpperCase() }), await tagOf(), 'ARM ids have no case');
  });

  for (const part of ['base', 'requirements', 'code', 'id', 'server', 'argument'] as const) {
    it(`changes with the ${part}`, async () => assert.notEqual(await tagOf({ [part]: 'other' }), await tagOf()));
  }

  it('stays when a secret is renewed', async () => assert.equal(await tagOf({ secret: 'new' }), await tagOf()));
});

describe('the tag of an environment', () => {
  const environmentOf = (changes: Partial<Parts>) =>
    environmentTag(plan({ ...parts, ...changes }).environment!, signal);

  it('stays with another model and other code, and changes with base and requirements', async () => {
    const tag = await environmentOf({});
    assert.match(tag, /^environment-[0-9a-f]{32}$/);
    assert.equal(await environmentOf({ code: 'other', id: 'other', secret: 'new' }), tag);
    assert.notEqual(await environmentOf({ base: 'other' }), tag);
    assert.notEqual(await environmentOf({ requirements: 'other' }), tag);
  });
});

describe('the registered environment', () => {
  const image = 'r/a@sha256:1';

  function workspace(versions: Array<{ id: string; name: string; properties: { image: string } }>) {
    const sent: AzureRequest[] = [];
    const request = (asked: AzureRequest) => {
      sent.push(asked);
      if (asked.method === 'PUT') return Promise.resolve({ status: 201, body: { id: `/${asked.url}` } });
      if (asked.url.endsWith('/versions')) return Promise.resolve({ status: 200, body: { value: versions } });
      return Promise.resolve(
        versions.length > 0 ? { status: 200, body: { properties: { nextVersion: '8' } } } : { status: 404, body: {} },
      );
    };
    return { sent, workspace: fakeWorkspace(request) };
  }

  it('is the first version of a name that is new', async () => {
    const { sent, workspace: fake } = workspace([]);
    assert.equal(
      await registerEnvironment(fake, 'a', image, plan(parts), { model: 'm' }, signal),
      '/environments/a/versions/1',
    );
    const route = (path: string) => ({ path, port: 5001 });
    assert.deepEqual(sent.at(-1)?.body, {
      properties: {
        image,
        osType: 'Linux',
        inferenceConfig: { livenessRoute: route('/'), readinessRoute: route('/'), scoringRoute: route('/score') },
        tags: { model: 'm' },
      },
    });
  });

  it('is the next version for another image, and the version that is there for the same', async () => {
    const other = workspace([{ id: '/old', name: '7', properties: { image: 'r/a@sha256:0' } }]);
    assert.equal(
      await registerEnvironment(other.workspace, 'a', image, plan(parts), {}, signal),
      '/environments/a/versions/8',
    );
    const same = workspace([{ id: '/old', name: '7', properties: { image } }]);
    assert.equal(await registerEnvironment(same.workspace, 'a', image, plan(parts), {}, signal), '/old');
    assert.ok(!same.sent.some(({ method }) => method === 'PUT'));
  });
});
