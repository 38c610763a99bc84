import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sinon from 'sinon';
import type * as TaskLib from 'azure-pipelines-task-lib/task';
import { InputReader } from '../../../../tasks/common/task/inputReader';
import { readServiceConnection } from '../../../../tasks/common/task/agentServiceConnection';
import { readInputs as readDeployInputs } from '../../../../tasks/DeployACI/inputs';
import { revealed } from '../../../../tasks/common/secret';

const tl = createRequire(__filename)('azure-pipelines-task-lib/task') as typeof TaskLib;

describe('the inputs of a task', () => {
  /** In the order in which the agent was told to hide them. */
  let hidden: string[];
  let texts: Record<string, string>;
  beforeEach(() => {
    hidden = [];
    texts = {};
    sinon.stub(tl, 'getInput').callsFake((name) => texts[name]);
    sinon.stub(tl, 'filePathSupplied').returns(false);
    sinon.stub(tl, 'setSecret').callsFake((value) => {
      assert.doesNotMatch(value, /[\r\n]/);
      hidden.push(value);
    });
  });
  afterEach(() => sinon.restore());

  /** @returns what was read, and what is wrong */
  const read = <T>(get: (reader: InputReader) => T): { value: T; problem: string } => {
    const reader = new InputReader();
    const value = get(reader);
    try {
      reader.finish();
      return { value, problem: '' };
    } catch (error) {
      return { value, problem: (error as Error).message };
    }
  };

  describe('numbers', () => {
    const limits = { min: 1, max: 5, integer: true, unit: 'minutes' };
    for (const [text, value] of [
      ['1', 1],
      ['5', 5],
      [' 3 ', 3],
      ['', undefined],
    ] as const) {
      it(`take "${text}"`, () => {
        texts.n = text;
        assert.deepEqual(
          read((reader) => reader.number('n', limits)),
          { value, problem: '' },
        );
      });
    }
    for (const text of ['0', '6', '1.5', 'one', 'NaN', 'Infinity']) {
      it(`refuse "${text}", and say the limits`, () => {
        texts.n = text;
        const { problem } = read((reader) => reader.number('n', limits));
        assert.equal(problem, `Input n: "${text}" is not a whole number between 1 and 5 minutes.`);
      });
    }
    it('may have only one limit', () => {
      texts.n = '0.05';
      assert.match(read((reader) => reader.number('n', { min: 0.1 })).problem, /is not a number of at least 0\.1\./);
      assert.equal(read((reader) => reader.number('n', { max: 1 })).value, 0.05);
    });
  });

  it('keep any name of a line, and find one that stands twice', () => {
    texts.v = '__proto__=1\r\ntoString=2\n# comment\n\nb = x=y ';
    assert.deepEqual(Object.entries(read((reader) => reader.keyValues('v')).value), [['__proto__', '1'], ['toString', '2'], ['b', 'x=y']]); // prettier-ignore
    texts.v = 'a=1\na=2\nno sign';
    assert.match(
      read((reader) => reader.keyValues('v')).problem,
      /line 2 sets "a" a second time.*line 3, "no sign", is not/s,
    );
  });

  it('may be files, whose size is looked at before they are read', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'input-'));
    const file = path.join(folder, 'criteria.txt');
    writeFileSync(file, Buffer.from('\ufeffrmse < 5', 'utf16le'));
    assert.deepEqual(
      read((reader) => reader.textOf(file, 'criteriaFile')),
      { value: 'rmse < 5', problem: '' },
    );
    truncateSync(file, 100 * 1024 * 1024);
    assert.match(
      read((reader) => reader.textOf(file, 'criteriaFile')).problem,
      /^Input criteriaFile: The file .* has 104\.9 MB, more than/,
    );
    assert.deepEqual(
      read((reader) => reader.textOf(undefined, 'criteriaFile')),
      { value: undefined, problem: '' },
    );
    rmSync(folder, { recursive: true });
  });

  it('have the line ends of Linux', () => {
    texts.v = 'python train.py \\\r\n  --rate 0.1\r\n';
    assert.equal(read((reader) => reader.text('v')).value, 'python train.py \\\n  --rate 0.1');
  });

  it('are warned of where the agent has left a variable in them, and a secret one without a word of it', () => {
    texts.v = 'A=$(undefinedVar)\nB=$HOME $( x ) ${C}\nC=1 $(my.other-1)';
    texts.s = 'KEY=$(hiddenName)';
    const reader = new InputReader();
    assert.deepEqual(reader.keyValues('v').A, '$(undefinedVar)');
    reader.secretKeyValues('s');
    reader.finish();
    const [first, second, secret, ...more] = reader.warnings;
    assert.match(first!, /^Input v: line 1 contains \$\(undefinedVar\), .*no such variable/);
    assert.match(second!, /^Input v: line 3 contains \$\(my\.other-1\)/);
    assert.match(secret!, /^Input s: line 1 contains a variable/);
    assert.ok(!/hiddenName|KEY/.test(secret!));
    assert.deepEqual(more, []);
  });

  describe('secrets', () => {
    // What stands here for lines of base64 is made up.
    const body = ['Zmlyc3QtbGluZS1vZi1hLWtleQ', 'c2Vjb25kLWxpbmUtb2YtYS1rZXk', 'bGFzdC1saW5l=='];
    const pem = ['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----'].join('\n');
    const values = () =>
      read((reader) => revealed(reader.secretKeyValues('s', (name) => (/\W/.test(name) ? 'no name.' : undefined))));
    const showsNothing = (problem: string) => {
      for (const part of [...body, 'bGFzdC1saW5l', 'PRIVATE']) assert.ok(!problem.includes(part), problem);
    };

    it('with line breaks stand between double quotes', () => {
      texts.s = `A=short\nTLS_KEY="${pem}"\nB="one line" \nC=x"y"`;
      const { value, problem } = values();
      assert.deepEqual([value, problem], [{ A: 'short', TLS_KEY: pem, B: 'one line', C: 'x"y"' }, '']);
      for (const line of body) assert.ok(hidden.includes(line));
    });
    it('with line breaks of Windows are read alike', () => {
      texts.s = `TLS_KEY="${pem.replaceAll('\n', '\r\n')}"`;
      assert.deepEqual(values().value, { TLS_KEY: pem });
    });
    for (const [what, text] of [
      ['without quotes', `TLS_KEY=${pem}`],
      ['without quotes, in CRLF', `TLS_KEY=${pem.replaceAll('\n', '\r\n')}`],
      ['whose last line is a name with an = behind it', `A=b\n${body[2]}`],
      ['whose last line is a name with nothing behind it', `A=b\n${body[2]!.slice(0, -1)}`],
      ['whose line is the name twice', `${body[2]}x\n${body[2]}x`],
      ['with a character that no name has', `A=b\nbGFzdC1saW5l+/x=y`],
      ['whose quotes are never closed', `A="${pem}`],
      ['that begins in the middle', pem],
    ] as const) {
      it(`are refused without a word of them, and hidden first: one ${what}`, () => {
        texts.s = text;
        const { value, problem } = values();
        assert.match(problem, /Input s: .*line \d/s);
        showsNothing(problem);
        if (!what.endsWith('twice')) assert.ok(!JSON.stringify(value).includes('bGFzdC1saW5l'));
        for (const line of text.split(/\r?\n/)) {
          if (/^[A-Za-z0-9+/=]{8,}$/.test(line)) assert.ok(hidden.includes(line), 'each line is hidden');
        }
      });
    }
    it('hide nothing that is in every text', () => {
      texts.s = `A=true\nB="${pem}"\nC=a=`;
      values();
      for (const each of ['true', '=', 'a=', '-----BEGIN PRIVATE KEY-----', '-----END PRIVATE KEY-----', '']) {
        assert.ok(!hidden.includes(each), each);
      }
    });
    it('of one line are refused where they have more, and hidden first', () => {
      texts.key = pem;
      const { value, problem } = read((reader) => reader.secret('key'));
      assert.deepEqual([value, problem], [undefined, 'Input key: it contains a line break, and must be one line. Check that the secret variable ends where its value does.']); // prettier-ignore
      for (const line of body) assert.ok(hidden.includes(line));
    });
    it('of a service connection are hidden line by line', () => {
      const parameters: Record<string, string> = { serviceprincipalid: 'i', tenantid: 't', authenticationtype: 'spnCertificate', serviceprincipalcertificate: pem }; // prettier-ignore
      sinon.stub(tl, 'getEndpointUrl').returns('https://management.azure.com/');
      sinon.stub(tl, 'getEndpointDataParameter').callsFake((_id, key) => (key === 'subscriptionid' ? 's' : ''));
      sinon.stub(tl, 'getEndpointAuthorizationScheme').returns('ServicePrincipal');
      sinon.stub(tl, 'getEndpointAuthorizationParameter').callsFake((_id, key) => parameters[key.toLowerCase()]);
      readServiceConnection('c');
      assert.deepEqual(hidden, body);
    });
  });

  it('name a connection by its id and its page: the agent tells no name', () => {
    sinon.stub(tl, 'getEndpointUrl').returns('https://management.azure.com/');
    sinon.stub(tl, 'getEndpointDataParameter').returns('');
    const variables: Record<string, string> = { 'System.CollectionUri': 'https://dev.azure.com/o/', 'System.TeamProject': 'Quick starts' }; // prettier-ignore
    sinon.stub(tl, 'getVariable').callsFake((name) => variables[name]);
    assert.throws(
      () => readServiceConnection('0a1b'),
      /the service connection "0a1b" \(https:\/\/dev\.azure\.com\/o\/Quick%20starts\/_settings\/adminservices\?resourceId=0a1b\) names no subscription/,
    );
  });

  it('take for environment variables what Azure takes', () => {
    texts = { environmentVariables: 'my.setting=1\nMY-SETTING=2\n_a1=3\n1a=4', secretEnvironmentVariables: 'se.cret=value1\n_a1=value2' }; // prettier-ignore
    const { problem } = read((reader) => readDeployInputs(reader));
    for (const name of ['my.setting', 'MY-SETTING', '1a']) {
      assert.ok(
        problem.includes(`Input environmentVariables: "${name}" is not a valid name of an environment variable.`),
      );
    }
    assert.ok(!problem.includes('"_a1"') && !problem.includes('se.cret'));
    assert.match(problem, /secretEnvironmentVariables: line 1: it does not begin with a valid name/);
    assert.match(problem, /secretEnvironmentVariables: line 2: its name is also in environmentVariables/);
  });

  describe('a file that is not there', () => {
    const missing = (variables: Record<string, string>): string => {
      sinon.stub(tl, 'getVariable').callsFake((name) => variables[name]);
      (tl.filePathSupplied as sinon.SinonStub).returns(true);
      texts = { requestsFile: 'requests.json' };
      return read((reader) => reader.file('requestsFile')).problem;
    };
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), 'sources-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('in a job without sources is told of the checkout that is missing', () => {
      const problem = missing({ 'System.DefaultWorkingDirectory': folder, 'System.HostType': 'build' });
      assert.match(problem, /requestsFile: the file .*requests\.json does not exist\./);
      assert.match(problem, /"checkout: none" or is a deployment job: add the step "- checkout: self"/);
    });

    it('among sources, or in a classic release, is a matter of its path', () => {
      const release = missing({ 'System.DefaultWorkingDirectory': folder, 'System.HostType': 'release' });
      sinon.restore();
      sinon.stub(tl, 'getInput').callsFake((name) => texts[name]);
      sinon.stub(tl, 'filePathSupplied').returns(true);
      writeFileSync(path.join(folder, 'other.json'), '');
      const build = missing({ 'System.DefaultWorkingDirectory': folder, 'System.HostType': 'build' });
      for (const problem of [release, build]) {
        assert.match(problem, /Check the path; it starts at the working directory/);
        assert.doesNotMatch(problem, /checkout/);
      }
    });
  });

  it('has each secret value registered by itself, as a program may print it without its name', () => {
    texts.secrets = 'A = first-secret\nB="second-line\nthird-line"\n';
    const { value, problem } = read((reader) => reader.secretKeyValues('secrets'));
    assert.equal(problem, '');
    assert.deepEqual(revealed(value), { A: 'first-secret', B: 'second-line\nthird-line' });
    for (const each of ['first-secret', 'second-line', 'third-line']) assert.ok(hidden.includes(each), each);
  });
});
