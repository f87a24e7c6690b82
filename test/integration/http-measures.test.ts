import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import supertest from 'supertest';
import { measureRequests } from '../../src/http/watch-requests.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { testApp, tokenFor } from '../support/http.ts';
import { parseScrape } from '../support/scrape.ts';
import { manualTime } from '../support/world.ts';

describe('the time that requests take', () => {
  let metrics: Metrics;
  let server: Server;
  const bearer = `Bearer ${tokenFor()}`;
  const counted = async () => {
    const { series } = parseScrape((await metrics.render()).text);
    return series
      .filter(({ name }) => name === 'carillon_http_request_duration_seconds_count')
      .map(({ labels: { method, route, status }, value }) => [`${method} ${route} ${status}`, value]);
  };

  beforeEach(async () => {
    metrics = createMetrics();
    const time = manualTime();
    const { app } = testApp({
      measure: measureRequests(metrics, time.clock),
      queries: {
        listJobs: async () => {
          await time.advance(30);
          return { items: [] };
        },
      },
    });
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  it('is reported by the template of the route, with the status', async () => {
    for (const id of [7, 8]) await supertest(server).get(`/_/scheduler/jobs/${id}`).set('Authorization', bearer);
    await supertest(server).get('/_/scheduler/jobs/7').expect(401);
    await supertest(server).patch('/_/scheduler/jobs/7').set('Authorization', bearer).expect(405);
    await supertest(server).propfind('/_/scheduler/jobs/7').set('Authorization', bearer).expect(405);
    await supertest(server).get('/healthz').expect(200);
    for (const path of ['/a', '/b', '/_/scheduler/c']) await supertest(server).get(path).expect(404);
    expect(await counted()).to.have.deep.members([
      ['GET /jobs/:id 200', 1],
      ['GET /jobs/:id 404', 1],
      ['GET /jobs/:id 401', 1],
      ['PATCH /jobs/:id 405', 1],
      ['other /jobs/:id 405', 1],
      ['GET /healthz 200', 1],
      ['GET none 404', 3],
    ]);
  });

  it('is that of the whole request, in seconds', async () => {
    await supertest(server).get('/_/scheduler/jobs').set('Authorization', bearer).expect(200);
    const { text } = await metrics.render();
    expect(text).to.match(/_sum\{method="GET",route="\/jobs",status="200"\} 0\.03$/m);
  });

  it('is not that of streams of events, which last as long as their reader wants', async () => {
    await supertest(server).get('/_/scheduler/events').set('Authorization', bearer).expect(200);
    expect(await counted()).to.deep.equal([]);
  });
});
