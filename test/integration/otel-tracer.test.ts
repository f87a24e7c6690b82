import { expect } from 'chai';
import { nodeRuntime } from '../../src/runtime/node-runtime.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createOtelTracer, type OtelTracer } from '../../src/telemetry/otel-tracer.ts';
import { freePort } from '../support/free-port.ts';
import { type OtlpCollector, startOtlpCollector } from '../support/otlp-collector.ts';
import { parseScrape, sumOf } from '../support/scrape.ts';
import { recordingLog } from '../support/world.ts';

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';

describe('the tracer over OpenTelemetry', () => {
  let collector: OtlpCollector | undefined;
  const collectors: OtlpCollector[] = [];
  afterEach(async () => {
    await Promise.all(collectors.splice(0).map((each) => each.close()));
  });

  const given = async ({ ratio = 1, status = 200, url = '' } = {}) => {
    collector = await startOtlpCollector(status);
    collectors.push(collector);
    const { log, lines } = recordingLog();
    const metrics = createMetrics();
    const config = {
      url: url === '' ? `${collector.url}/v1/traces` : url,
      headers: {},
      serviceName: 'carillon',
      resourceAttributes: {},
      ratio,
    };
    const { tracer, stop } = createOtelTracer({ config, version: '1.2.3', world: nodeRuntime(log), metrics });
    const counted = async () => {
      const scraped = parseScrape((await metrics.render()).text);
      const of = (result: string) => sumOf(scraped, 'carillon_spans_total', { result });
      return { exported: of('exported'), failed: of('failed'), dropped: of('dropped') };
    };
    return { tracer, stop, counted, lines, names: () => collector?.spans.map(({ name }) => name) };
  };
  const LIMIT_MS = 120_000;
  const begin = (tracer: OtelTracer['tracer'], options: { parent?: string; link?: string } = {}) =>
    tracer.start({ name: 'work', ...options });

  it('sends what has ended by its stop, and counts it', async () => {
    const { tracer, stop, counted, names } = await given();
    begin(tracer).end({ name: 'done', attributes: { count: 3 } });
    begin(tracer);
    await stop(LIMIT_MS);
    expect(names()).to.deep.equal(['done']);
    expect(collector?.spans[0]?.attributes).to.deep.equal({ count: 3 });
    expect(await counted()).to.deep.equal({ exported: 1, failed: 0, dropped: 0 });
  });

  it("follows a caller's decision, whatever its own share is", async () => {
    const [none, all] = [await given({ ratio: 0 }), await given()];
    const wanted = begin(none.tracer, { parent: `${CALLER}-01` });
    expect([wanted.isRecorded, wanted.traceparent?.slice(0, 36)]).to.deep.equal([true, CALLER.slice(0, 36)]);
    const unwanted = begin(all.tracer, { parent: `${CALLER}-00` });
    expect([unwanted.isRecorded, unwanted.traceparent]).to.deep.equal([false, `${CALLER}-00`]);
    await Promise.all([none.stop(LIMIT_MS), all.stop(LIMIT_MS)]);
  });

  it('samples the traces that start here, and passes the decision on', async () => {
    const { tracer, stop } = await given({ ratio: 0.25 });
    const spans = Array.from({ length: 2_000 }, () => begin(tracer));
    const recorded = spans.filter(({ isRecorded }) => isRecorded);
    expect(recorded.length).to.be.within(350, 650);
    for (const { isRecorded, traceparent } of spans) expect(traceparent?.endsWith('-01')).to.equal(isRecorded);
    const [child] = spans.map(({ traceparent }) => begin(tracer, { ...(traceparent && { parent: traceparent }) }));
    expect(child?.isRecorded).to.equal(spans[0]?.isRecorded);
    await stop(LIMIT_MS);
  });

  it('records a trace that is linked to a recorded one', async () => {
    const { tracer, stop } = await given({ ratio: 0 });
    const recorded = (link: string) => begin(tracer, { link }).isRecorded;
    expect([recorded(`${CALLER}-01`), recorded(`${CALLER}-00`), recorded('nonsense')]).to.deep.equal([
      true,
      false,
      false,
    ]);
    await stop(LIMIT_MS);
  });

  it('starts a new trace if the trace context is invalid', async () => {
    const { tracer, stop } = await given();
    for (const parent of ['nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `ff${CALLER.slice(2)}-01`]) {
      expect(begin(tracer, { parent }).traceparent).to.match(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    }
    await stop(LIMIT_MS);
  });

  it('logs once that the collector rejects spans, and counts the lost ones', async () => {
    const { tracer, stop, counted, lines } = await given({ status: 400 });
    for (let count = 0; count < 2_000; count++) begin(tracer).end();
    await stop(LIMIT_MS);
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).to.deep.equal(['exports of traces fail']);
    expect(warnings[0]?.fields).to.deep.include({ collector: collector?.url, error: 'Bad Request' });
    expect(await counted()).to.deep.equal({ exported: 0, failed: 2_000, dropped: 0 });
  });

  it('drops what finds no room to wait', async () => {
    const { tracer, stop, counted } = await given();
    for (let count = 0; count < 12_000; count++) begin(tracer).end();
    await stop(LIMIT_MS);
    const { exported = 0, failed, dropped = 0 } = await counted();
    expect(dropped).to.be.within(1_000, 4_000);
    expect([exported + dropped, failed]).to.deep.equal([12_000, 0]);
  });

  it('stops within its limit if no one listens', async () => {
    const { tracer, stop } = await given({ url: `http://127.0.0.1:${await freePort()}/v1/traces` });
    begin(tracer).end();
    const beganMs = performance.now();
    await stop(200);
    expect(performance.now() - beganMs).to.be.at.least(150);
  });
});
