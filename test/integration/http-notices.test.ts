import { expect } from 'chai';
import type { Express } from 'express';
import supertest from 'supertest';
import { DomainError } from '../../src/domain/domain-error.ts';
import type { ApiContext } from '../../src/http/context.ts';
import { done, testApp, tokenFor } from '../support/http.ts';
import { stub } from '../support/stub.ts';
import type { ManualWorld } from '../support/world.ts';

const API = '/_/scheduler';
const ada = { Authorization: `Bearer ${tokenFor({ tenant: 'acme' })}`, 'X-Request-Id': 'one' };
const root = { Authorization: `Bearer ${tokenFor({ permissions: ['scheduler:admin'] }, 'root')}` };

describe('notices for the monitoring of an installation', () => {
  const blocked = () => Promise.reject(new DomainError('TARGET_BLOCKED', '10.0.0.1 is private'));
  let app: Express;
  let world: ManualWorld;
  beforeEach(() => {
    ({ app, world } = testApp({
      commands: {
        createJob: blocked,
        rotateSecrets: async () => ({ rewrapped: 1, current: 2, failed: [] }),
        eraseSecrets: async () => done({ applicationId: 1, generation: 1 }),
      },
      projections: stub<ApiContext['projections']>({ build: async (name) => [{ name, generation: 2 }] }),
    }));
  });
  const told = () => world.lines.map(({ level, message, fields }) => ({ level, message, fields }));

  it('are given of a request without a good token', async () => {
    await supertest(app).get(`${API}/jobs?token=hidden`).set('X-Request-Id', 'one').expect(401);
    const where = { method: 'GET', path: `${API}/jobs`, from: '127.0.0.1', action: 'listJobs' };
    const fields = { code: 'NOT_AUTHENTICATED', ...where, correlationId: 'one' };
    expect(told()).to.deep.equal([
      { level: 'info', message: 'rejected', fields: { ...fields, actor: undefined, tenant: undefined } },
    ]);
  });

  it('are given of what the caller must not do, and of a target that is blocked', async () => {
    await supertest(app).post(`${API}/secrets/rotate`).set(ada).expect(403);
    await supertest(app).post(`${API}/jobs`).set(ada).send({}).expect(422);
    const [forbidden, target] = world.lines.map(({ fields }) => fields);
    expect(forbidden).to.include({ code: 'FORBIDDEN', actor: 'ada', tenant: 'acme', path: `${API}/secrets/rotate` });
    expect(target).to.include({ code: 'TARGET_BLOCKED', actor: 'ada', tenant: 'acme', path: `${API}/jobs` });
  });

  it('are given of rotations, erasures and rebuilds, with their actor', async () => {
    await supertest(app).post(`${API}/secrets/rotate`).set(root).expect(200);
    await supertest(app).post(`${API}/applications/1/secrets/erase`).set(root).expect(200);
    const shown = `${API}/projections`;
    await supertest(app).post(`${API}/projections/jobs/rebuild`).set(root).expect(202).expect('Location', shown);
    expect(world.lines.map(({ fields }) => [fields.action, fields.actor, fields.path])).to.deep.equal([
      ['rotate secrets', 'root', '/_/scheduler/secrets/rotate'],
      ['erase secrets', 'root', '/_/scheduler/applications/1/secrets/erase'],
      ['rebuild', 'root', '/_/scheduler/projections/jobs/rebuild'],
    ]);
  });

  it('are none of what went well, and of what is not there', async () => {
    await supertest(app).get(`${API}/jobs/7`).set(ada).expect(200);
    await supertest(app).get(`${API}/jobs/8`).set(ada).expect(404);
    expect(told()).to.deep.equal([]);
  });
});
