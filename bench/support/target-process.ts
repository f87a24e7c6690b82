import { createServer } from 'node:http';
import { quantile } from '../harness.ts';

/**
 * A target in a separate process: responds to each POST with a small JSON, and counts the slots of its calls. GET /calls
 * returns the number of calls, GET /counts also the repeated ones for the same job and slot, and their lateness (ms).
 */
const seen = new Map<string, number>();
let latenessMs: number[] = [];
let calls = 0;

const counts = () => ({
  calls,
  slots: seen.size,
  twice: [...seen.values()].filter((count) => count > 1).length,
  p50LatenessMs: quantile(latenessMs, 0.5),
  p99LatenessMs: quantile(latenessMs, 0.99),
  longestLatenessMs: quantile(latenessMs, 1),
  early: latenessMs.filter((lateMs) => lateMs < 0).length,
});

const server = createServer((request, response) => {
  const arrivedMs = Date.now();
  if (request.url === '/counts' || request.url === '/calls') {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/calls' ? calls : counts()));
    return;
  }
  if (request.url === '/reset') {
    seen.clear();
    latenessMs = [];
    calls = 0;
    response.end();
    return;
  }
  request.resume();
  request.on('end', () => {
    calls++;
    const scheduledAt = request.headers['carillon-scheduled-at'];
    const slot = `${request.headers['carillon-job']}@${scheduledAt}`;
    seen.set(slot, (seen.get(slot) ?? 0) + 1);
    if (typeof scheduledAt === 'string') latenessMs.push(arrivedMs - Date.parse(scheduledAt));
    response.setHeader('content-type', 'application/json');
    response.end('{"ok":true}');
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.({ port: address?.port });
});
process.on('disconnect', () => process.exit(0));
