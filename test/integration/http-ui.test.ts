import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { Express } from 'express';
import supertest from 'supertest';
import { readUiFiles } from '../../src/http/ui.ts';
import { testApp } from '../support/http.ts';

const UI = '/_/scheduler/ui';
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5_000))})`;

describe('the files of the admin page', () => {
  let folder: string;
  let app: Express;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'carillon-ui-'));
    await mkdir(path.join(folder, 'assets'));
    await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>Carillon</title>');
    await writeFile(path.join(folder, 'favicon.svg'), '<svg/>');
    await writeFile(path.join(folder, '.built'), 'a stamp');
    await writeFile(path.join(folder, 'assets/index-abc123.js'), SCRIPT);
    ({ app } = testApp({ uiFiles: readUiFiles(folder) }));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('are the same shell under every address of the page, without a token', async () => {
    for (const address of ['', '/', '/jobs', '/jobs/7?tab=history', '/jobs/a.b']) {
      const { text, headers } = await supertest(app).get(`${UI}${address}`).expect(200);
      expect(text, address).to.include('<title>Carillon</title>');
      expect(headers['cache-control']).to.equal('no-cache');
      expect(headers['content-type']).to.equal('text/html; charset=utf-8');
    }
  });

  it('are the target of a redirect from the root of the service', async () => {
    for (const address of ['/', '/_/scheduler', '/_/scheduler/']) {
      const { headers } = await supertest(app).get(address).expect(302);
      expect(headers.location, address).to.equal(UI);
    }
    await supertest(app).get('/jobs').expect(404);
  });

  it('let nothing run that the service does not serve, and no one frame them', async () => {
    const { headers } = await supertest(app).get(`${UI}/jobs`).expect(200);
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).to.include("default-src 'none'").and.include("script-src 'self'").and.include("style-src 'self'");
    expect(policy).to.include("frame-ancestors 'none'");
    expect(policy).to.not.include('unsafe').and.not.include('*');
    expect(headers['x-frame-options']).to.equal('DENY');
    expect(headers['x-content-type-options']).to.equal('nosniff');
    expect(headers['referrer-policy']).to.equal('no-referrer');
  });

  it('are cached without expiry if their names contain their hash, and compressed', async () => {
    const asset = `${UI}/assets/index-abc123.js`;
    const { headers, body } = await supertest(app)
      .get(asset)
      .set('Accept-Encoding', 'gzip')
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      })
      .expect(200);
    expect(headers['cache-control']).to.equal('public, max-age=31536000, immutable');
    expect(headers.vary).to.equal('Accept-Encoding');
    expect(headers['content-type']).to.equal('text/javascript; charset=utf-8');
    const sent = headers['content-encoding'] === 'gzip' && body.length < 1_000 ? gunzipSync(body) : body;
    expect(sent.toString()).to.equal(SCRIPT);
    const plain = await supertest(app).get(asset).set('Accept-Encoding', 'identity').expect(200);
    expect(plain.headers).to.not.have.property('content-encoding');
  });

  it('are not sent again to clients that have them, and support HEAD', async () => {
    const { headers } = await supertest(app).get(`${UI}/jobs`).expect(200);
    await supertest(app).get(`${UI}/jobs`).set('If-None-Match', String(headers.etag)).expect(304);
    const head = await supertest(app).head(`${UI}/jobs`).expect(200);
    expect(Number(head.headers['content-length'])).to.be.above(0);
    expect(head.text).to.equal(undefined);
  });

  it('respond with 404 for missing and foreign files', async () => {
    for (const address of [
      '/assets/index-old.js',
      '/assets/',
      '/assets/../.built',
      '/.built',
      '/index.html',
      '/x.js',
    ]) {
      const { body } = await supertest(app).get(`${UI}${address}`);
      expect(body.code ?? 'the shell', address).to.equal(address === '/.built' ? 'the shell' : 'ROUTE_NOT_FOUND');
    }
    await supertest(app).post(`${UI}/jobs`).expect(405).expect('Allow', 'GET, HEAD, OPTIONS');
  });

  it('state how to build them if they were not built', async () => {
    const { app: unbuilt } = testApp({ uiFiles: readUiFiles(path.join(folder, 'nowhere')) });
    const { body } = await supertest(unbuilt).get(`${UI}/`).expect(404);
    expect(body.detail).to.include('npm ci');
  });
});
