import assert from 'node:assert/strict';
import {
  environmentDockerfile,
  labelInstruction,
  scoringDockerfile,
  type EnvironmentImage,
  type ScoringImage,
} from '../../../tasks/PackageImage/plan/dockerfile';
import { parseDockerfile } from '../../../local/azure/engine/dockerfile/parse';

const base = `mcr.example.net/inference:1@sha256:${'a'.repeat(64)}`;
const environment: EnvironmentImage = {
  baseImage: base,
  hasConda: true,
  hasServerApart: false,
  variables: {},
  secretArguments: [],
};
const image: ScoringImage = {
  environment: `acr.example.net/cost-estimator@sha256:${'b'.repeat(64)}`,
  modelName: 'cost-estimator',
  modelVersion: '3',
  server: { module: 'azureml_inference_server_http', arguments: ['--entry_script', 'score.py'] },
  selfTest: true,
};

describe("the environment's Dockerfile", () => {
  it('is this, for a Conda file', () => {
    assert.equal(
      environmentDockerfile(environment),
      `# The Python environment of a scoring image, written by the pipeline task MLOpsPackageImage.
ARG BASE_IMAGE=${base}

FROM \${BASE_IMAGE}
USER root
WORKDIR /var/azureml-app
COPY dependencies/ dependencies/
# Conda first, pip after it: solved together they are more than the memory of a small build agent.
RUN conda env create --quiet --prefix environment --file dependencies/conda.yaml && conda clean --all --yes --quiet
RUN cd dependencies && ../environment/bin/python -m pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
ENV PATH=/var/azureml-app/environment/bin:$PATH PYTHONUNBUFFERED=1 HOME=/tmp LOGNAME=scoring
`,
    );
  });

  it("installs beside the base's own Python where there is no Conda file", () => {
    const text = environmentDockerfile({ ...environment, hasConda: false });
    assert.match(text, /^RUN python -m venv --system-site-packages environment$/m);
    assert.doesNotMatch(text, /conda/);
  });

  it('shows secret arguments to a stage that the image does not grow from', () => {
    const text = environmentDockerfile({ ...environment, secretArguments: ['PIP_INDEX_URL'] });
    const stages: string[][] = [];
    for (const { keyword, source } of parseDockerfile(text).instructions) {
      if (keyword === 'FROM') stages.push([]);
      stages.at(-1)?.push(source);
    }
    const [first = [], last = [], ...more] = stages;
    assert.deepEqual(more, []);
    assert.ok(first.includes('ARG PIP_INDEX_URL'));
    assert.ok(first.some((line) => line.includes('pip install')));
    assert.equal(last[0], 'FROM ${BASE_IMAGE}');
    assert.ok(last.includes('COPY --from=dependencies /var/azureml-app/environment environment'));
    assert.ok(!last.some((line) => /PIP_INDEX_URL|pip install/.test(line)));
  });
});

describe("the scoring image's Dockerfile", () => {
  it('is this, with a self-test', () => {
    assert.equal(
      scoringDockerfile(image),
      `# The scoring image of cost-estimator, written by the pipeline task MLOpsPackageImage.
# The base image with the Python environment.
FROM acr.example.net/cost-estimator@sha256:${'b'.repeat(64)} AS scoring
# The code, then the model: a new version of the model changes nothing above it.
COPY code/ ./
COPY model/ azureml-models/cost-estimator/3/
# A number, because the base may have no user of ours.
USER 10001

# What is checked here must hold, or there is no image. The image takes only the bill of materials from this stage.
FROM scoring AS checked
COPY check/ check/
RUN environment/bin/python check/self_test.py azureml_inference_server_http --entry_script score.py --model_dir "$PWD/azureml-models/cost-estimator/3"
USER root
RUN environment/bin/python check/bill_of_materials.py > sbom.cdx.json

FROM scoring
COPY --from=checked /var/azureml-app/sbom.cdx.json sbom.cdx.json
EXPOSE 5001
ENTRYPOINT []
# exec: the server itself is the first process and gets the SIGTERM that ends a container.
CMD exec environment/bin/python -m azureml_inference_server_http --entry_script score.py --model_dir "$PWD/azureml-models/cost-estimator/3" --port 5001
`,
    );
  });

  it('tests nothing unasked', () => {
    assert.doesNotMatch(scoringDockerfile({ ...image, selfTest: false }), /self_test/);
  });

  it('puts what a new version of a model changes below the code', () => {
    const changed = scoringDockerfile({ ...image, modelVersion: '4' }).split('\n');
    const first = scoringDockerfile(image)
      .split('\n')
      .findIndex((line, index) => line !== changed[index]);
    assert.equal(changed[first], 'COPY model/ azureml-models/cost-estimator/4/');
  });
});

describe('labels', () => {
  it('cannot leave their quotes, name a variable or add an instruction', () => {
    const text = labelInstruction({ a: 'x" b="y', c: '$HOME', d: 'one\nRUN rm -rf /', e: 'back\\slash' });
    const { instructions } = parseDockerfile(`FROM scratch\n${text}`);
    assert.equal(instructions.length, 2);
    assert.equal(
      text,
      'LABEL "a"="x\\" b=\\"y" \\\n      "c"="\\$HOME" \\\n      "d"="one RUN rm -rf /" \\\n      "e"="back\\\\slash"\n',
    );
  });

  it('are nothing where there are none', () => assert.equal(labelInstruction({}), ''));
});
