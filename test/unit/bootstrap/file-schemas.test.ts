import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { FILE_NAMES, fileSchema } from '../../../src/bootstrap/file-schemas.ts';
import { JobFields } from '../../../src/commands/job/job-input.ts';
import { EXAMPLES } from '../../../src/http/openapi/examples.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const read = (file: string): unknown => JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'));

describe('the JSON Schemas of bootstrap files', () => {
  const ajv = new Ajv({ allowUnionTypes: true, validateFormats: false });
  const judges = Object.fromEntries(FILE_NAMES.map((name) => [name, ajv.compile(fileSchema(name))]));
  const faults = (name: string, file: unknown): string[] => {
    judges[name]?.(file);
    return (judges[name]?.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
  const job = {
    name: 'nightly',
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: { url: 'https://a.example', method: 'GET', timeout: '30s' },
  };

  it('are written down as they are: npm run file-schemas', () => {
    for (const name of FILE_NAMES) expect(read(`docs/schemas/${name}`)).to.deep.equal(fileSchema(name));
  });

  it('hold for the examples', () => {
    for (const folder of readdirSync(path.join(ROOT, 'examples/bootstrap'))) {
      for (const name of FILE_NAMES)
        expect(faults(name, read(`examples/bootstrap/${folder}/${name}`))).to.deep.equal([]);
    }
    for (const { application, jobs } of EXAMPLES.applyBootstrap.applications) {
      expect([...faults('application.json', application), ...faults('jobs.json', jobs)]).to.deep.equal([]);
    }
  });

  it('accept a $schema, which is beside a list of jobs', () => {
    const $schema = 'https://jobs.example.com/_/scheduler/schemas/jobs.json';
    expect(faults('jobs.json', { $schema, jobs: [job] })).to.deep.equal([]);
    expect(faults('application.json', { $schema, name: 'crm' })).to.deep.equal([]);
  });

  it('state what belongs to an application', () => {
    const application = {
      name: 'crm',
      variables: { STAGE: 'prod' },
      limits: { partner: { parallel: 2, rate: { count: 10, per: '1m' } } },
      calendars: { holidays: { dates: ['2026-12-25'] } },
      alertRules: {
        nightly: {
          job: 'nightly',
          condition: { kind: 'failures', count: 3 },
          receivers: [{ type: 'email', to: 'a@example.com' }],
        },
      },
      pauses: [{ job: 'nightly', until: '2026-12-01T00:00:00Z', reason: 'moved' }],
    };
    expect(faults('application.json', application)).to.deep.equal([]);
    for (const wrong of [
      { variables: { A: 1 } },
      { limits: { a: { most: 1 } } },
      { limits: { a: { parallel: 1, updatedBy: 'ann' } } },
    ]) {
      expect(faults('application.json', { name: 'crm', ...wrong })).to.have.length.greaterThan(0);
    }
  });

  it('know every field of a job, and what each may be', () => {
    const { definitions } = Object(fileSchema('jobs.json'));
    expect(Object.keys(definitions.HttpJobInFile.properties)).to.have.members(Object.keys(JobFields.options[0].shape));
    for (const [wrong, said] of [
      [{ ...job, cron: '* * * * *' }, 'must NOT have additional properties'],
      [{ ...job, enabled: 'yes' }, '/0/enabled must be boolean'],
      [{ ...job, overlap: 'never' }, '/0/overlap must be equal to one of the allowed values'],
      [{ ...job, taskConfig: { ...job.taskConfig, headers: { Cookie: { sealed: true } } } }, 'must be string'],
    ] as const) {
      expect(faults('jobs.json', [wrong]).join('\n')).to.include(said);
    }
  });
});
