import { localCloud } from '../../../local/azure/context';
import { registryPath } from '../../local/containers/acrBuild';
import { runBuiltTask, TestJob } from '../../support/agent';
import { ImageRegistry } from '../../support/imageRegistry';
import { registerModel } from '../../support/registeredModel';
import type { Scenario } from '../scenario';
import type { World } from '../world';

const dockerfile = `ARG BASE_IMAGE=mcr.microsoft.com/azureml/curated/minimal-py311-inference:latest
FROM \${BASE_IMAGE}
COPY model/ /model/
COPY id.txt serve.py /
EXPOSE 8080
CMD ["python3", "/serve.py"]
`;

/** Answers whatever it is asked, so that whoever starts the image finds it well. */
const server = `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"[]")
    do_POST = do_GET
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
`;

/** Runs of the registry that push to the repository, with their states. */
async function builds({ cloud }: World, repository: string): Promise<Array<{ id: string; status: string }>> {
  const { json } = await cloud.arm('GET', `${registryPath}/runs?api-version=2019-06-01-preview&$top=1000`);
  const { value } = json as {
    value: Array<{
      properties: { runId: string; status: string; outputImages?: Array<{ repository: string }> };
    }>;
  };
  return value
    .filter(({ properties }) => properties.outputImages?.some((image) => image.repository === repository))
    .map(({ properties }) => ({ id: properties.runId, status: properties.status }));
}

export const packageImage: Scenario = {
  name: 'Package-Image',
  ends: 'succeeded',
  async prepare(world, id) {
    const { azure, ml, cloud } = world;
    const { name, record } = await registerModel(azure, { 'model.txt': id });
    const job = new TestJob('build', azure);
    job.variables.set('Build.BuildId', id.replace(/\D/g, ''));
    const repository = `team/${id}`;
    return {
      run: (options) =>
        runBuiltTask('PackageImage', {
          ...options,
          job,
          refName: 'package',
          inputs: {
            azureSubscription: localCloud.serviceConnectionId,
            recordFile: 'record/mlops-record.json',
            packaging: 'dockerfile',
            dockerfile: 'image/Dockerfile',
            baseImage: '',
            imageRepository: repository,
          },
          files: {
            'record/mlops-record.json': JSON.stringify(record),
            'image/Dockerfile': dockerfile,
            'image/serve.py': server,
            'image/id.txt': id,
          },
        }),
      async afterPostJob() {
        const running = (await builds(world, repository)).filter(({ status }) => /Queued|Started|Running/.test(status));
        return running.map((run) => `the build ${run.id} is ${run.status} after the post-job step`);
      },
      async whenDone({ outputs, issues }, _requests, how) {
        const problems: string[] = [];
        const all = await builds(world, repository);
        const ran = all.filter(({ status }) => !(how?.afterKill && status === 'Canceled'));
        if (ran.map(({ status }) => status).join() !== 'Succeeded') {
          problems.push(`builds are ${ran.map((run) => run.status).join(', ') || 'none'}`);
        }
        const { imageDigest, image, environmentId } = outputs;
        const tagged = await new ImageRegistry(cloud).manifest(repository, 'v1').catch(() => undefined);
        const warned = how?.lasting ? issues.map(({ message }) => message).join('\n') : '';
        const isTagSaid = /could not be given the tag v1/.test(warned);
        if (!imageDigest || (tagged?.digest !== imageDigest && !isTagSaid))
          problems.push('the tag v1 is of another image');
        const { body } = (await ml.call('GET', ml.arm(`/models/${name}/versions/1`))) as {
          body: { properties: { tags: { image?: string } } };
        };
        if (body.properties.tags.image !== image && !/tag/.test(warned)) problems.push('the model is not tagged');
        if (!environmentId && !/environment/i.test(warned)) problems.push('the environment is not registered');
        return problems;
      },
      async whenFailed({ log }) {
        const problems: string[] = [];
        const ran = await builds(world, repository);
        if (ran.length > 1) problems.push(`${ran.length} builds were started`);
        for (const run of ran) {
          const isNamed = log.some((line) => line.includes(run.id));
          if (!isNamed && run.status !== 'Canceled') problems.push(`the build ${run.id} (${run.status}) was not named`);
        }
        return problems;
      },
    };
  },
};
