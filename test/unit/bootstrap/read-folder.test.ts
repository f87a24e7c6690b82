import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { readFolder, showable, sourcesOf } from '../../../src/bootstrap/read-folder.ts';
import { BootstrapRejected } from '../../../src/bootstrap/rejected.ts';
import { Settings } from '../../../src/config/settings.ts';
import { loadFileVariables } from '../../../src/config.ts';
import { writeBootstrap } from '../../support/bootstrap-folder.ts';

/** Lists of lists, each ten times the one before. */
const bomb = (): string =>
  Array.from(
    { length: 9 },
    (_, level) => `a${level}: &a${level} [${Array(10).fill(level === 0 ? 1 : `*a${level - 1}`)}]`,
  ).join('\n');

/** Maps that merge the one before twice, so that the work doubles with each. */
const mergeBomb = (): string =>
  [
    'a0: &a0 {x: 1}',
    ...Array.from({ length: 60 }, (_, level) => `a${level + 1}: &a${level + 1} {<<: [*a${level}, *a${level}]}`),
  ].join('\n');

describe('the folder of a bootstrap', () => {
  let dirs: string[] = [];
  const write = async (files: Readonly<Record<string, unknown>>): Promise<string> => {
    const dir = await writeBootstrap(files);
    dirs.push(dir);
    return dir;
  };
  const folders = async (files: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv = {}) =>
    readFolder(await write(files), loadFileVariables(environment));
  const reading = async (files: Readonly<Record<string, unknown>>, environment: NodeJS.ProcessEnv = {}) =>
    sourcesOf(await folders(files, environment));
  const rejection = async (
    files: Readonly<Record<string, unknown>>,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<string> => {
    try {
      await reading(files, environment);
    } catch (error) {
      if (error instanceof BootstrapRejected) return error.message;
      throw error;
    }
    return expect.fail('it was not rejected');
  };
  afterEach(async () => {
    for (const dir of dirs) await rm(dir, { recursive: true });
    dirs = [];
  });

  it('reads a folder an application, in the order of their names, with or without jobs', async () => {
    const sources = await reading({
      'erp/application.json': { name: 'erp' },
      'crm/application.json': { name: 'crm' },
      'crm/jobs.json': [],
    });
    expect(sources).to.deep.equal([
      { folder: 'crm', application: { name: 'crm' }, jobs: [] },
      { folder: 'erp', application: { name: 'erp' } },
    ]);
  });

  it('passes over files, hidden folders and folders without definitions', async () => {
    const sources = await reading({
      'README.md': 'read me',
      '.git/application.json': { name: 'git' },
      'crm/roles.json': [],
    });
    expect(sources).to.deep.equal([]);
  });

  it('names whole numbers that would be rounded', async () => {
    const jobs = '[{"name": "a", "taskConfig": {"body": {"id": 12345678901234567890}}}]';
    const message = await rejection({ 'crm/application.json': { name: 'crm' }, 'crm/jobs.json': jobs });
    expect(message).to.include('crm/jobs.json: /0/taskConfig/body/id: is a whole number that would be rounded');
  });

  it('names every file that is no JSON', async () => {
    const message = await rejection({ 'crm/application.json': '{', 'erp/application.json': '[1,' });
    expect(message)
      .to.match(/crm\/application.json: is not JSON/)
      .and.match(/erp\/application.json: is not JSON/);
  });

  it('builds nothing of a file with more values than a set may have', async () => {
    const message = await rejection({
      'crm/application.json': { name: 'crm' },
      'crm/jobs.json': `[${'0,'.repeat(400_000)}0]`,
    });
    expect(message).to.include('crm/jobs.json: it has more than 400000 values');
  });

  it('wants to know whose jobs they are', async () => {
    expect(await rejection({ 'crm/jobs.json': [] })).to.include('crm/application.json: is missing');
  });

  it('reads files that begin with a byte order mark', async () => {
    const sources = await reading({ 'crm/application.json': '\uFEFF{"name":"crm"}' });
    expect(sources).to.deep.equal([{ folder: 'crm', application: { name: 'crm' } }]);
  });

  const crm = { 'crm/application.json': { name: 'crm' } };

  it('reads YAML as it reads JSON, with CRLF, a byte order mark, comments and merge keys', async () => {
    const sources = await reading({
      'crm/application.yaml': '\uFEFF# yaml-language-server: $schema=x\r\nname: crm\r\n',
      'crm/jobs.yml': [
        '- &usual',
        '  name: one # the first',
        '  pattern: 0 2 * * *',
        '  enabled: no',
        '  startAt: 2026-03-01',
        '  taskConfig: { url: "https://a.example", timeout: 5000 }',
        '- <<: *usual',
        '  name: two',
      ].join('\r\n'),
    });
    const one = {
      name: 'one',
      pattern: '0 2 * * *',
      enabled: 'no',
      startAt: '2026-03-01',
      taskConfig: { url: 'https://a.example', timeout: 5_000 },
    };
    expect(sources).to.deep.equal([
      { folder: 'crm', application: { name: 'crm' }, jobs: [one, { ...one, name: 'two' }] },
    ]);
  });

  for (const [what, text, said] of [
    ['a name twice', 'name: a\nname: b', 'is not YAML: Map keys must be unique at line 2, column 1'],
    ['a tab', 'a:\n\tb: 1', 'is not YAML: Tabs are not allowed as indentation'],
    ['two documents', 'a: 1\n---\nb: 2', 'has 2 YAML documents instead of one'],
    ['an unknown tag', 'a: !secret x', 'is not YAML: Unresolved tag: !secret'],
    ['no number', 'a: .nan', 'has NaN, which JSON does not support'],
    ['a large whole number', 'a: 12345678901234567890', '/a: is a whole number that would be rounded'],
    ['an alias of nothing', 'a: *b', 'is not valid YAML: the alias *b has no anchor before it'],
    ['itself', '&a [*a]', 'refers to itself by the alias *a'],
    ['itself merged', '&a { <<: *a }', 'refers to itself by the alias *a'],
    ['many levels', `${'['.repeat(70)}${']'.repeat(70)}`, 'is nested deeper than 64 levels'],
    ['more levels than the stack holds', `${'['.repeat(9_000)}`, 'is nested deeper than 64 levels'],
    ['many aliases', `- &a {x: 1}\n${'- *a\n'.repeat(20_001)}`, 'has more than 20000 aliases'],
    ['merges of merges', mergeBomb(), 'it has more than 400000 values'],
    ['a bomb of aliases', `${bomb()}`, 'it has more than 400000 values'],
  ] as const) {
    it(`rejects YAML with ${what}`, async () => {
      expect(await rejection({ ...crm, 'crm/jobs.yaml': text })).to.include(`crm/jobs.yaml: ${said}`);
    });
  }

  it('reads thousands of jobs that merge the usual fields', async () => {
    const jobs = Array.from({ length: 3_000 }, (_, index) => `- { <<: *usual, name: job-${index} }`).join('\n');
    const [source] = await reading({
      ...crm,
      'crm/jobs.yaml': `- &usual { name: usual, pattern: 0 2 * * * }\n${jobs}`,
    });
    expect(source?.jobs).to.have.length(3_001);
  });

  it('reads no pipe and no file that is too large', async () => {
    const dir = await write({ ...crm, 'erp/application.json': ' '.repeat(8 * 1_024 ** 2 + 1) });
    execFileSync('mkfifo', [path.join(dir, 'crm/jobs.yaml')]);
    const rejected = await readFolder(dir, loadFileVariables({})).catch((error: unknown) => error);
    expect(rejected).to.have.property('message').that.includes('crm/jobs.yaml: is not a regular file');
    expect(rejected).to.have.property('message').that.includes('erp/application.json: is larger than 8 MiB');
  });

  it('rejects two files of one resource', async () => {
    expect(await rejection({ ...crm, 'crm/application.yml': 'name: crm' })).to.include(
      'crm/application.yml: cannot be combined with crm/application.json',
    );
  });

  it('follows no link out of the folder', async () => {
    const outside = await write({ 'jobs.json': [] });
    const dir = await write(crm);
    await symlink(path.join(outside, 'jobs.json'), path.join(dir, 'crm/jobs.json'));
    await symlink(path.join(dir, 'crm'), path.join(dir, 'inside'));
    const rejected = await readFolder(dir, loadFileVariables({})).catch((error: unknown) => error);
    expect(rejected).to.have.property('message').that.includes('crm/jobs.json: is a link to a file outside');
    await rm(path.join(dir, 'crm/jobs.json'));
    expect(sourcesOf(await readFolder(dir, loadFileVariables({}))).map(({ folder }) => folder)).to.deep.equal([
      'crm',
      'inside',
    ]);
  });

  const jobs = [{ name: 'one', taskConfig: { auth: { token: '${env:JOBS_TOKEN}' }, path: '/$${env:NOT}/${T}' } }];

  it('fills in values of the environment, and shows none of them', async () => {
    const read = await folders(
      { 'crm/application.yaml': 'name: crm', 'crm/jobs.json': jobs },
      { JOBS_TOKEN: 'a-token-of-ours' },
    );
    expect(sourcesOf(read)[0]?.jobs).to.deep.equal([
      { name: 'one', taskConfig: { auth: { token: 'a-token-of-ours' }, path: '/$${env:NOT}/${T}' } },
    ]);
    const said = showable(read)('crm/application.json: no\ncrm/jobs.json: job "one": no a-token-of-ours');
    expect(said).to.equal('crm/application.yaml: no\ncrm/jobs.json: job "one": no ***');
  });

  it('leaves no placeholder that the environment cannot fill in', async () => {
    const said = (value: string, environment: NodeJS.ProcessEnv) =>
      rejection({ ...crm, 'crm/jobs.json': [{ name: value }] }, environment);
    const none = 'crm/jobs.json: /0/name: the environment variable JOBS_TOKEN is missing or empty';
    expect(await said('${env:JOBS_TOKEN}', {})).to.include(none);
    expect(await said('${env:JOBS_TOKEN}', { JOBS_TOKEN: '' })).to.include(none);
    for (const wrong of ['${env:}', '${env:JOBS_TO KEN}', 'a ${env:JOBS_TOKEN', '${env:1}']) {
      expect(await said(wrong, { JOBS_TOKEN: 'x' })).to.include('/0/name: has an invalid placeholder');
    }
    expect(await said('${env:JOBS_TOKEN}', { JOBS_TOKEN: '${env:OTHER}' })).to.include('contains a placeholder');
    const key = await rejection({ ...crm, 'crm/jobs.json': [{ '${env:JOBS_TOKEN}': 1 }] }, { JOBS_TOKEN: 'x' });
    expect(key).to.include('a name cannot contain a placeholder');
  });

  const readingValue = (value: string, environment: NodeJS.ProcessEnv) =>
    rejection({ ...crm, 'crm/jobs.json': [{ name: value }] }, environment);

  it('reads only variables with the prefix, and states how to rename the others', async () => {
    const message = await readingValue('${env:CRM_TOKEN}', { CRM_TOKEN: 'a secret of the machine' });
    expect(message).to.include(
      "crm/jobs.json: /0/name: can't read CRM_TOKEN: files can read only variables with the prefix",
    );
    expect(message).to.include('Rename it to JOBS_CRM_TOKEN').and.not.include('a secret of the machine');
    const folder = { ...crm, 'crm/jobs.json': [{ name: '${env:CRM_TOKEN}' }] };
    const [source] = await reading(folder, { BOOTSTRAP_ENV_PREFIX: 'CRM_', CRM_TOKEN: 'x' });
    expect(source?.jobs).to.deep.equal([{ name: 'x' }]);
    expect(() => loadFileVariables({ BOOTSTRAP_ENV_PREFIX: 'J' })).to.throw('BOOTSTRAP_ENV_PREFIX must be letters');
  });

  it('reads no setting of Carillon under any prefix, set or not', async () => {
    for (const name of [...Settings.keyof().options, 'CARILLON_TOKEN']) {
      const [prefix] = /^[^_]+_/.exec(name) ?? ['JOBS_'];
      for (const environment of [{}, { [name]: 'a hidden one' }]) {
        const message = await readingValue(`\${env:${name}}`, {
          ...environment,
          BOOTSTRAP_ENV_PREFIX: name === 'BOOTSTRAP_ENV_PREFIX' ? 'BOOTSTRAP_' : prefix,
        });
        expect(message).to.include(`can't read ${name}: it is a setting of Carillon`).and.not.include('a hidden one');
      }
    }
  });
});
