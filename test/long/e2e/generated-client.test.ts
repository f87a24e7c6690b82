import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { startTestService, type TestService } from '../../support/service.ts';

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, '../../..');
const GENERATOR = ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5'];

/** Fields with a default may be omitted in requests. */
const OPTIONAL = ['--default-non-nullable', 'false'];

const PROGRAM = `
  import createClient from 'openapi-fetch';
  import type { paths } from './schema.ts';

  const [, , baseUrl = '', token = ''] = process.argv;
  const client = createClient<paths>({ baseUrl, headers: { Authorization: \`Bearer \${token}\` } });
  await client.POST('/applications', { body: { name: 'crm' } });
  const made = await client.POST('/jobs', {
    body: {
      applicationId: 'crm', name: 'report', pattern: '0 2 * * *', taskType: 'HttpInvokerTask',
      taskConfig: { url: 'http://127.0.0.1:2/', method: 'GET' },
    },
  });
  console.log(made.response.status, made.data?.name, made.data?.taskType);
  const { error } = await client.GET('/jobs/{id}', { params: { path: { id: 'crm/none' } } });
  console.log(error?.code);
  // @ts-expect-error there is no such method of calls
  await client.PATCH('/jobs/{id}', { params: { path: { id: 'crm/report' } }, body: { taskConfig: { method: 1 } } });
  const { data: jobs = [] } = await client.GET('/jobs', { params: { query: { limit: 5 } } });
  console.log(jobs.map(({ name, nextRunAt }) => [name, typeof nextRunAt].join(' ')).join());
`;

describe('a client that openapi-typescript makes of the description', () => {
  let service: TestService;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-generated-'));
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    const options = ['--silent', '--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', ['install', ...options, ...GENERATOR], { cwd: folder, env: { ...process.env, INIT_CWD: folder } });
    service = await startTestService();
  });
  after(async () => {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('has its types, and works', async () => {
    const url = `${service.url}/_/scheduler`;
    await run('npx', ['openapi-typescript', `${url}/openapi.json`, '--output', 'schema.ts', ...OPTIONAL], {
      cwd: folder,
    });
    await writeFile(path.join(folder, 'program.ts'), PROGRAM);
    const compilerOptions = {
      ...{ strict: true, module: 'nodenext', target: 'es2024', skipLibCheck: true, types: ['node'], noEmit: true },
      typeRoots: [path.join(ROOT, 'node_modules/@types')],
      allowImportingTsExtensions: true,
    };
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    await run('tsc', ['-p', folder]).catch(({ stdout }) => expect.fail(stdout));
    const { stdout } = await run(process.execPath, ['program.ts', url, service.token()], { cwd: folder });
    expect(stdout.trim().split('\n')).to.deep.equal(['201 report HttpInvokerTask', 'JOB_NOT_FOUND', 'report string']);
  });
});
